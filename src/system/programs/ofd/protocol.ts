import type { Message } from "../../ports/transport.ts";

/** A registration on the wire. Sent again until it is answered or given up; the server handles it once. */
export interface OfdRequest extends Message {
  readonly type: "ofd.register";
  /** Names the client's connection: `id` counts within it. */
  readonly session: string;
  readonly id: number;
  readonly key: string;
  readonly posId: string;
  readonly payload: string;
  readonly receiptHlc: string;
  readonly fencing: string;
  /** Stamp of the sending, of the first one for a repetition; the OFD receives it. */
  readonly hlc: string;
  /** The same bytes once more, as TCP sends them again: nothing new is said. */
  readonly isRepeat: boolean;
}

/** `error` is an `OfdErrorCode`, `""` for an acceptance. */
export interface OfdReply extends Message {
  readonly type: "ofd.reply";
  readonly session: string;
  readonly id: number;
  readonly error: string;
  readonly reason: string;
  /** Of a stale token: the largest fencing number seen; else `""`. */
  readonly largest: string;
  readonly isReplay: boolean;
  /** The stamp of the acceptance; `""` with an error. */
  readonly acceptedHlc: string;
  /** Stamp of the sending. */
  readonly hlc: string;
}
