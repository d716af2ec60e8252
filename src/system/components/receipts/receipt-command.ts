import { assert, FaultlineError } from "../../ports/errors.ts";
import type { ClaimRequest, Settlement } from "./receipt-buffer.ts";
import {
  BufferFullError,
  BufferUnavailableError,
  LateReceiptError,
  ReceiptConflictError,
  StaleClaimError,
} from "./receipt-buffer.ts";
import type { NewReceipt, Receipt } from "./receipt.ts";

/**
 * A call that may change a buffer, as data: what a journal and a replicated log hold. An insertion carries its capacity, so that a log
 * means the same wherever and whenever it is applied.
 */
export type ReceiptCommand =
  | { readonly op: "insert"; readonly receipt: NewReceipt; readonly capacity: number }
  | { readonly op: "claim"; readonly claim: string; readonly limit: number }
  | { readonly op: "settle"; readonly id: string; readonly claim: string; readonly how: Settlement }
  | { readonly op: "epoch"; readonly serverId: string };

/** What came of a command, as data. The second half are the errors of {@link ReceiptBuffer}. */
export type ReceiptAnswer =
  | { readonly is: "inserted"; readonly receipt: Receipt; readonly isNew: boolean }
  | { readonly is: "claimed"; readonly receipts: readonly Receipt[] }
  | { readonly is: "settled"; readonly isDone: boolean }
  | { readonly is: "epoch"; readonly epoch: number }
  | { readonly is: "full"; readonly capacity: number }
  | { readonly is: "conflict"; readonly id: string }
  | { readonly is: "late"; readonly id: string; readonly hlc: string; readonly last: string }
  | { readonly is: "stale"; readonly claim: string; readonly largest: string }
  | { readonly is: "superseded" };

export const CAPACITY_DEFAULT = 10_000;
export const CLAIM_LIMIT_MAX = 50;

const ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** @throws {FaultlineError} `RECEIPT_INVALID` for what no buffer may hold. */
export function insertCommand(receipt: NewReceipt, capacity: number): ReceiptCommand {
  const { id, posId, hlc, payload } = receipt;
  if (!ID.test(id)) throw invalid(`an id is 1…64 of A-Z a-z 0-9 . _ : -; got "${id}"`, { id });
  if (posId === "" || hlc === "") throw invalid(`receipt "${id}" needs its till and its stamp`, { id, posId, hlc });
  return { op: "insert", receipt: Object.freeze({ id, posId, hlc, payload }), capacity };
}

/** @throws {FaultlineError} `RECEIPT_INVALID` */
export function claimCommand({ claim, limit }: ClaimRequest): ReceiptCommand {
  if (claim < 1n)
    throw invalid(`a claim is a fencing number from 1 on; got ${String(claim)}`, { claim: String(claim) });
  if (!Number.isInteger(limit) || limit < 1 || limit > CLAIM_LIMIT_MAX)
    throw invalid(`a claim's limit is 1…${String(CLAIM_LIMIT_MAX)}; got ${String(limit)}`, { limit });
  return { op: "claim", claim: claim.toString(), limit };
}

export function settleCommand(id: string, claim: bigint, how: Settlement): ReceiptCommand {
  return { op: "settle", id, claim: claim.toString(), how };
}

/** @throws {FaultlineError} `RECEIPT_INVALID`: no machine of a group may be told what its epoch book cannot hold. */
export function epochCommand(serverId: string): ReceiptCommand {
  if (!/^\S{1,256}$/.test(serverId))
    throw invalid(`a server id is 1…256 units without white space; got "${serverId}"`, { serverId });
  return { op: "epoch", serverId };
}

/** @throws {FaultlineError} `BUFFER_CONFIG` */
export function checkCapacity(capacity: number = CAPACITY_DEFAULT): number {
  if (Number.isSafeInteger(capacity) && capacity >= 1) return capacity;
  throw new FaultlineError("BUFFER_CONFIG", `capacity must be an integer from 1 on; got ${String(capacity)}.`, {
    capacity,
  });
}

/** The answer that was asked for, or the error that another one means. */
export function expectAnswer<K extends ReceiptAnswer["is"]>(
  answer: ReceiptAnswer,
  is: K,
): Extract<ReceiptAnswer, { is: K }> {
  switch (answer.is) {
    case "full":
      throw new BufferFullError(answer.capacity);
    case "conflict":
      throw new ReceiptConflictError(answer.id);
    case "late":
      throw new LateReceiptError(answer.id, answer.hlc, answer.last);
    case "stale":
      throw new StaleClaimError(BigInt(answer.claim), BigInt(answer.largest));
    case "superseded":
      throw new BufferUnavailableError("a later call of the same session took effect first", false);
    case "inserted":
    case "claimed":
    case "settled":
    case "epoch":
      assert(answer.is === is, "an answer is to its own command", { asked: is, got: answer.is });
      return answer as Extract<ReceiptAnswer, { is: K }>;
  }
}

function invalid(what: string, facts: Readonly<Record<string, unknown>>): FaultlineError {
  return new FaultlineError("RECEIPT_INVALID", `${what}.`, facts);
}
