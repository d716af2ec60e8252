import { describe, expect, it } from "vitest";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { firstDivergence } from "../../../src/lab/run/verify.ts";

function traceOf(write: (writer: TraceWriter) => void): Trace {
  const writer = new TraceWriter({ keep: true });
  write(writer);
  return writer.trace as Trace;
}

const base = (writer: TraceWriter): void => {
  writer.state(0, "n1", "role", "follower", { term: 1 });
  writer.time = 5;
  writer.sent("n1", "n2", { type: "raft.vote", term: 2 });
};

describe("the first divergence of two runs", () => {
  it("is none for equal runs, also when their strings were met in another order", () => {
    expect(firstDivergence(traceOf(base), traceOf(base))).toBeUndefined();
  });

  it("names the first record that differs, with both values", () => {
    const other = traceOf((writer) => {
      writer.state(0, "n1", "role", "follower", { term: 1 });
      writer.time = 5;
      writer.sent("n1", "n3", { type: "raft.vote", term: 2 });
    });
    const found = firstDivergence(traceOf(base), other);
    expect(found).toEqual({
      record: 1,
      first: "t=0.000005 n1 -> n2 raft.vote term=2  (cause -1)",
      second: "t=0.000005 n1 -> n3 raft.vote term=2  (cause -1)",
    });
  });

  it("sees a difference in a field's value and in a cause alone", () => {
    const field = traceOf((writer) => {
      writer.state(0, "n1", "role", "follower", { term: 2 });
    });
    expect(firstDivergence(traceOf(base), field)).toMatchObject({
      record: 0,
      second: "t=0.000000 n1 role=follower term=2  (cause -1)",
    });
    const cause = traceOf((writer) => {
      writer.cause = 7;
      base(writer);
    });
    expect(firstDivergence(traceOf(base), cause)?.record).toBe(0);
  });

  it("tells that one run is shorter", () => {
    const shorter = traceOf((writer) => writer.state(0, "n1", "role", "follower", { term: 1 }));
    expect(firstDivergence(traceOf(base), shorter)).toMatchObject({ record: 1, second: "(the run ended)" });
  });
});
