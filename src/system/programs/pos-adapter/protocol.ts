import type { Message } from "../../ports/transport.ts";

/** A cashier's receipt. Asked again with the same `receipt` until it is answered: stored once. */
export interface PosCreate extends Message {
  readonly type: "pos.create";
  readonly id: number;
  /** Name of the receipt. */
  readonly receipt: string;
  readonly payload: string;
}

/** `outcome`: stored, certainly not, or unknown. */
export interface PosCreated extends Message {
  readonly type: "pos.created";
  readonly id: number;
  readonly outcome: "ok" | "fail" | "info";
  /** The receipt's stamp; `""` unless it is stored. */
  readonly receiptHlc: string;
  readonly error: string;
}

/** A manual `triggerSync()`. */
export interface PosSync extends Message {
  readonly type: "pos.sync";
  readonly id: number;
}

export interface PosSynced extends Message {
  readonly type: "pos.synced";
  readonly id: number;
  /** See `SyncResult` of the sync worker. */
  readonly result: string;
  readonly synced: number;
}

/** What an adapter tells its peers of a receipt it just made: so they know of its moment. */
export interface PosAnnounce extends Message {
  readonly type: "pos.announce";
  readonly receipt: string;
  readonly hlc: string;
}
