import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { Inside } from "../lab/explore/doctor-surroundings.ts";

/** Makes the machine look like another one to the code that is loaded next. */
export function actAsAnotherMachine({ clockShiftMs, reversesReads }: Inside): void {
  if (clockShiftMs !== undefined) shiftClock(clockShiftMs);
  if (reversesReads === true) reverseReads();
}

function shiftClock(byMs: number): void {
  const Real = Date;
  const now = (): number => Real.now() + byMs;
  globalThis.Date = new Proxy(Real, {
    apply: () => new Real(now()).toString(),
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}

/** How long no other read may begin before those that wait end, real ms, and how many are made to wait. */
const QUIET_MS = 50;
const READS_HELD = 40;

/** Reads of files that were begun together end in the opposite order. */
class ReadQueue {
  readonly #held: { readonly isRead: Promise<unknown>; readonly release: () => void }[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when a read that has just begun may end. */
  hold(isRead: Promise<unknown>): Promise<void> {
    if (this.#count++ >= READS_HELD) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#releaseAll(), QUIET_MS);
    return new Promise((release) => this.#held.push({ isRead, release }));
  }

  async #releaseAll(): Promise<void> {
    for (const { isRead, release } of this.#held.splice(0).reverse()) {
      await isRead.catch(() => undefined);
      release();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

function reverseReads(): void {
  const queue = new ReadQueue();
  for (const name of ["readFile", "readdir", "stat", "lstat", "access", "realpath", "open"] as const) {
    const promised = fsPromises[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(fsPromises, {
      [name]: async (...args: unknown[]) => {
        const read = promised(...args);
        await queue.hold(read);
        return read;
      },
    });
    const called = fs[name] as (...args: unknown[]) => void;
    const held = (...args: unknown[]): void => {
      const done = args.at(-1) as (...given: unknown[]) => void;
      const read = new Promise<unknown[]>((resolve) => {
        called(...args.slice(0, -1), (...given: unknown[]) => {
          resolve(given);
        });
      });
      void Promise.all([read, queue.hold(read)]).then(([given]) => setImmediate(done, ...given));
    };
    Object.assign(fs, { [name]: Object.assign(held, called) });
  }
  syncBuiltinESMExports();
}
