import { FaultlineError } from "../../ports/errors.ts";
import type { NewReceipt, Receipt, ReceiptCounts } from "./receipt.ts";

/** The buffer holds as many unsent receipts as it may. Nothing was stored. */
export class BufferFullError extends FaultlineError {
  constructor(capacity: number) {
    super(
      "BUFFER_FULL",
      `${String(capacity)} receipts wait to be sent, which is all the buffer holds. Restore the way to the OFD.`,
      {
        capacity,
      },
    );
  }
}

/** There is a receipt of this id with another content. Nothing was stored. */
export class ReceiptConflictError extends FaultlineError {
  constructor(id: string) {
    super(
      "RECEIPT_CONFLICT",
      `Receipt "${id}" exists with another content; a receipt never changes. Give the new one its own id.`,
      {
        id,
      },
    );
  }
}

/**
 * The buffer has a later receipt of the same till: stored now, this one would be sent out of order. Nothing was stored. Stamp it anew.
 *
 * @remarks Happens when an insertion whose outcome was unknown takes effect after the next one.
 */
export class LateReceiptError extends FaultlineError {
  /** Stamp of the last receipt of the till that the buffer has, as text. */
  readonly last: string;
  constructor(id: string, hlc: string, last: string) {
    super(
      "RECEIPT_LATE",
      `Receipt "${id}" is stamped ${hlc}, before ${last}, which its till stored already. Stamp it anew.`,
      {
        id,
        hlc,
        last,
      },
    );
    this.last = last;
  }
}

/** A claim under a fencing number below the largest one the buffer has seen: its lock is over. Nothing was changed. */
export class StaleClaimError extends FaultlineError {
  constructor(claim: bigint, largest: bigint) {
    super(
      "STALE_CLAIM",
      `Claim ${String(claim)} is below ${String(largest)}, under which receipts were claimed since. The lock is lost.`,
      {
        claim: claim.toString(),
        largest: largest.toString(),
      },
    );
  }
}

/** The buffer could not be asked, or did not answer in time. */
export class BufferUnavailableError extends FaultlineError {
  /** True: nothing was changed. False: it may have been, or may be still. */
  readonly definite: boolean;
  constructor(reason: string, definite: boolean, options?: ErrorOptions) {
    super("BUFFER_UNAVAILABLE", `The receipt buffer did not answer: ${reason}.`, { reason, definite }, options);
    this.definite = definite;
  }
}

/** How the sending of one claimed receipt ended. */
export type Settlement =
  /** The OFD has it. */
  | { readonly status: "synced"; readonly serverHlc: string }
  /** To be sent again; `isFailure` counts as a retry, else nothing was tried or the attempt says nothing (breaker open, lock lost). */
  | { readonly status: "pending"; readonly isFailure: boolean }
  /** Given up for people to look at: the dead letter queue. The attempt that led to it counts as a retry. */
  | { readonly status: "failed" };

export interface ClaimRequest {
  /** Fencing number of the sync lock: larger claims supersede smaller ones. */
  readonly claim: bigint;
  /** 1…50. */
  readonly limit: number;
}

/**
 * Where receipts wait until the OFD has them. What a call did is durable when it resolves; one call is one transaction.
 *
 * A claim belongs to a fencing number, not to a span of time: whoever holds the lock now has the largest number, and takes over what an
 * earlier holder left `syncing`. So no clock decides who may send, and nothing is stuck longer than it takes to get the lock.
 *
 * @remarks Every change of a status is observed as the point `receipt.status` (docs/records.md).
 * @throws {BufferUnavailableError} any call.
 */
export interface ReceiptBuffer {
  /**
   * Phase 1: stores a receipt as `pending`. The same id, till and payload again (whatever the stamp) is stored once, with its first stamp.
   *
   * @returns the receipt as it is stored now, and whether it was new.
   * @throws {BufferFullError} {@link ReceiptConflictError} {@link LateReceiptError} for a new one whose stamp is not above every stored one
   * of its till.
   */
  insert(receipt: NewReceipt): Promise<{ readonly receipt: Receipt; readonly isNew: boolean }>;
  /**
   * Phase 2: takes the first receipts, in stamp order, that are `pending`, or `syncing` under a claim not larger than this one; they are
   * `syncing` under this claim from now on.
   *
   * @throws {StaleClaimError}
   */
  claim(request: ClaimRequest): Promise<readonly Receipt[]>;
  /** Ends a claimed receipt's sending. @returns false, and changes nothing, when it is not `syncing` under this claim any more. */
  settle(id: string, claim: bigint, how: Settlement): Promise<boolean>;
  counts(): Promise<ReceiptCounts>;
  /** Every receipt, in stamp order. */
  list(): Promise<readonly Receipt[]>;
}

/** Settings that every buffer has. */
export interface ReceiptBufferSettings {
  /** Receipts that may wait (`pending` and `syncing` together), integer ≥ 1. Default 10,000. */
  readonly capacity?: number;
}
