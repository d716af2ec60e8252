import type { Observer } from "../../ports/observer.ts";
import type { DatabaseWatcher, KeyEnd } from "./database.ts";

/** One grant, as the server made it. */
export interface Grant {
  readonly token: string;
  /** Decimal text. */
  readonly fencing: string;
  readonly ttlMs: number;
  /** The node that asked. */
  readonly by: string;
}

/**
 * The server's own record of the locks that it keeps: what happened to a key that the lock script granted, whoever did it and
 * however. Points `lock.grant`, `lock.extend`, `lock.release`, `lock.expire` (docs/records.md).
 */
export class LockLedger implements DatabaseWatcher {
  readonly #observer: Observer;
  readonly #grants = new Map<string, Grant>();
  #by = "";
  #given = "";

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Everything until the next call is done for this node, which named this token; `""` for none. */
  actor(by: string, given: string): void {
    this.#by = by;
    this.#given = given;
  }

  granted(key: string, grant: Grant): void {
    this.#grants.set(key, grant);
    this.#observer.point("lock.grant", { key, ...grant });
  }

  timed(key: string, value: string, ttlMs: number): void {
    if (!this.#grants.has(key)) return;
    this.#observer.point("lock.extend", { key, token: value, given: this.#given, ttlMs, by: this.#by });
  }

  ended(key: string, value: string, how: KeyEnd): void {
    const grant = this.#grants.get(key);
    if (grant === undefined) return;
    this.#grants.delete(key);
    if (how === "expire") this.#observer.point("lock.expire", { key, token: value, fencing: grant.fencing });
    else this.#observer.point("lock.release", { key, token: value, given: this.#given, by: this.#by });
  }
}
