import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { fateText } from "./event-text.ts";

const OUTCOMES = ["ok", "fail", "info", "never returned"];

/** What a search finds, as it is named in `kind:`. */
export const EVENT_KINDS = ["message", "state", "point", "call", "fault", "violation"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** A record that a search found. */
export interface Found {
  readonly kind: EventKind;
  readonly time: number;
  /** −1 for what has none. */
  readonly record: number;
  readonly who: string;
  readonly what: string;
  readonly end: string;
}

/** A message as a search lists it; its time is that of its sending. */
export function messageFound(model: ReportModel, row: number): Found {
  const { messages, names, messageTypes } = model;
  return {
    kind: "message",
    time: messages.sent[row] as number,
    record: messages.record[row] as number,
    who: `${names[messages.from[row] as number] ?? ""} → ${names[messages.to[row] as number] ?? ""}`,
    what: messageTypes[messages.type[row] as number]?.name ?? "",
    end: fateText(model, row),
  };
}

/** Everything a page shows but messages, a kind after the other. */
export function* otherEvents(model: ReportModel): Generator<Found> {
  for (const finding of model.findings) {
    const who = finding.nodes.map((node) => model.names[node] ?? "").join(" ");
    yield {
      kind: "violation",
      time: finding.time,
      record: finding.record,
      who,
      what: finding.message,
      end: finding.title,
    };
  }
  for (const fault of model.faults) {
    const end = fault.isOpen ? "to the end" : `until ${formatSeconds(fault.to)}`;
    yield { kind: "fault", time: fault.from, record: -1, who: fault.id, what: fault.words, end };
  }
  for (const lane of model.nodes)
    for (const { key, bands } of lane.states)
      for (const { from, to, record, words } of bands)
        yield {
          kind: "state",
          time: from,
          record,
          who: lane.id,
          what: `${key}: ${words}`,
          end: `for ${formatSeconds(to - from)}`,
        };
  const { at, node, words: said, record: points, texts } = model.points;
  for (let place = 0; place < at.length; place++)
    yield {
      kind: "point",
      time: at[place] as number,
      record: points[place] as number,
      who: model.names[node[place] as number] ?? "",
      what: texts[said[place] as number] ?? "",
      end: "",
    };
  for (const { id, operations } of model.clients) {
    const { call, end, outcome, words, record } = operations;
    for (let place = 0; place < call.length; place++) {
      const time = call[place] as number;
      yield {
        kind: "call",
        time,
        record: record[place] as number,
        who: id,
        what: model.operationWords[words[place] as number] ?? "",
        end: `${OUTCOMES[outcome[place] as number] ?? ""} after ${formatSeconds((end[place] as number) - time)}`,
      };
    }
  }
}
