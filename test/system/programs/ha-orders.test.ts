// What an ha-node makes of its group: as founded, as an operator orders it, and when its leader is not well.
import { describe, expect, it } from "vitest";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";

async function play(
  more: Partial<ScenarioInput>,
  config: Record<string, unknown> = {},
): Promise<{ result: RunResult; records: TraceRecord[] }> {
  const scenario = {
    name: "ha-orders",
    nodes: [{ program: "ha-node", count: 5, config }],
    workload: [{ kind: "kv", clients: 2, rate: "50/s", target: "any" }],
    checks: "all",
    duration: "12s",
    ...more,
  } as ScenarioInput;
  const { result, trace } = await runScenario(scenario, { seed: "1", keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

const points = (records: readonly TraceRecord[], name: string) =>
  records.filter((record) => record.kind === "point").filter((point) => point.name === name);
const leaders = (records: readonly TraceRecord[], from = 0) =>
  records.flatMap((record) =>
    record.kind === "state" && record.key === "role" && record.value === "leader" && record.time >= from
      ? [record.node]
      : [],
  );

describe("an ha-node's orders", () => {
  it("raft.transfer makes the named node lead, and clients go on", async () => {
    const { result, records } = await play({
      faults: [{ kind: "order", nodes: ["all"], order: { type: "raft.transfer", to: "n2" }, at: "5s" }],
    });
    expect(result.outcome).toBe("holds");
    expect(leaders(records, 5_000_000)).toEqual(["n2"]);
    expect(points(records, "raft.transfer").map(({ fields }) => fields["outcome"])).toEqual([
      "started",
      "sent",
      "handed-over",
    ]);
    // The fence follows the leadership: the new leader writes, the old one does not.
    const after = points(records, "store.accept").filter(({ time }) => time > 6_000_000);
    expect(new Set(after.map(({ node }) => node))).toEqual(new Set(["n2"]));
  });

  it("raft.transfer costs nobody his place where the successor isolates whoever led before", async () => {
    const config = { durability: "async", promotion: "isolate", isolation: true };
    const transfer = { type: "raft.transfer", to: "n2" };
    const faults: ScenarioInput["faults"] = [
      { kind: "order", nodes: ["n1", "n3", "n4", "n5"], order: transfer, at: "5s" },
    ];
    const { result, records } = await play({ faults }, config);
    expect(result.outcome).toBe("holds");
    const [before] = leaders(records);
    const switches = records.flatMap((record) =>
      record.kind === "state" && record.key === `isolates>${String(before)}` ? [record.value] : [],
    );
    expect(leaders(records, 5_000_000)).toEqual(["n2"]);
    expect([...new Set(switches)]).toEqual(["yes", "no"]);
    const roles = records.filter(({ kind, node }) => kind === "state" && node === before);
    expect(roles.findLast((record) => record.kind === "state" && record.key === "role")).toMatchObject({
      value: "follower",
      fields: { leader: "n2" },
    });
  });

  it("raft.reconfigure changes the group, and everybody knows it", async () => {
    const change = { type: "raft.reconfigure", remove: ["n5"], addWitnesses: [], weights: { n1: 2 } };
    const { result, records } = await play({ faults: [{ kind: "order", nodes: ["all"], order: change, at: "5s" }] });
    expect(result.outcome).toBe("holds");
    for (const node of ["n1", "n2", "n3", "n4"]) {
      const last = points(records, "raft.config").findLast((point) => point.node === node);
      expect(last?.fields).toMatchObject({ voters: "n1,n2,n3,n4", weights: "2,1,1,1", phase: "final" });
    }
  });

  it("an order that no ha-node knows ends it as an error of its own", async () => {
    const { result } = await play({
      faults: [{ kind: "order", node: "n1", order: { type: "raft.abdicate" }, at: "5s" }],
    });
    expect(JSON.stringify(result.error ?? result.verdicts)).toContain("HA_NODE_ORDER");
  });
});

describe("an ha-node's group", () => {
  it("works with a witness and a learner, which never lead and are told no more than they keep", async () => {
    const { result, records } = await play(
      { faults: [{ kind: "crash", nodes: ["leader"], at: "5s", for: "3s" }] },
      { witnesses: ["n4"], learners: ["n5"] },
    );
    expect(result.outcome).toBe("holds");
    expect(leaders(records).filter((node) => node === "n4" || node === "n5")).toEqual([]);
    expect(points(records, "store.commit").filter(({ node }) => node === "n4")).toEqual([]);
    expect(points(records, "store.commit").filter(({ node }) => node === "n5").length).toBeGreaterThan(50);
    const quorums = result.verdicts.find(({ checker }) => checker === "quorum-legality");
    expect(quorums).toMatchObject({ verdict: "holds" });
  });

  it("reads by a round to a quorum, when it is to", async () => {
    const { result, records } = await play(
      { faults: [{ kind: "crash", nodes: ["leader"], at: "5s", for: "3s" }] },
      { reads: "read-index" },
    );
    expect(result.outcome).toBe("holds");
    const rounds = records.filter((record) => record.kind === "sent" && "round" in record.message);
    expect(rounds.length).toBeGreaterThan(100);
  });

  it("an unhealthy leader hands over, or only steps down when it is told not to", async () => {
    const faults: ScenarioInput["faults"] = [
      { kind: "disk-slow", nodes: ["leader"], syncBy: "3s", at: "5s", for: "5s" },
    ];
    const handing = await play({ faults });
    expect(points(handing.records, "raft.transfer").at(-1)?.fields["outcome"]).toBe("handed-over");
    const stepping = await play({ faults }, { transferOnUnhealthy: false });
    expect(points(stepping.records, "raft.transfer")).toEqual([]);
    const gap = ({ records }: { records: TraceRecord[] }): number =>
      (records.find((one) => one.kind === "state" && one.key === "role" && one.value === "leader" && one.time > 5e6)
        ?.time ?? Infinity) - 5e6;
    expect(gap(handing)).toBeLessThan(gap(stepping));
  });
});
