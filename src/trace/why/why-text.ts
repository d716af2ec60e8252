import type { RecordId } from "../record.ts";
import type { Trace } from "../trace.ts";
import { formatSeconds } from "../units.ts";
import {
  DELIVERED,
  DROPPED,
  dropReason,
  FAULT,
  faultOf,
  kindAt,
  kindName,
  nodeName,
  otherName,
  ownName,
  SENT,
  STATE,
  TIMER,
} from "./columns.ts";
import type { Silence } from "./silences.ts";
import type { FaultSpan } from "./world-log.ts";

/** What a record has to do with the one it led to. */
export function stepText(trace: Trace, id: RecordId, explains: RecordId): string {
  const effect = explains < 0 ? -1 : kindAt(trace, explains);
  const node = nodeName(trace, id);
  switch (kindAt(trace, id)) {
    case FAULT:
      return `the fault's ${otherName(trace, id)} did it`;
    case SENT:
      if (effect !== DELIVERED && effect !== DROPPED) return `${node} was sending`;
      return `the message was sent here, ${lapse(trace, id, explains)} before`;
    case DELIVERED:
      if (effect === TIMER) return `${node} armed the timer when it heard this, ${lapse(trace, id, explains)} before`;
      return `${node} was handling this message`;
    case TIMER:
      if (effect === TIMER) return `${node} armed the timer when this one fired, ${lapse(trace, id, explains)} before`;
      return `${node} acted because this timer fired`;
    case STATE:
      if (ownName(trace, id) === "process") return `${node} was starting`;
      return effect === TIMER ? armed(trace, id, explains) : `${node} said this on the way`;
    default:
      return effect === TIMER ? armed(trace, id, explains) : `it led to the next (${kindName(trace, id)})`;
  }
}

function armed(trace: Trace, id: RecordId, timer: RecordId): string {
  return `the timer was armed here, ${lapse(trace, id, timer)} before`;
}

function lapse(trace: Trace, from: RecordId, to: RecordId): string {
  return formatSeconds(trace.time(to) - trace.time(from));
}

/** What is known of messages that did not arrive. */
export function silenceText(trace: Trace, { drop, count }: Silence): string {
  const link = `${otherName(trace, drop)} to ${nodeName(trace, drop)}`;
  const fault = faultOf(trace, drop);
  const by = fault === "" ? dropReason(trace, drop) : `${dropReason(trace, drop)}, by ${fault}`;
  return count === 1
    ? `it did not arrive (${by})`
    : `the last of ${String(count)} messages in a row from ${link} that did not arrive (${by})`;
}

/** What the world did to a node. */
export function eventText(trace: Trace, id: RecordId, fault: string): string {
  return `what became of ${nodeName(trace, id)} before${fault === "" ? "" : `, by ${fault}`}`;
}

/** What a fault has to do with the failure. */
export function faultText(trace: Trace, span: FaultSpan, isOnTheWay: boolean): string {
  const what = isOnTheWay ? "what it did leads to the violation" : "it had touched nodes of the slice";
  return span.stop < 0 ? `${what}; in force then` : `${what}; in force until ${formatSeconds(trace.time(span.stop))}`;
}
