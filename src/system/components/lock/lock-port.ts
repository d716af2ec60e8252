import { FaultlineError } from "../../ports/errors.ts";

/** Why a held lock was lost: `expired` by this node's own reckoning, or `taken`: the server said that it is not ours. */
export type LockLoss = "expired" | "taken";

/** The reason of {@link HeldLock.signal} when it aborts. `facts` holds `key`, `token` and `loss`. */
export class LockLostError extends FaultlineError {
  readonly loss: LockLoss;
  constructor(key: string, token: string, loss: LockLoss) {
    const why = loss === "expired" ? "it could not be extended in time" : "the server says that it is not ours";
    super("LOCK_LOST", `The lock "${key}" is lost: ${why}. Stop what it protects.`, { key, token, loss });
    this.loss = loss;
  }
}

/**
 * What asking for a lock gave. `busy`: somebody else holds it. `unavailable`: whoever grants it could not be asked, or answered too
 * late; the lock is *not* held then (fail closed), and `error` says why.
 */
export type Acquisition =
  | { readonly outcome: "granted"; readonly lock: HeldLock }
  | { readonly outcome: "busy" }
  | { readonly outcome: "unavailable"; readonly error: Error };

export interface AcquireOptions {
  /** Length of the grant, integer ms of the granter's clock, 10…86_400_000. Default 30_000. */
  readonly ttlMs?: number;
  /** How long to wait while it is busy or its granter is away, integer ms ≥ 0. Default 0: do not wait (the seeds' `skip`). */
  readonly waitMs?: number;
  /** Whether it is extended every TTL/3 until it is released or lost. Default true. */
  readonly autoExtend?: boolean;
  /** The fencing number is to be larger than this one too, where the granter can choose it: what the caller has seen. Default 0. */
  readonly above?: bigint;
}

/** What a release came to. `lost`: it was not ours any more. `unknown`: no answer; it ends with its time at the latest. */
export type ReleaseOutcome = "released" | "lost" | "unknown";

/**
 * A lock that was granted.
 *
 * @remarks A holder may believe that it holds the lock when it does not (a process paused between `isHeld()` and its write): only the
 * fencing number, checked where the write goes, protects that.
 */
export interface HeldLock {
  readonly key: string;
  /** Names this acquisition; random. */
  readonly token: string;
  /** Larger than that of every earlier grant of the key: to be sent with every write and compared where it takes effect. */
  readonly fencing: bigint;
  /** Aborts with {@link LockLostError} when the lock is lost; never by `release`. */
  readonly signal: AbortSignal;
  /** Whether it is held by this node's own reckoning; false from the local deadline on, whatever timers or the network do. */
  isHeld(): boolean;
  /** Milliseconds until the local deadline; 0 when it is not held. */
  leftMs(): number;
  /** Starts its time anew. @returns whether it is still held. A failure does not end it: its deadline stands. */
  extend(): Promise<boolean>;
  /** Gives it back; `isHeld()` is false at once. Any number of calls is one. Never rejects. */
  release(): Promise<ReleaseOutcome>;
  /**
   * Lets go of it without giving it back: `isHeld()` is false at once, and it is granted to nobody until its time is over, but to who
   * names its token to {@link TransferableLock.takeOver}.
   *
   * @returns its token; `undefined` when it is not held.
   */
  offer(): string | undefined;
}

/** Grants at most one holder a key at a time. */
export interface LockPort {
  /**
   * @param key 1…256 UTF-16 units, compared by code unit.
   * @throws {FaultlineError} `LOCK_KEY`, `LOCK_TTL_RANGE` or `LOCK_WAIT_RANGE` for options out of range. Nothing else: what may
   * go wrong is an {@link Acquisition}.
   */
  acquire(key: string, options?: AcquireOptions): Promise<Acquisition>;
}

/** A lock whose grants can go from hand to hand, and are somebody else's in no moment in between. */
export interface TransferableLock extends LockPort {
  /**
   * Takes the grant of `token`, which its holder has let go by {@link HeldLock.offer}; the new one has a larger fencing number.
   * `busy`: that token has it no more. It does not wait, and asks once more when an answer is lost.
   */
  takeOver(key: string, token: string, options?: Omit<AcquireOptions, "waitMs" | "above">): Promise<Acquisition>;
}

/** Checks what a caller asked for, and fills in the defaults. */
export function acquireOptions(key: string, options: AcquireOptions): Required<AcquireOptions> {
  const { ttlMs = 30_000, waitMs = 0, autoExtend = true, above = 0n } = options;
  if (key.length < 1 || key.length > 256)
    throw new FaultlineError("LOCK_KEY", `A lock's key has 1…256 units; got ${String(key.length)}.`, { key });
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 10 || ttlMs > 86_400_000)
    throw new FaultlineError("LOCK_TTL_RANGE", `ttlMs of "${key}" is ${String(ttlMs)}; expected 10…86400000.`, {
      ttlMs,
    });
  if (!Number.isSafeInteger(waitMs) || waitMs < 0)
    throw new FaultlineError("LOCK_WAIT_RANGE", `waitMs of "${key}" is ${String(waitMs)}; expected an integer ≥ 0.`, {
      waitMs,
    });
  return { ttlMs, waitMs, autoExtend, above };
}
