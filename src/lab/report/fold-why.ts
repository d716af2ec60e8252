import type { Fields } from "../../trace/plain.ts";
import type { RecordId, TraceRecord } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { Violation } from "../../trace/verdict.ts";
import { whySlice } from "../../trace/why/slice.ts";
import type { WhyRecord, WhyRole } from "../../trace/why/why-slice.ts";
import type { Why, WhyStep } from "./model.ts";
import { shorten } from "./words.ts";

/** Steps a reader takes in at once; the others are behind one line. */
const SHOWN_MAX = 12;
const TEXT_MAX = 90;
const ROLE_ORDER: Readonly<Record<WhyRole, number>> = { decisive: 0, missing: 1, fault: 2, cause: 3 };

/** Why a rule was broken, as steps in the order of the run. */
export function foldWhy(trace: Trace, violation: Violation): Why {
  const slice = whySlice(trace, violation);
  const shown = new Set(weightiest(slice.records, violation.record).map(({ index }) => index));
  const places = new Map(slice.records.map(({ index }, place) => [index, place]));
  const steps = slice.records.map(({ index, role, because, explains }): WhyStep => {
    const record = trace.record(index);
    return {
      record: index,
      time: record.time,
      kind: record.kind,
      role,
      ...placeOf(record),
      text: shorten(textOf(trace, record), TEXT_MAX),
      because,
      explains: places.get(explains) ?? -1,
      isShown: shown.has(index),
      isLast: index === violation.record,
    };
  });
  return { steps, left: slice.left };
}

/** The violating record, what decided, what was missing, the faults, then the causes nearest to the violation. */
function weightiest(records: readonly WhyRecord[], violating: number): readonly WhyRecord[] {
  const weight = ({ index, role }: WhyRecord): number => (index === violating ? -1 : ROLE_ORDER[role]);
  return [...records].sort((a, b) => weight(a) - weight(b) || b.index - a.index).slice(0, SHOWN_MAX);
}

/** A record in words: where, with whom, and what. */
export function recordWords(trace: Trace, id: RecordId): Pick<WhyStep, "node" | "other" | "text"> {
  const record = trace.record(id);
  return { ...placeOf(record), text: shorten(textOf(trace, record), TEXT_MAX) };
}

function placeOf(record: TraceRecord): Pick<WhyStep, "node" | "other"> {
  switch (record.kind) {
    case "sent":
      return { node: record.node, other: record.to };
    case "delivered":
    case "dropped":
    case "duplicated":
      return { node: record.node, other: record.from };
    default:
      return { node: record.node, other: "" };
  }
}

function textOf(trace: Trace, record: TraceRecord): string {
  switch (record.kind) {
    case "sent":
      return `sends ${record.type}${fieldsText(record.message)}`;
    case "delivered":
      return `gets ${record.type} after ${formatSeconds(record.time - trace.time(record.sent))}${fieldsText(record.message)}`;
    case "dropped":
      return `never gets ${record.type}: ${record.fault === "" ? record.reason : `${record.reason}, by ${record.fault}`}`;
    case "duplicated":
      return `is sent ${record.type} once more`;
    case "state":
      return `${record.key} ${record.value.replaceAll("_", " ")}${fieldsText(record.fields)}`;
    case "point":
      return `${record.name}${fieldsText(record.fields)}`;
    case "invoke":
      return `calls ${record.name} ${record.key}${valueText(record.value)}`;
    case "complete":
      return `its call ends: ${record.outcome}${valueText(record.value)}`;
    case "fault":
      return faultText(record.fault, record.phase, record.fields);
    case "timer":
      return `timer ${record.name} fires`;
  }
}

function faultText(fault: string, phase: string, fields: Fields): string {
  const kind = typeof fields["kind"] === "string" ? ` (${fields["kind"]})` : "";
  return `${fault}${kind} ${phase === "start" ? "starts" : phase === "stop" ? "ends" : "touches it"}`;
}

function valueText(value: unknown): string {
  return value === null ? "" : ` ${JSON.stringify(value)}`;
}

/** Fields as ` key=value`, but those that say nothing. */
export function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([key, value]) => key !== "type" && value !== "" && value !== null && typeof value !== "object")
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join("");
}
