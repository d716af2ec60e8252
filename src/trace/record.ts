import type { Fields, Message, Outcome, Plain } from "./plain.ts";

/** Virtual time: integer microseconds since the start of the run. */
export type Micros = number & { readonly __unit?: "us" };

/** Index of a record in its run, from 0; counts every record, kept or not. −1 means none. */
export type RecordId = number;

/** Who says so: the simulated world (ground truth), or a program (a claim). */
export type Origin = "world" | "program";

interface RecordBase {
  readonly id: RecordId;
  readonly time: Micros;
  /** The node at which it happened; `""` for the world itself. */
  readonly node: string;
  /** The record whose handling produced this one; −1 at the roots. */
  readonly cause: RecordId;
}

/** A node handed a message to the network. Its `id` names the message from then on. */
export interface SentRecord extends RecordBase {
  readonly kind: "sent";
  readonly to: string;
  readonly type: string;
  readonly message: Message;
}
/** A copy of a message reached the receiver's program. `node` is the receiver. */
export interface DeliveredRecord extends RecordBase {
  readonly kind: "delivered";
  readonly from: string;
  readonly type: string;
  readonly sent: RecordId;
  readonly message: Message;
}
/** Why a message was not delivered. */
export type DropReason =
  "partition" | "loss" | "crashed" | "stale-connection" | "queue-full" | "unknown-node" | "blackhole" | "corrupt";
/** A copy of a message ended. `node` is the receiver it never reached; `fault` the fault that did it, `""` for none. */
export interface DroppedRecord extends RecordBase {
  readonly kind: "dropped";
  readonly from: string;
  readonly type: string;
  readonly sent: RecordId;
  readonly reason: DropReason;
  readonly fault: string;
  readonly message: Message;
}
/** The network made one more copy of a message. `node` is the receiver. */
export interface DuplicatedRecord extends RecordBase {
  readonly kind: "duplicated";
  readonly from: string;
  readonly type: string;
  readonly sent: RecordId;
  readonly fault: string;
  readonly message: Message;
}
/** `key` has `value` at `node` from now on. */
export interface StateRecord extends RecordBase {
  readonly kind: "state";
  readonly origin: Origin;
  readonly key: string;
  readonly value: string;
  readonly fields: Fields;
}
/** Something happened at one moment. */
export interface PointRecord extends RecordBase {
  readonly kind: "point";
  readonly origin: Origin;
  readonly name: string;
  readonly fields: Fields;
}
/** A client's call begins; its `id` names the operation. `node` is the client. */
export interface InvokeRecord extends RecordBase {
  readonly kind: "invoke";
  readonly name: string;
  readonly key: string;
  readonly value: Plain;
}
/** A client's call ended. `invoke` is the record that began it. */
export interface CompleteRecord extends RecordBase {
  readonly kind: "complete";
  readonly invoke: RecordId;
  readonly outcome: Outcome;
  readonly value: Plain;
}
/** A fault starts, stops, or (once a fault instance) touches something for the first time. */
export interface FaultRecord extends RecordBase {
  readonly kind: "fault";
  readonly phase: "start" | "stop" | "touch";
  readonly fault: string;
  /** At `start`: `kind`, a JSON text of the spec and of the resolved targets. At `stop`: `touched`. */
  readonly fields: Fields;
}
/** A timer of a node's program fired. Its cause is the record during which it was armed. */
export interface TimerRecord extends RecordBase {
  readonly kind: "timer";
  readonly name: string;
}

/** Everything a run can record: the closed vocabulary of checkers, digest and timeline. */
export type TraceRecord =
  | SentRecord
  | DeliveredRecord
  | DroppedRecord
  | DuplicatedRecord
  | StateRecord
  | PointRecord
  | InvokeRecord
  | CompleteRecord
  | FaultRecord
  | TimerRecord;

export type RecordKind = TraceRecord["kind"];

/** Kinds in their stored order; the index is the number in a trace. Append only. */
export const RECORD_KINDS = [
  "sent",
  "delivered",
  "dropped",
  "duplicated",
  "state",
  "point",
  "invoke",
  "complete",
  "fault",
  "timer",
] as const satisfies readonly RecordKind[];
