import { describe, expect, it } from "vitest";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { textTrace } from "../../../src/lab/report/text-trace.ts";

function sample(): Trace {
  const writer = new TraceWriter({ keep: true });
  writer.state(1, "n1", "process", "up", { incarnation: 1, reason: "start" });
  writer.time = 152_000;
  const sent = writer.sent("n1", "n2", { type: "raft.vote", term: 1 });
  writer.time = 153_500;
  writer.dropped("n2", "n1", sent, { type: "raft.vote", term: 1 }, "partition", "cut");
  writer.time = 311_000;
  writer.state(0, "n2", "role", "leader", { term: 1, votes: "n2,n3" });
  const invoke = writer.invoke("c1", "write", "k1", { value: "a" });
  writer.complete("c1", invoke, "ok");
  return writer.trace as Trace;
}

describe("the text of a trace", () => {
  it("has one event a line, to the microsecond", () => {
    expect(textTrace(sample())).toBe(
      [
        "t=0.000000 n1 process=up incarnation=1 reason=start",
        "t=0.152000 n1 -> n2 raft.vote term=1",
        "t=0.153500 n2 x- n1 raft.vote #1 partition by cut",
        "t=0.311000 n2 role=leader term=1 votes=n2,n3",
        't=0.311000 c1 calls write k1 {"value":"a"}',
        "t=0.311000 c1 gets ok #4",
        "",
      ].join("\n"),
    );
  });

  it("keeps the outline of a long run within its lines, and counts what it leaves out", () => {
    const writer = new TraceWriter({ keep: true });
    for (let i = 0; i < 5_000; i++) {
      writer.time = i * 1_000;
      writer.sent("n1", "n2", { type: "beat", i });
      if (i % 500 === 0) writer.state(0, "n1", "role", i % 1_000 === 0 ? "leader" : "follower");
    }
    const lines = textTrace(writer.trace as Trace, { maxLines: 100 })
      .trimEnd()
      .split("\n");
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(lines.filter((line) => line.includes("role="))).toHaveLength(10);
    const left = lines
      .map((line) => /^ {2}… (\d+) more$/.exec(line)?.[1])
      .reduce((sum, count) => sum + Number(count ?? 0), 0);
    expect(left + lines.filter((line) => line.startsWith("t=")).length).toBe(5_010);
  });
});
