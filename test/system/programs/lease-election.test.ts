// An ha-node that leads by the lease of a store: who leads, how long, and how a lease goes from node to node.
import { describe, expect, it } from "vitest";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { PointRecord, StateRecord, TraceRecord } from "../../../src/trace/record.ts";

const LEASE = { durability: "async", election: "lease", leaseStore: "redis1", leaseTtl: "3s" };

async function play(
  more: Partial<ScenarioInput>,
  config: Record<string, unknown> = {},
): Promise<{ result: RunResult; records: TraceRecord[] }> {
  const scenario = {
    name: "lease-election",
    nodes: [
      { program: "ha-node", count: 3, config: { ...LEASE, ...config } },
      { program: "redis", prefix: "redis" },
    ],
    workload: [{ kind: "kv", clients: 2, rate: "50/s", target: "any" }],
    checks: "all",
    duration: "20s",
    ...more,
  } as ScenarioInput;
  const { result, trace } = await runScenario(scenario, { seed: "1", keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

const states = (records: readonly TraceRecord[], key: string, value: string): StateRecord[] =>
  records.filter(
    (record): record is StateRecord => record.kind === "state" && record.key === key && record.value === value,
  );
const points = (records: readonly TraceRecord[], name: string): PointRecord[] =>
  records.filter((record): record is PointRecord => record.kind === "point" && record.name === name);
const leaders = (records: readonly TraceRecord[]) => states(records, "role", "leader").map(({ node }) => node);
const outcomes = (records: readonly TraceRecord[]) =>
  points(records, "lease.handoff").map(({ fields }) => fields["outcome"]);
const transfer = { type: "raft.transfer", to: "n3" };

describe("an ha-node with the lease of a store", () => {
  it("leads on while it hears nobody but the store", async () => {
    const isolated = ["n1", "n2", "n3"].flatMap((from) => ["n1", "n2", "n3"].map((to) => [from, to] as const));
    const { result, records } = await play({
      faults: [
        {
          kind: "blackhole",
          links: isolated.filter(([from, to]) => from !== to).map(([a, b]) => [a, b]),
          at: "5s",
          for: "9s",
        },
      ],
    });
    expect(result.outcome).toBe("holds");
    const [first] = leaders(records);
    expect(leaders(records)).toEqual([first]);
    const accepts = points(records, "store.accept").filter(({ time }) => time > 12_000_000 && time < 14_000_000);
    expect(accepts.length).toBeGreaterThan(10);
    expect(new Set(accepts.map(({ node }) => node))).toEqual(new Set([first]));
  });

  it("hands its lease to the named node under the next epoch, and leaves it alone for the demote delay", async () => {
    const { result, records } = await play({
      faults: [
        { kind: "order", nodes: ["n1", "n2"], order: transfer, at: "5s" },
        { kind: "crash", node: "n3", at: "8s", for: "11s" },
      ],
    });
    expect(result.outcome).toBe("holds");
    const [first, second, third] = leaders(records);
    expect([second, outcomes(records)]).toEqual(["n3", ["started", "sent", "handed-over"]]);
    // Who gave it up by its own will lets the others have it.
    expect(third).toBe(["n1", "n2"].find((id) => id !== first));
    const epochs = states(records, "role", "leader").map(({ fields }) => fields["term"]);
    expect(epochs).toEqual([1, 2, 3]);
  });

  it("leads on when the target does not answer, and nobody else gets what was offered", async () => {
    const { result, records } = await play({
      faults: [
        { kind: "pause", node: "n3", at: "4990ms", for: "5s" },
        { kind: "order", nodes: ["n1", "n2"], order: transfer, at: "5s" },
      ],
    });
    expect(result.outcome).toBe("holds");
    expect(outcomes(records)).toEqual(["started", "aborted"]);
    expect(leaders(records)).toHaveLength(1);
    expect(points(records, "store.accept").some(({ time }) => time > 6_500_000)).toBe(true);
  });

  it("takes an offer back that nobody answers, and leads the next epoch by it", async () => {
    const order = { kind: "order", nodes: ["n1", "n2"], order: transfer, at: "5s" } as const;
    const calm = await play({ faults: [{ ...order, nodes: ["n1", "n2"] }] });
    const sent = points(calm.records, "lease.handoff").find(({ fields }) => fields["outcome"] === "sent");
    const { result, records } = await play({
      faults: [
        { ...order, nodes: ["n1", "n2"] },
        { kind: "pause", node: "n3", at: `${String(sent?.time)}us`, for: "4s" },
      ],
    });
    expect(result.outcome).toBe("holds");
    expect(outcomes(records)).toEqual(["started", "sent", "aborted"]);
    const [first] = leaders(records);
    expect(leaders(records)).toEqual([first, first]);
    expect(states(records, "writable", "yes").map(({ fields }) => fields["epoch"])).toEqual([1, 2]);
  });

  it.each([
    [{ durability: "quorum" }, "election: lease has no quorum to write to"],
    [{ leaseStore: "" }, "election: lease needs leaseStore"],
    [{ leaseStore: "n2" }, "leaseStore: n2 is one of the nodes that want the lease"],
    [{ promotion: "immediate" }, "election: lease decides who writes"],
    [{ leases: "off" }, "election: lease decides who writes"],
  ])("refuses a configuration that cannot work: %o", async (config, reason) => {
    const { result } = await play({ duration: "1s" }, config);
    const died = result.verdicts.find(({ checker }) => checker === "no-uncaught-exception");
    expect(died?.violation?.message).toContain(`LiteFSConfigError: HA_NODE_CONFIG: ${reason}`);
  });
});
