import { describe, expect, it } from "vitest";
import { chromeTrace } from "../../../../src/lab/report/exports/chrome-trace.ts";
import { syntheticRun } from "../synthetic.ts";

// What the format's description says of an event; other members are for those that use them.
interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: number;
  readonly id2?: { readonly local: string };
  readonly bp?: string;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const run = syntheticRun({ isFailing: true, seconds: 12 });
const text = [...chromeTrace.pieces(run.result, run.trace, { from: 0, to: run.result.endTime })].join("");
const { traceEvents: events, otherData } = JSON.parse(text) as { traceEvents: TraceEvent[]; otherData: object };
const of = (...phases: string[]): TraceEvent[] => events.filter(({ ph }) => phases.includes(ph));

describe("the Chrome trace of a run", () => {
  it("has only events of the format, each with its place and its time", () => {
    expect([...new Set(events.map(({ ph }) => ph))].sort()).toEqual(["C", "M", "X", "b", "e", "f", "i", "s"]);
    const isPlaced = ({ pid, tid, ph, ts = -1 }: TraceEvent): boolean =>
      Number.isSafeInteger(pid) && (ph === "C" || Number.isSafeInteger(tid)) && (ph === "M" || ts >= 0);
    expect(events.filter((event) => !isPlaced(event))).toEqual([]);
    expect(otherData).toMatchObject({ scenario: "split-2-3", outcome: "violated" });
  });

  it("names the process of every event, and every thread that has slices", () => {
    const names = (kind: string): Set<string> =>
      new Set(
        of("M")
          .filter(({ name }) => name === kind)
          .map(({ pid, tid }) => (kind === "process_name" ? String(pid) : `${String(pid)} ${String(tid)}`)),
      );
    const processes = names("process_name");
    const threads = names("thread_name");
    expect(events.filter(({ pid }) => !processes.has(String(pid)))).toEqual([]);
    expect(of("X").filter(({ pid, tid }) => !threads.has(`${String(pid)} ${String(tid)}`))).toEqual([]);
  });

  it("nests the complete slices of a thread, as those that overlap in part are not drawn", () => {
    const threads = new Map<string, TraceEvent[]>();
    for (const event of of("X")) {
      const place = `${String(event.pid)} ${String(event.tid)}`;
      threads.set(place, [...(threads.get(place) ?? []), event]);
    }
    const crossing: TraceEvent[] = [];
    for (const slices of threads.values()) {
      const open: number[] = [];
      const sorted = [...slices].sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0));
      for (const event of sorted) {
        const { ts = 0, dur = 0 } = event;
        while ((open.at(-1) ?? Infinity) <= ts) open.pop();
        if (ts + dur > (open.at(-1) ?? Infinity)) crossing.push(event);
        open.push(ts + dur);
      }
    }
    expect(crossing).toEqual([]);
  });

  it("ends every asynchronous slice it begins, not before its beginning", () => {
    const open = new Map<string, number>();
    const wrong: TraceEvent[] = [];
    const key = ({ cat, pid, id2, name }: TraceEvent): string => JSON.stringify([cat, pid, id2?.local, name]);
    for (const event of of("b", "e")) {
      const isBegin = event.ph === "b";
      if (isBegin === open.has(key(event)) || (open.get(key(event)) ?? 0) > (event.ts ?? 0)) wrong.push(event);
      if (isBegin) open.set(key(event), event.ts ?? 0);
      else open.delete(key(event));
    }
    expect(wrong).toEqual([]);
    expect(open.size).toBe(0);
  });

  it("draws an arrow for every message that was delivered, between two slices", () => {
    const slices = new Set(of("X").map(({ pid, tid, ts }) => JSON.stringify([pid, tid, ts])));
    const starts = new Map(of("s").map((event) => [event.id, event]));
    const ends = of("f");
    expect(starts.size).toBe(run.result.counts.delivered);
    expect(ends.length).toBe(starts.size);
    const isArrow = (end: TraceEvent): boolean => {
      const start = starts.get(end.id);
      if (start === undefined || (start.ts ?? 0) > (end.ts ?? 0) || end.bp !== "e") return false;
      return [start, end].every(({ pid, tid, ts }) => slices.has(JSON.stringify([pid, tid, ts])));
    };
    expect(ends.filter((end) => !isArrow(end))).toEqual([]);
    const lost = of("b").filter(({ cat, name }) => cat === "message" && name.endsWith("✕"));
    expect(lost.length).toBeGreaterThan(100);
    expect(starts.size + lost.length).toBe(of("b").filter(({ cat }) => cat === "message").length);
  });

  it("marks the violation for the whole run, with rule and record", () => {
    const marks = of("i").filter(({ cat }) => cat === "violation");
    expect(marks.map(({ s, args }) => [s, args?.["record"]])).toEqual(
      run.result.verdicts.flatMap(({ violation }) => (violation === undefined ? [] : [["g", violation.record]])),
    );
  });

  it("tells a slice of the run alone", () => {
    const part = [...chromeTrace.pieces(run.result, run.trace, { from: 9_000_000, to: 11_000_000 })].join("");
    const { traceEvents } = JSON.parse(part) as { traceEvents: TraceEvent[] };
    const points = traceEvents.filter(({ ph, cat }) => ph === "i" && cat === "point");
    expect(points.filter(({ ts = 0 }) => ts < 9_000_000 || ts > 11_000_000)).toEqual([]);
    expect(traceEvents.length).toBeLessThan(events.length / 4);
    expect(traceEvents.some(({ cat }) => cat === "violation")).toBe(true);
  });
});
