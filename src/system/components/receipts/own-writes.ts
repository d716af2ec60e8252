import type { Timers } from "../../ports/timers.ts";
import { BufferUnavailableError } from "./receipt-buffer.ts";

/** A look that waits for calls of which the answer is known and the effect is not here yet. */
interface Waiter {
  readonly sessions: Set<string>;
  look(): void;
}

/** Lets a node read its own writes: what it was told is done, by a leader ahead of this copy, is in the copy before it is looked at. */
export class OwnWrites {
  readonly #timers: Timers;
  readonly #timeoutMs: number;
  /** Calls that were answered from elsewhere and are not applied here, by session. */
  readonly #ahead = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();

  constructor(options: { readonly timers: Timers; readonly timeoutMs: number }) {
    this.#timers = options.timers;
    this.#timeoutMs = options.timeoutMs;
  }

  /** A call took effect, as this node was told. */
  answered(session: string, id: number): void {
    this.#ahead.set(session, id);
  }

  /** The copy was replaced by another one, which may have more. @param has  Whether a call took effect in it. */
  restored(has: (session: string, id: number) => boolean): void {
    for (const [session, id] of [...this.#ahead]) if (has(session, id)) this.applied(session, id);
  }

  /** A call took effect here. */
  applied(session: string, id: number): void {
    const ahead = this.#ahead.get(session);
    if (ahead === undefined || id < ahead) return;
    this.#ahead.delete(session);
    for (const waiter of this.#waiters) {
      waiter.sessions.delete(session);
      if (waiter.sessions.size === 0) waiter.look();
    }
  }

  /** Looks when every call that was answered before is applied here. @throws {BufferUnavailableError} definite, when that takes too long. */
  read<T>(look: () => T): Promise<T> {
    if (this.#ahead.size === 0) return Promise.resolve(look());
    return new Promise((resolve, reject) => {
      const timer = this.#timers.create("buffer copy", () => {
        this.#waiters.delete(waiter);
        reject(new BufferUnavailableError("this node's copy is behind its own writes", true));
      });
      const waiter: Waiter = {
        sessions: new Set(this.#ahead.keys()),
        look: () => {
          this.#waiters.delete(waiter);
          timer.cancel();
          resolve(look());
        },
      };
      this.#waiters.add(waiter);
      timer.arm(this.#timeoutMs);
    });
  }
}
