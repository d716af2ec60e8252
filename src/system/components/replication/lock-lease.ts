import type { Clock } from "../../ports/clock.ts";
import type { HeldLock } from "../lock/lock-port.ts";
import type { Lease } from "./leaser.ts";

export interface LockLeaseOptions {
  readonly held: HeldLock;
  readonly id: string;
  readonly epoch: number;
  readonly clock: Clock;
  /** By how much the lock outlives the lease. */
  readonly lockDelayMs: number;
  /** Extends the lock; rejects when nobody answers within the time of a call. */
  extend(): Promise<unknown>;
  /** Tells the store how far this node's data go. */
  publish(): Promise<boolean>;
}

/** {@link Lease} that is the grant of a lock. */
export class LockLease implements Lease {
  readonly id: string;
  readonly epoch: number;
  readonly #options: LockLeaseOptions;

  constructor(options: LockLeaseOptions) {
    this.#options = options;
    this.id = options.id;
    this.epoch = options.epoch;
  }

  get isValid(): boolean {
    return this.leftMs > 0;
  }
  /** How long it is valid yet unless it is renewed, ms. */
  get leftMs(): number {
    const { held, lockDelayMs } = this.#options;
    return Math.max(0, held.leftMs() - lockDelayMs);
  }

  /** @returns whether it was: its time counts from the sending of this question. False also when nobody answered, and it may be valid still. */
  async renew(): Promise<boolean> {
    const before = this.#untilMs;
    if (!this.isValid) return false;
    try {
      await this.#options.extend();
    } catch {
      return false;
    }
    if (this.leftMs === 0 || this.#untilMs <= before) return false;
    // A record that is late is only an older one.
    void this.#options.publish();
    return true;
  }

  close(): void {
    void this.#options.held.release();
  }

  /**
   * Lets go of it so that somebody else can have it at once, and nobody but who is told this name: `Leaser.acquireExisting`.
   * Its own node takes it back the same way, and the name is void then.
   *
   * @returns `undefined` when it is not valid.
   */
  offer(): string | undefined {
    const token = this.isValid ? this.#options.held.offer() : undefined;
    return token === undefined ? undefined : `${this.id}:${token}`;
  }

  get #untilMs(): number {
    return this.#options.clock.monotonic() + this.#options.held.leftMs();
  }
}
