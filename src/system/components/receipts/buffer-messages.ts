import type { Message, Plain } from "../../ports/transport.ts";

/** A command on its way to the leader of a replicated buffer's group. */
export interface BufferPropose extends Message {
  readonly type: "buffer.propose";
  /** Names a line of calls of which one is under way at a time. */
  readonly session: string;
  /** The call's number in its session, from 1: it takes effect once, however often it is proposed. */
  readonly id: number;
  /** Grows with each time the call is sent; a copy that the network made is older than what follows it. */
  readonly attempt: number;
  /** A `ReceiptCommand`. */
  readonly command: Plain;
}

/** `ok`: it is committed, `value` is its answer. `refused`: this attempt will never be. `unknown`: it may be still. */
export interface BufferResult extends Message {
  readonly type: "buffer.result";
  readonly session: string;
  readonly id: number;
  readonly attempt: number;
  readonly outcome: "ok" | "refused" | "unknown";
  /** A `ReceiptAnswer`; `null` unless `ok`. */
  readonly value: Plain;
}
