import { describe, expect, it } from "vitest";
import { matchRuns, type RunMatch } from "../../../src/lab/report/diff-match.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";

/** Writes a run by hand; every line has its own moment. */
function run(write: (writer: TraceWriter) => void): Trace {
  const writer = new TraceWriter({ keep: true });
  write(writer);
  return writer.trace as Trace;
}

/** What a match says, as lines: mark, record of the first run, record of the second. */
function lines({ differences }: RunMatch): string[] {
  return differences.map(({ mark, first, second }) => `${mark} ${String(first)} ${String(second)}`);
}

const BEAT = { type: "raft.append", term: 1 };

describe("two runs after they parted", () => {
  it("finds a message that one run delivers and the other drops, and every later one the same", () => {
    const beats = (isLost: boolean): Trace =>
      run((writer) => {
        for (let beat = 0; beat < 4; beat++) {
          writer.time = beat * 1_000;
          const sent = writer.sent("n1", "n2", BEAT);
          writer.time += 100;
          if (isLost && beat === 1) writer.dropped("n2", "n1", sent, BEAT, "loss", "f1");
          else writer.delivered("n2", "n1", sent, BEAT);
        }
      });
    const match = matchRuns(beats(false), beats(true), 3);
    expect(lines(match)).toEqual(["only-first 3 -1", "only-second -1 3"]);
    expect(match.counts.map(({ kind, counts }) => [kind, counts.same])).toEqual([
      ["sent", 2],
      ["delivered", 2],
      ["dropped", 0],
    ]);
  });

  it("matches a delivery by its message, not by its place among deliveries", () => {
    const arrivals = (order: readonly number[]): Trace =>
      run((writer) => {
        const sent = [0, 1].map((beat) => {
          writer.time = beat * 10;
          return writer.sent("n1", "n2", { ...BEAT, key: `k${String(beat)}` });
        });
        order.forEach((beat, place) => {
          writer.time = 100 + place;
          writer.delivered("n2", "n1", sent[beat] as number, BEAT);
        });
      });
    // Both runs deliver at 100 and 101, but not the same message.
    expect(lines(matchRuns(arrivals([0, 1]), arrivals([1, 0]), 2))).toEqual(["moved 2 3", "moved 3 2"]);
  });

  it("says that a record moved, or that it says something else at the same moment", () => {
    const states = (time: number, term: number): Trace =>
      run((writer) => {
        writer.time = time;
        writer.state(0, "n1", "role", "leader", { term: 1 });
        writer.time = 500;
        writer.point(0, "n1", "vote", { term });
      });
    expect(lines(matchRuns(states(100, 1), states(120, 2), 0))).toEqual(["moved 0 0", "changed 1 1"]);
  });

  it("keeps records at the same moment together when one run has more of them before", () => {
    const fired = (times: readonly number[]): Trace =>
      run((writer) => {
        for (const time of times) {
          writer.time = time;
          writer.timer("n1", "beat");
        }
      });
    expect(lines(matchRuns(fired([10, 20, 30, 40]), fired([20, 30, 45]), 0))).toEqual(["only-first 0 -1", "moved 3 2"]);
  });

  it("takes states by value and calls by key, and a run that ended for one without the rest", () => {
    const rest = (isShort: boolean): Trace =>
      run((writer) => {
        writer.time = 5;
        writer.state(0, "n1", "role", isShort ? "leader" : "follower");
        if (isShort) return;
        writer.time = 6;
        const call = writer.invoke("c1", "write", "x", 1);
        writer.time = 7;
        writer.complete("c1", call, "ok");
      });
    expect(lines(matchRuns(rest(false), rest(true), 0))).toEqual([
      "only-first 0 -1",
      "only-second -1 0",
      "only-first 1 -1",
      "only-first 2 -1",
    ]);
  });

  it("tells a drop of the same message for another reason", () => {
    const lost = (fault: string): Trace =>
      run((writer) => {
        const sent = writer.sent("n1", "n2", BEAT);
        writer.time = 9;
        writer.dropped("n2", "n1", sent, BEAT, "partition", fault);
      });
    expect(lines(matchRuns(lost("cut"), lost("flap"), 1))).toEqual(["changed 1 1"]);
  });

  it("finds no difference between a run and itself, from any record on", () => {
    const trace = run((writer) => {
      for (let beat = 0; beat < 50; beat++) {
        writer.time = beat * 7;
        const sent = writer.sent("n1", beat % 2 === 0 ? "n2" : "n3", BEAT);
        if (beat % 3 === 0) writer.delivered("n2", "n1", sent, BEAT);
      }
    });
    for (const from of [0, 10, 66]) expect(lines(matchRuns(trace, trace, from))).toEqual([]);
  });
});
