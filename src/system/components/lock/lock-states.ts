import type { Observer } from "../../ports/observer.ts";
import type { HeldLock } from "./lock-port.ts";

/** Why a lock is not held any more, as the timeline shows it. */
export type FreeReason = "released" | "expired" | "taken" | "offered" | "not granted";

interface Key {
  held: HeldLock | undefined;
  waiting: number;
}

/**
 * What a node claims about each lock: the state `lock>KEY` = `held` (`token`, `fencing` as decimal text, `leftMs`, `untilMs` of the
 * own monotonic clock; written anew at each extension), `waiting` or `free` (`reason`).
 */
export class LockStates {
  readonly #observer: Observer;
  readonly #keys = new Map<string, Key>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  hold(lock: HeldLock, untilMs: number): void {
    this.#of(lock.key).held = lock;
    const { token, fencing } = lock;
    const fields = { token, fencing: fencing.toString(), leftMs: lock.leftMs(), untilMs };
    this.#observer.state(`lock>${lock.key}`, "held", fields);
  }

  free(lock: HeldLock, reason: FreeReason): void {
    const key = this.#of(lock.key);
    if (key.held !== lock) return;
    key.held = undefined;
    this.#show(lock.key, key, reason);
  }

  /** One more (`1`) or one fewer (`-1`) caller waits. */
  wait(name: string, by: 1 | -1): void {
    const key = this.#of(name);
    key.waiting += by;
    if (key.held === undefined) this.#show(name, key, "not granted");
  }

  #show(name: string, key: Key, reason: FreeReason): void {
    if (key.waiting > 0) this.#observer.state(`lock>${name}`, "waiting");
    else {
      this.#keys.delete(name);
      this.#observer.state(`lock>${name}`, "free", { reason });
    }
  }

  #of(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = { held: undefined, waiting: 0 }));
    return key;
  }
}
