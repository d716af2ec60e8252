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
    // Nearly every write fits at once, and then nothing stands between it and whoever waits for it.
    try {
      await write();
    } catch (error) {
      await this.fitAfter(error, write);
    }
  }

  /** Of a write that failed: makes it again and again while it does not fit. @throws the error, when room is not what it lacks. */
  async fitAfter(error: unknown, write: () => Promise<void>): Promise<void> {
    if (!isFullDisk(error)) throw error;
    await this.#waitFor(write);
  }

  async #waitFor(write: () => Promise<void>): Promise<void> {
    this.#waiting++;
    try {
      do await this.#pause();
      while (!(await fits(write)));
    } finally {
      this.#waiting--;
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
    if (!isFullDisk(error)) throw error;
    return false;
  }
}

function isFullDisk(error: unknown): boolean {
  return error instanceof DiskError && error.code === "DISK_FULL";
}
