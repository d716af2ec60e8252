import type { Message } from "../../ports/transport.ts";

/** Asks the device to cut a host off, or to let it back. */
export interface IsolationRequest extends Message {
  readonly type: "isolation.request";
  readonly id: number;
  readonly action: "isolate" | "release";
  readonly target: string;
  readonly epoch: number;
}
export interface IsolationReply extends Message {
  readonly type: "isolation.reply";
  readonly id: number;
  readonly isConfirmed: boolean;
}
