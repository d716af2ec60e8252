import type { Fields } from "../../../trace/plain.ts";
import type { RecordId, TraceRecord } from "../../../trace/record.ts";
import type { Trace } from "../../../trace/trace.ts";
import type { ExportFormat, ExportSlice } from "./export-format.ts";

/** The expression ShiViz splits such a log with; it stands at the head of the file, as ShiViz takes it. */
export const SHIVIZ_EXPRESSION = String.raw`(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`;

/**
 * A log with vector clocks, for ShiViz.
 *
 * Two lines an event: what happened, then the host and its clock. A clock is counted within the slice: what a message sent before
 * it caused is an event of its receiver alone. A message that was lost has no receipt; its sending says how it ended. Timers, and
 * states written anew with the same value, are left out.
 *
 * Source: the log format of https://bestchai.bitbucket.io/shiviz/ ("input format").
 */
export const shivizLog: ExportFormat = {
  name: "shiviz",
  extension: "shiviz.log",
  about: "vector clocks, for ShiViz",
  pieces: (_, trace, slice) => events(trace, slice),
};

type Clock = Map<string, number>;

function* events(trace: Trace, { from, to }: ExportSlice): Iterable<string> {
  yield `${SHIVIZ_EXPRESSION}\n\n`;
  const fates = fatesOf(trace);
  const clocks = new Map<string, Clock>();
  const sends = new Map<RecordId, Clock>();
  const last = new Map<string, string>();
  for (let id = 0; id < trace.count; id++) {
    const time = trace.time(id);
    if (time > to) return;
    if (time < from) continue;
    const record = trace.record(id);
    const text = eventText(record, fates.get(id), last);
    if (text === undefined) continue;
    const host = hostOf(record.node);
    let clock = clocks.get(host);
    if (clock === undefined) clocks.set(host, (clock = new Map([[host, 0]])));
    if (record.kind === "delivered") merge(clock, sends.get(record.sent));
    clock.set(host, (clock.get(host) ?? 0) + 1);
    if (record.kind === "sent") sends.set(id, new Map(clock));
    yield `${seconds(time)} ${oneLine(text)}\n${host} ${JSON.stringify(Object.fromEntries(clock))}\n`;
  }
}

/** What became of messages that were lost, or of which one copy was, by the record that sent them. */
function fatesOf(trace: Trace): ReadonlyMap<RecordId, string> {
  const arrived = new Set<RecordId>();
  const lost = new Map<RecordId, string>();
  for (let id = 0; id < trace.count; id++) {
    const kind = trace.cell(id, 2) & 255;
    if (kind !== 1 && kind !== 2) continue;
    const record = trace.record(id);
    if (record.kind === "delivered") arrived.add(record.sent);
    else if (record.kind === "dropped")
      lost.set(record.sent, `lost: ${record.reason}${record.fault === "" ? "" : ` by ${record.fault}`}`);
  }
  for (const [sent, words] of lost) if (arrived.has(sent)) lost.set(sent, `one copy ${words}`);
  return lost;
}

/** What happened, in words; `undefined` for what the log leaves out. */
function eventText(record: TraceRecord, fate: string | undefined, last: Map<string, string>): string | undefined {
  switch (record.kind) {
    case "sent":
      return `sends ${record.type} to ${record.to}${fate === undefined ? "" : ` (${fate})`}`;
    case "delivered":
      return `receives ${record.type} from ${record.from}`;
    case "state": {
      // What the world says of links belongs to no host.
      if (record.node === "") return undefined;
      const place = `${record.node} ${record.key}`;
      if (last.get(place) === record.value) return undefined;
      last.set(place, record.value);
      return `${record.key}=${record.value}${fieldsText(record.fields)}`;
    }
    case "point":
      return record.node === "" ? undefined : `${record.name}${fieldsText(record.fields)}`;
    case "invoke":
      return `calls ${record.name} ${record.key} ${JSON.stringify(record.value)}`;
    case "complete":
      return `gets ${record.outcome} ${JSON.stringify(record.value)}`;
    case "fault":
      return record.phase === "touch" ? undefined : `fault ${record.fault} ${record.phase}s`.replace("stops", "ends");
    case "dropped":
    case "duplicated":
    case "timer":
      return undefined;
  }
}

function merge(clock: Clock, other: Clock | undefined): void {
  for (const [host, count] of other ?? []) if ((clock.get(host) ?? 0) < count) clock.set(host, count);
}

/** A host's name has no white space in this format; the world is a host too. */
function hostOf(node: string): string {
  return node === "" ? "faults" : node.replaceAll(/\s/g, "_");
}

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join("");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}

function seconds(micros: number): string {
  return `${String(Math.floor(micros / 1_000_000))}.${String(micros % 1_000_000).padStart(6, "0")}`;
}
