import { describe, expect, it } from "vitest";
import { ProbeSet } from "../../../src/lab/explore/probes.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

function probed(write: (trace: TraceWriter) => void): Readonly<Record<string, boolean>> {
  const probes = new ProbeSet();
  write(new TraceWriter({ keep: false, listeners: probes.listeners }));
  return probes.happened();
}

describe("probes", () => {
  it("tell what happened and what only could have", () => {
    const happened = probed((trace) => {
      trace.state(0, "n1", "role", "leader");
      trace.state(0, "n1", "fence", "open");
    });
    expect(happened).toEqual({
      "a node led": true,
      "a node was fenced": false,
      "a node that still led was fenced": false,
    });
  });

  it("join states of one node, never of two", () => {
    const name = "a breaker was open while its node held the lock";
    const both = (second: string): boolean | undefined =>
      probed((trace) => {
        trace.state(0, "n1", "breaker>ofd", "open");
        trace.state(0, second, "lock>receipts", "held");
      })[name];
    expect(both("n1")).toBe(true);
    expect(both("n2")).toBe(false);
  });

  it("ask no program about what it has not", () => {
    expect(probed((trace) => trace.state(0, "n1", "role", "follower"))).toEqual({ "a node led": false });
  });
});
