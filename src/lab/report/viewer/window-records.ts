import type { Micros } from "../../../trace/record.ts";
import type { ReportModel } from "../model.ts";
import { fateText } from "./event-text.ts";

const OUTCOMES = ["ok", "fail", "info", "never returned"];

/** A line of the file: what it is, when it began, and what the page knows of it. Times are µs, causes are records. */
export interface WindowRecord {
  readonly kind: "message" | "state" | "process" | "clock" | "point" | "call" | "fault" | "violation";
  readonly time: Micros;
  readonly [name: string]: string | number | readonly string[];
}

/**
 * Everything the page has of a window as JSON, one record a line in order of time, after a line that says what the file is.
 *
 * What lasts is in it when it touches the window. Contents of messages are not in a page, so they are not in the file.
 */
export function windowLines(model: ReportModel, window: { readonly from: Micros; readonly to: Micros }): string {
  const { from, to } = window;
  const records = [...recordsOf(model)].filter(
    ({ time, until }) => time <= to && (typeof until === "number" ? until : time) >= from,
  );
  records.sort((a, b) => a.time - b.time || Number(a["record"] ?? -1) - Number(b["record"] ?? -1));
  const head = {
    kind: "window",
    scenario: model.scenario,
    seed: model.seed,
    from: Math.round(from),
    to: Math.round(to),
    records: records.length,
    left: `contents of messages; ${String(model.left.messages)} messages and ${String(model.points.left)} points of the run that its page has no room for`,
  };
  return [head, ...records].map((record) => `${JSON.stringify(record)}\n`).join("");
}

function* recordsOf(model: ReportModel): Generator<WindowRecord> {
  yield* messages(model);
  for (const lane of model.nodes) yield* ofNode(lane);
  yield* pointsOf(model);
  for (const { id, operations } of model.clients) {
    const { call, end, outcome, words, record, cause } = operations;
    for (let place = 0; place < call.length; place++)
      yield {
        kind: "call",
        time: call[place] as number,
        until: end[place] as number,
        record: record[place] as number,
        client: id,
        words: model.operationWords[words[place] as number] ?? "",
        outcome: OUTCOMES[outcome[place] as number] ?? "",
        cause: cause[place] as number,
      };
  }
  for (const { id, kind, from, to, words, touched } of model.faults)
    yield { kind: "fault", time: from, until: to, id, fault: kind, words, touched };
  for (const { time, record, checker, nodes, message, expected, observed } of model.findings) {
    const names = nodes.map((node) => model.names[node] ?? "");
    yield { kind: "violation", time, record, checker, nodes: names, message, expected, observed };
  }
}

function* messages(model: ReportModel): Generator<WindowRecord> {
  const { sent, took, from, to, type, flags, record, cause } = model.messages;
  for (let row = 0; row < sent.length; row++) {
    const time = sent[row] as number;
    yield {
      kind: "message",
      time,
      until: time + (took[row] as number),
      record: record[row] as number,
      from: model.names[from[row] as number] ?? "",
      to: model.names[to[row] as number] ?? "",
      type: model.messageTypes[type[row] as number]?.name ?? "",
      end: fateText(model, row),
      copy: ((flags[row] as number) & 2) === 0 ? 1 : 2,
      cause: cause[row] as number,
    };
  }
}

function* ofNode({ id, states, process, clock }: ReportModel["nodes"][number]): Generator<WindowRecord> {
  for (const { key, bands } of states)
    for (const { from, to, value, words, record, cause } of bands)
      yield { kind: "state", time: from, until: to, record, node: id, key, value, words, cause };
  for (const { from, to, kind, words } of process)
    yield { kind: "process", time: from, until: to, node: id, value: kind, words };
  for (let place = 0; place < clock.at.length; place++)
    yield { kind: "clock", time: clock.at[place] as number, node: id, offsetUs: clock.value[place] as number };
}

function* pointsOf({ points, names }: ReportModel): Generator<WindowRecord> {
  const { at, node, words, record, cause, texts } = points;
  for (let place = 0; place < at.length; place++)
    yield {
      kind: "point",
      time: at[place] as number,
      record: record[place] as number,
      node: names[node[place] as number] ?? "",
      words: texts[words[place] as number] ?? "",
      cause: cause[place] as number,
    };
}
