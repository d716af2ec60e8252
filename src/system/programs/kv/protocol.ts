import type { Outcome } from "../../ports/observer.ts";
import type { Message, Plain } from "../../ports/transport.ts";

/** A client asks a node. `seq` numbers the client's operations: a retry repeats it, and takes effect once. */
export interface KvRequest extends Message {
  readonly type: "kv.request";
  /** Names this attempt; the reply carries it. */
  readonly id: number;
  readonly client: string;
  readonly seq: number;
  readonly operation: "read" | "write";
  readonly key: string;
  readonly value: Plain;
}

/** `fail`: this attempt certainly did nothing. `info`: unknown. `leader` is a hint where to go next, `""` for none. */
export interface KvReply extends Message {
  readonly type: "kv.reply";
  readonly id: number;
  readonly outcome: Outcome;
  readonly value: Plain;
  readonly error: string;
  readonly leader: string;
}
