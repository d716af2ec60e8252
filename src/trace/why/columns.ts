import { RECORD_KINDS, type RecordId, type RecordKind } from "../record.ts";
import type { Trace } from "../trace.ts";

/*
 * Cells of stored records, read without building them: a slice looks at every record of a run, and builds forty.
 */

export const SENT = RECORD_KINDS.indexOf("sent");
export const DELIVERED = RECORD_KINDS.indexOf("delivered");
export const DROPPED = RECORD_KINDS.indexOf("dropped");
export const STATE = RECORD_KINDS.indexOf("state");
export const POINT = RECORD_KINDS.indexOf("point");
export const COMPLETE = RECORD_KINDS.indexOf("complete");
export const FAULT = RECORD_KINDS.indexOf("fault");
export const TIMER = RECORD_KINDS.indexOf("timer");

/** Number of a record's kind, its place in {@link RECORD_KINDS}. */
export function kindAt(trace: Trace, id: RecordId): number {
  return trace.cell(id, 2) & 255;
}

export function kindName(trace: Trace, id: RecordId): RecordKind {
  return RECORD_KINDS[kindAt(trace, id)] as RecordKind;
}

export function isWorld(trace: Trace, id: RecordId): boolean {
  return trace.cell(id, 2) >> 8 === 1;
}

/** Number of the node's name. */
export function nodeAt(trace: Trace, id: RecordId): number {
  return trace.cell(id, 3);
}

export function nodeName(trace: Trace, id: RecordId): string {
  return textAt(trace, id, 3);
}

export function causeAt(trace: Trace, id: RecordId): RecordId {
  return trace.cell(id, 4);
}

/** Number of the other end of a message, of a state's value, of a fault's phase. */
export function otherAt(trace: Trace, id: RecordId): number {
  return trace.cell(id, 5);
}

export function otherName(trace: Trace, id: RecordId): string {
  return textAt(trace, id, 5);
}

/** The record's own name: message type, state key, point, operation, outcome, fault, timer. */
export function ownName(trace: Trace, id: RecordId): string {
  return textAt(trace, id, 6);
}

/** Number of the record's own name. */
export function nameAt(trace: Trace, id: RecordId): number {
  return trace.cell(id, 6);
}

/** The protocol of a message: what stands before the dot of its type. `""` for what is no message. */
export function familyAt(trace: Trace, id: RecordId): string {
  const kind = kindAt(trace, id);
  return kind === SENT || kind === DELIVERED || kind === DROPPED ? (ownName(trace, id).split(".")[0] as string) : "";
}

/** Why a message was dropped. */
export function dropReason(trace: Trace, id: RecordId): string {
  return textAt(trace, id, 8);
}

/** The fault that dropped or copied a message, `""` for none. */
export function faultOf(trace: Trace, id: RecordId): string {
  return textAt(trace, id, 9);
}

/** The record that a completion or a delivery points at beside its cause. */
export function linkedAt(trace: Trace, id: RecordId): RecordId {
  return trace.cell(id, 7);
}

/** Equal for records of the same kind and name at the same node: heartbeats of one node, firings of one timer. */
export function likenessOf(trace: Trace, id: RecordId): number {
  return (trace.cell(id, 3) * 4_194_304 + trace.cell(id, 6)) * 16 + kindAt(trace, id);
}

function textAt(trace: Trace, id: RecordId, column: number): string {
  return trace.strings[trace.cell(id, column)] as string;
}
