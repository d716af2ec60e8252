import { DiskError } from "../../ports/errors.ts";
import type { Timers } from "../../ports/timers.ts";

/** How long to wait before what did not fit on a full disk is tried again. */
const RETRY_MS = 100;

/** Waits for room on a full disk. What does not fit leaves the disk as it was, so nothing is lost: it is tried again until it does. */
export class DiskRoom {
  readonly #timers: Timers;
  #waiting = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Whether something waits for room. */
  get isFull(): boolean {
    return this.#waiting > 0;
  }

  /** Makes a write, again and again while it does not fit. @throws what it throws otherwise. */
  async fit(write: () => Promise<void>): Promise<void> {
    let isWaiting = false;
    try {
      while (!(await fits(write))) {
        if (!isWaiting) this.#waiting++;
        isWaiting = true;
        await this.#pause();
      }
    } finally {
      if (isWaiting) this.#waiting--;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.create("disk full", resolve).arm(RETRY_MS);
    });
  }
}

/** Makes a write. @returns false when there is no room for it. @throws what it throws otherwise. */
export async function fits(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "DISK_FULL") throw error;
    return false;
  }
}
