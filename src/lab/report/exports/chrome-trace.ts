import type { Plain } from "../../../trace/plain.ts";
import type { Micros } from "../../../trace/record.ts";
import type { Trace } from "../../../trace/trace.ts";
import { buildModel } from "../build-model.ts";
import type { NodeLane, ReportModel } from "../model.ts";
import type { ExportFormat, ExportSlice } from "./export-format.ts";

/**
 * Trace events as Chrome and Perfetto read them: a process a node and a client, a thread a state, slices for states, calls, faults
 * and messages, arrows from sending to receipt, instants for points and violations, counters for clocks that are wrong.
 *
 * What may overlap on one track (messages, calls, faults) is told as asynchronous slices: complete ones that overlap are not drawn.
 *
 * Source: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
 */
export const chromeTrace: ExportFormat = {
  name: "chrome-trace",
  extension: "trace.json",
  about: "trace events, for Perfetto and Chrome",
  pieces: (result, trace, slice) => file(buildModel(result, trace), trace, slice),
};

/** Faults and violations have a process of their own, above the others. */
const RUN_PID = 1;
const FIRST_PID = 2;
/** Threads of a node: its messages, its points, then a thread a state. */
const MESSAGES_TID = 1;
const POINTS_TID = 2;
const FIRST_STATE_TID = 3;

type Event = Readonly<Record<string, Plain>>;

function* file(model: ReportModel, trace: Trace, slice: ExportSlice): Iterable<string> {
  const about = { scenario: model.scenario, seed: model.seed, outcome: model.outcome, replay: model.replay };
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n`;
  let comma = "";
  for (const event of events(model, trace, slice)) {
    yield `${comma}${JSON.stringify(event)}`;
    comma = ",\n";
  }
  yield "\n]}\n";
}

function* events(model: ReportModel, trace: Trace, slice: ExportSlice): Iterable<Event> {
  yield* processNames(RUN_PID, "faults and violations", 0);
  yield* faultEvents(model, slice);
  for (const [index, lane] of model.nodes.entries()) yield* laneEvents(lane, FIRST_PID + index, index + 1, slice);
  for (const [index, lane] of model.clients.entries()) {
    const place = model.nodes.length + index;
    yield* processNames(FIRST_PID + place, lane.id, place + 1);
    yield threadName(FIRST_PID + place, MESSAGES_TID, "messages");
    yield threadName(FIRST_PID + place, POINTS_TID, "points");
    const { call, end, outcome, words, record } = lane.operations;
    for (let i = 0; i < call.length; i++) {
      const from = call[i] ?? 0;
      const to = end[i] ?? from;
      if (!touches(from, to, slice)) continue;
      const args = { outcome: ["ok", "fail", "info", "never returned"][outcome[i] ?? 3] ?? "" };
      yield* spanEvents(
        "call",
        model.operationWords[words[i] ?? 0] ?? "",
        FIRST_PID + place,
        record[i] ?? 0,
        from,
        to,
        args,
      );
    }
  }
  yield* messageEvents(model, slice);
  yield* pointEvents(model, trace, slice);
}

function* faultEvents(model: ReportModel, slice: ExportSlice): Iterable<Event> {
  for (const [index, fault] of model.faults.entries())
    if (touches(fault.from, fault.to, slice))
      yield* spanEvents("fault", `${fault.id}: ${fault.words}`, RUN_PID, index, fault.from, fault.to, {
        touched: fault.touched,
      });
  for (const finding of model.findings)
    if (touches(finding.time, finding.time, slice))
      yield {
        name: `${finding.checker}: ${finding.message}`,
        cat: "violation",
        ph: "i",
        s: "g",
        ts: finding.time,
        pid: RUN_PID,
        tid: 0,
        args: { rule: finding.rule, expected: finding.expected, observed: finding.observed, record: finding.record },
      };
}

function* laneEvents(lane: NodeLane, pid: number, order: number, slice: ExportSlice): Iterable<Event> {
  yield* processNames(pid, lane.note === "" ? lane.id : `${lane.id} (${lane.note})`, order);
  yield threadName(pid, MESSAGES_TID, "messages");
  yield threadName(pid, POINTS_TID, "points");
  for (const [index, track] of lane.states.entries()) {
    const tid = FIRST_STATE_TID + index;
    yield threadName(pid, tid, track.key);
    for (const { from, to, value, words, record } of track.bands)
      if (touches(from, to, slice))
        yield {
          name: words === "" ? value : words,
          cat: "state",
          ph: "X",
          ts: from,
          dur: to - from,
          pid,
          tid,
          args: { value, record },
        };
  }
  for (const [index, span] of lane.process.entries())
    if (touches(span.from, span.to, slice))
      yield* spanEvents("process", span.words, pid, index, span.from, span.to, { after: span.after });
  for (let i = 0; i < lane.clock.at.length; i++) {
    const ts = lane.clock.at[i] ?? 0;
    if (touches(ts, ts, slice))
      yield {
        name: "clock offset, ms",
        cat: "clock",
        ph: "C",
        ts,
        pid,
        args: { offset: (lane.clock.value[i] ?? 0) / 1000 },
      };
  }
}

function* messageEvents(model: ReportModel, slice: ExportSlice): Iterable<Event> {
  const { sent, took, from, to, type, fate, record } = model.messages;
  for (let i = 0; i < sent.length; i++) {
    const start = sent[i] ?? 0;
    const end = start + (took[i] ?? 0);
    if (!touches(start, end, slice)) continue;
    const name = model.messageTypes[type[i] ?? 0]?.name ?? "";
    const sender = FIRST_PID + (from[i] ?? 0);
    const receiver = FIRST_PID + (to[i] ?? 0);
    const how = fate[i] ?? -1;
    const ended =
      how === -1 ? "delivered" : how === -2 ? "in flight at the end" : (model.dropCauses[how]?.words ?? "lost");
    const args = { to: model.names[to[i] ?? 0] ?? "", ended, record: record[i] ?? 0 };
    const isLost = how !== -1;
    yield* spanEvents("message", isLost ? `${name} ✕` : name, sender, i, start, end, args);
    if (isLost) continue;
    // An arrow needs a slice at either end; one of a microsecond overlaps no other in part.
    yield { name: `send ${name}`, cat: "arrow", ph: "X", ts: start, dur: 1, pid: sender, tid: MESSAGES_TID, args };
    yield { name, cat: "arrow", ph: "s", id: i, ts: start, pid: sender, tid: MESSAGES_TID };
    yield { name: `receive ${name}`, cat: "arrow", ph: "X", ts: end, dur: 1, pid: receiver, tid: MESSAGES_TID, args };
    yield { name, cat: "arrow", ph: "f", bp: "e", id: i, ts: end, pid: receiver, tid: MESSAGES_TID };
  }
}

function* pointEvents(model: ReportModel, trace: Trace, slice: ExportSlice): Iterable<Event> {
  const places = new Map(model.names.map((name, index) => [name, FIRST_PID + index]));
  for (let id = 0; id < trace.count; id++) {
    if ((trace.cell(id, 2) & 255) !== 5) continue;
    const record = trace.record(id);
    if (record.kind !== "point" || !touches(record.time, record.time, slice)) continue;
    const pid = places.get(record.node) ?? RUN_PID;
    const tid = pid === RUN_PID ? 0 : POINTS_TID;
    yield {
      name: record.name,
      cat: "point",
      ph: "i",
      s: "t",
      ts: record.time,
      pid,
      tid,
      args: { ...record.fields, record: id },
    };
  }
}

/** A slice that may overlap others of its process. */
function* spanEvents(
  cat: string,
  name: string,
  pid: number,
  id: number,
  from: Micros,
  to: Micros,
  args: Event,
): Iterable<Event> {
  yield { name, cat, ph: "b", id2: { local: String(id) }, ts: from, pid, tid: 0, args };
  yield { name, cat, ph: "e", id2: { local: String(id) }, ts: to, pid, tid: 0 };
}

function* processNames(pid: number, name: string, order: number): Iterable<Event> {
  yield { name: "process_name", ph: "M", pid, tid: 0, args: { name } };
  yield { name: "process_sort_index", ph: "M", pid, tid: 0, args: { sort_index: order } };
}

function threadName(pid: number, tid: number, name: string): Event {
  return { name: "thread_name", ph: "M", pid, tid, args: { name } };
}

function touches(from: Micros, to: Micros, slice: ExportSlice): boolean {
  return to >= slice.from && from <= slice.to;
}
