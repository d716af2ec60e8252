import { describe, expect, it } from "vitest";
import { jsonLines, ObserverLog, type Observation } from "../../../src/system/live/observer-log.ts";
import { nodeId } from "../../../src/system/ports/node.ts";

function observed(act: (log: ObserverLog) => void): Observation[] {
  const seen: Observation[] = [];
  let now = 0;
  const clock = { wall: () => 1_000_000 + now, monotonic: () => now++ };
  act(new ObserverLog({ node: nodeId("n1"), incarnation: 3, clock, sink: (observation) => seen.push(observation) }));
  return seen;
}

describe("ObserverLog", () => {
  it("hands on everything with node, incarnation and both times", () => {
    const seen = observed((log) => {
      log.point("raft.vote", { term: 2 });
    });
    expect(seen).toEqual([
      {
        node: "n1",
        incarnation: 3,
        wallMs: 1_000_000,
        monotonicMs: 0,
        kind: "point",
        name: "raft.vote",
        fields: { term: 2 },
      },
    ]);
  });

  it("hands on a state when its value or fields change, once", () => {
    const seen = observed((log) => {
      log.state("role", "leader", { term: 1 });
      log.state("role", "leader", { term: 1 });
      log.state("fence", "open");
      log.state("role", "leader", { term: 2 });
      log.state("role", "follower", { term: 2 });
      log.state("role", "leader", { term: 1 });
    });
    const words = seen.map((one) =>
      one.kind === "state" ? `${one.key}=${one.value} ${JSON.stringify(one.fields)}` : one.kind,
    );
    expect(words).toEqual([
      'role=leader {"term":1}',
      "fence=open {}",
      'role=leader {"term":2}',
      'role=follower {"term":2}',
      'role=leader {"term":1}',
    ]);
  });

  it("joins the two ends of an operation by an id of its own", () => {
    const seen = observed((log) => {
      const first = log.invoke({ name: "read", key: "a" });
      const second = log.invoke({ name: "write", key: "a", value: { value: 1 } });
      log.complete(second, "info");
      log.complete(first, "ok", 7);
    });
    expect(seen).toMatchObject([
      { kind: "invoke", operation: 1, name: "read", key: "a", value: null },
      { kind: "invoke", operation: 2, name: "write", value: { value: 1 } },
      { kind: "complete", operation: 2, outcome: "info", value: null },
      { kind: "complete", operation: 1, outcome: "ok", value: 7 },
    ]);
  });

  it("writes one JSON text a line", () => {
    const lines: string[] = [];
    const sink = jsonLines((line) => lines.push(line));
    const [one] = observed((log) => log.point("text", { with: "line\nbreak" }));
    sink(one as Observation);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(lines[0] as string)).toEqual(one);
  });
});
