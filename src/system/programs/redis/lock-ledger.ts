import type { Observer } from "../../ports/observer.ts";
import type { Change, DatabaseWatcher, Entry, KeyEnd } from "./database.ts";

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
 * however. Points `lock.grant`, `lock.extend`, `lock.release`, `lock.expire`, `lock.forget` (docs/records.md).
 */
export class LockLedger implements DatabaseWatcher<Grant> {
  readonly #observer: Observer;
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
    this.#observer.point("lock.grant", { key, ...grant });
  }

  timed(key: string, { value, mark }: Entry<Grant>, ttlMs: number): void {
    if (mark === undefined) return;
    this.#observer.point("lock.extend", { key, token: value, given: this.#given, ttlMs, by: this.#by });
  }

  ended(key: string, { value, mark }: Entry<Grant>, how: KeyEnd): void {
    if (mark === undefined) return;
    if (how === "expire") this.#observer.point("lock.expire", { key, token: value, fencing: mark.fencing });
    else this.#observer.point("lock.release", { key, token: value, given: this.#given, by: this.#by });
  }

  /** The server lost its last writes. @param wallMs now, by the clock on which keys end. */
  lost({ key, before, after }: Change<Grant>, wallMs: number): void {
    const forget = (grant: Grant, what: "grant" | "extension" | "release", leftMs: number): void =>
      this.#observer.point("lock.forget", { key, token: grant.token, fencing: grant.fencing, what, leftMs });
    const old = before?.mark;
    const standing = after?.mark;
    if (old !== undefined && old !== standing) forget(old, "grant", 0);
    if (after === undefined || standing === undefined) return;
    forget(standing, old === standing ? "extension" : "release", after.until - wallMs);
  }
}
