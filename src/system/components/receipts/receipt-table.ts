import { assert } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import { EpochBook } from "../lock/epoch-book.ts";
import { OrderedReceipts, type Slot } from "./ordered-receipts.ts";
import type { Settlement } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import type { NewReceipt, Receipt, ReceiptCounts, ReceiptStatus } from "./receipt.ts";

/** A receipt's status, or its claim, changed; `from` is `""` for a new one. `receipt` is as it is now. */
export interface ReceiptChange {
  readonly from: ReceiptStatus | "";
  readonly receipt: Receipt;
}

/** Everything a table knows, as plain data. */
export interface TableSnapshot {
  readonly receipts: readonly Receipt[];
  /** Largest claim seen, decimal text. */
  readonly largestClaim: string;
  /** An {@link EpochBook} as text. */
  readonly epochs: string;
}

/**
 * The state machine behind every buffer: equal commands in equal order give equal answers and equal tables, whatever the machine.
 *
 * It has no settings, no clock and no memory of who asked. A claim costs its limit and an insertion at the end a constant, however many
 * receipts were synced before.
 */
export class ReceiptTable {
  readonly #slots = new Map<string, Slot>();
  readonly #ordered = new OrderedReceipts();
  /** `pending` and `syncing`: all that a claim may take. */
  readonly #waiting = new OrderedReceipts();
  readonly #counts: Record<ReceiptStatus, number> = { pending: 0, syncing: 0, synced: 0, failed: 0 };
  /** Stamp of the last receipt of each till. */
  readonly #lastOfPos = new Map<string, string>();
  #epochs = new EpochBook();
  readonly #onChange: (change: ReceiptChange) => void;
  #largestClaim = 0n;
  #version = 0;

  constructor(options: { readonly onChange?: (change: ReceiptChange) => void } = {}) {
    this.#onChange = options.onChange ?? (() => undefined);
  }

  /** Grows with every command that changed something. */
  get version(): number {
    return this.#version;
  }
  /** Largest claim ever made here; 0 for none. */
  get largestClaim(): bigint {
    return this.#largestClaim;
  }

  /** Does what a command says, at once and as a whole. */
  step(command: ReceiptCommand): ReceiptAnswer {
    switch (command.op) {
      case "insert":
        return this.#insert(command.receipt, command.capacity);
      case "claim":
        return this.#claim(BigInt(command.claim), command.limit);
      case "settle":
        return { is: "settled", isDone: this.#settle(command.id, command.claim, command.how) };
      case "epoch":
        return { is: "epoch", epoch: this.#epochOf(command.serverId) };
    }
  }

  counts(): ReceiptCounts {
    return { ...this.#counts };
  }
  /** Every receipt, in stamp order. */
  list(): Receipt[] {
    return this.#ordered.receipts();
  }
  /** The epoch of a lock server that was named before. */
  knownEpoch(serverId: string): number | undefined {
    return this.#epochs.get(serverId);
  }

  snapshot(): TableSnapshot {
    return {
      receipts: this.list(),
      largestClaim: this.#largestClaim.toString(),
      epochs: this.#epochs.toText(),
    };
  }

  /** Takes over a snapshot. Only for a new table; nothing is told to `onChange`. */
  load({ receipts, largestClaim, epochs }: TableSnapshot): void {
    assert(this.#version === 0 && this.#slots.size === 0, "only a new table loads a snapshot");
    for (const receipt of receipts) this.#put({ receipt: Object.freeze(receipt) });
    this.#largestClaim = BigInt(largestClaim);
    this.#epochs = EpochBook.fromText(epochs);
    this.#version++;
  }

  #insert(receipt: NewReceipt, capacity: number): ReceiptAnswer {
    const { id, posId, hlc, payload } = receipt;
    const known = this.#slots.get(id)?.receipt;
    if (known !== undefined) {
      if (known.posId !== posId || known.payload !== payload) return { is: "conflict", id };
      return { is: "inserted", receipt: known, isNew: false };
    }
    const last = this.#lastOfPos.get(posId);
    if (last !== undefined && hlc <= last) return { is: "late", id, hlc, last };
    if (this.#waiting.length >= capacity) return { is: "full", capacity };
    const stored: Receipt = Object.freeze({
      ...{ id, posId, hlc, payload },
      ...{ status: "pending", retryCount: 0, claim: "", serverHlc: "" },
    });
    this.#put({ receipt: stored });
    this.#changed({ from: "", receipt: stored });
    return { is: "inserted", receipt: stored, isNew: true };
  }

  #claim(claim: bigint, limit: number): ReceiptAnswer {
    const text = claim.toString();
    if (claim < this.#largestClaim) return { is: "stale", claim: text, largest: this.#largestClaim.toString() };
    if (claim > this.#largestClaim) {
      this.#largestClaim = claim;
      this.#version++;
    }
    // Whatever is `syncing` is so under a claim seen before, and none of those is larger than this one: all that waits may be taken.
    const receipts: Receipt[] = [];
    for (const slot of this.#waiting.first(limit)) {
      if (slot.receipt.status !== "syncing" || slot.receipt.claim !== text)
        this.#replace(slot, { status: "syncing", claim: text });
      receipts.push(slot.receipt);
    }
    return { is: "claimed", receipts };
  }

  #settle(id: string, claim: string, how: Settlement): boolean {
    const slot = this.#slots.get(id);
    if (slot?.receipt.status !== "syncing" || slot.receipt.claim !== claim) return false;
    this.#replace(slot, settled(slot.receipt, how));
    return true;
  }

  #epochOf(serverId: string): number {
    if (this.#epochs.get(serverId) === undefined) this.#version++;
    return this.#epochs.epochOf(serverId);
  }

  #put(slot: Slot): void {
    const { id, posId, hlc, status } = slot.receipt;
    this.#slots.set(id, slot);
    this.#ordered.add(slot);
    if (isWaiting(status)) this.#waiting.add(slot);
    this.#counts[status]++;
    if (hlc > (this.#lastOfPos.get(posId) ?? "")) this.#lastOfPos.set(posId, hlc);
  }

  #replace(slot: Slot, change: Partial<Receipt>): void {
    const before = slot.receipt;
    const after: Receipt = Object.freeze({ ...before, ...change });
    if (!isWaiting(after.status)) this.#waiting.remove(slot);
    slot.receipt = after;
    this.#counts[before.status]--;
    this.#counts[after.status]++;
    this.#changed({ from: before.status, receipt: after });
  }

  #changed(change: ReceiptChange): void {
    this.#version++;
    this.#onChange(change);
  }
}

/** What a settlement changes: an attempt that failed is counted, the last one too. */
export function settled(receipt: Receipt, how: Settlement): Partial<Receipt> {
  switch (how.status) {
    case "synced":
      return { status: "synced", serverHlc: how.serverHlc };
    case "pending":
      return { status: "pending", retryCount: receipt.retryCount + (how.isFailure ? 1 : 0) };
    case "failed":
      return { status: "failed", retryCount: receipt.retryCount + 1 };
  }
}

/** Records a change of a receipt, as docs/records.md has it. */
export function observeChange(observer: Observer, { from, receipt }: ReceiptChange): void {
  const { id, posId, status, claim, retryCount } = receipt;
  observer.point("receipt.status", { id, pos: posId, from, to: status, claim, retries: retryCount });
}

/** Records a receipt that was read back from the disk. */
export function observeRecovery(observer: Observer, receipt: Receipt): void {
  const { id, posId, status, claim, retryCount } = receipt;
  observer.point("receipt.recover", { id, pos: posId, status, claim, retries: retryCount });
}

function isWaiting(status: ReceiptStatus): boolean {
  return status === "pending" || status === "syncing";
}
