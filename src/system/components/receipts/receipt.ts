/** Legal changes: pending → syncing → synced, failed or pending again. `synced` and `failed` are final. */
export type ReceiptStatus = "pending" | "syncing" | "synced" | "failed";

/** A receipt as a till makes it. */
export interface NewReceipt {
  /** Names it everywhere, and is its idempotency key at the OFD: 1…64 of `A-Z a-z 0-9 . _ : -`. */
  readonly id: string;
  /** The till whose order of receipts is kept. */
  readonly posId: string;
  /** Its moment, as `encodeStamp` writes it: receipts are ordered by these texts. */
  readonly hlc: string;
  /** What is reported, as text. */
  readonly payload: string;
}

/** A receipt as a buffer keeps it. */
export interface Receipt extends NewReceipt {
  readonly status: ReceiptStatus;
  /** Attempts that the OFD, or the way to it, failed. */
  readonly retryCount: number;
  /** Fencing number of the lock under which it is, or was last, claimed; decimal text, `""` for never. */
  readonly claim: string;
  /** The OFD's stamp of its acceptance; `""` until it is synced. Never part of an order. */
  readonly serverHlc: string;
}

/** How many receipts are in each status. */
export type ReceiptCounts = Readonly<Record<ReceiptStatus, number>>;

/** Order of receipts: that of their stamps, and of their ids should two tills give out one stamp. */
export function compareReceipts(a: NewReceipt, b: NewReceipt): number {
  if (a.hlc !== b.hlc) return a.hlc < b.hlc ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
