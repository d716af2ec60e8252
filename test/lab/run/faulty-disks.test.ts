import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { patchScenario } from "../../../src/lab/scenario/patch.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";

async function play(scenario: ScenarioInput, seed = "1"): Promise<{ result: RunResult; records: TraceRecord[] }> {
  const { result, trace } = await runScenario(scenario, { seed, keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

async function fromFile(path: string): Promise<ScenarioInput> {
  const [loaded] = await loadFile(path);
  if (loaded === undefined) throw new Error(`${path} holds no scenario`);
  return loaded.input;
}

/** Five nodes under writes, with these faults and no expectations. */
function five(...faults: ScenarioInput["faults"] & object): ScenarioInput {
  return {
    name: "faulty-disks",
    nodes: [{ program: "ha-node", count: 5 }],
    workload: [{ kind: "kv", clients: 2, rate: "50/s", target: "any" }],
    faults,
    checks: "all",
    duration: "20s",
  };
}

/** `node reason` of every end of a process. */
const ends = (records: readonly TraceRecord[]): string[] =>
  records
    .filter((record) => record.kind === "state")
    .filter(({ key, value }) => key === "process" && value === "down")
    .map(({ node, fields }) => `${node} ${String(fields["reason"])}`);

describe("ha-node on a disk that fails", () => {
  it("hands over when its disk is full, and syncs nothing meanwhile (S30)", async () => {
    const { result, records } = await play(await fromFile("scenarios/process/disk-full-leader.yaml"));
    expect(result.outcome).toBe("holds");
    const [fault] = result.faults;
    const [leader = ""] = fault?.groups[0] ?? [];
    const isDuring = ({ time }: TraceRecord): boolean => time > 10_050_000 && time < 70_000_000;
    const points = records
      .filter((record) => record.kind === "point")
      .filter((one) => one.node === leader && isDuring(one));
    expect(points.filter(({ name }) => name === "disk.sync" || name === "raft.append")).toEqual([]);
    expect(points.filter(({ name }) => name === "disk.error").length).toBeGreaterThan(100);
    // Nobody was told that it has an entry which it does not have on its disk.
    const told = records
      .filter((record) => record.kind === "sent")
      .filter((one) => one.node === leader && isDuring(one) && one.type === "raft.append-reply");
    expect(told).toEqual([]);
    expect(ends(records)).toEqual([]);
  });

  it("hands over as a primary of its own right, writes nothing meanwhile, and comes back with what it had begun (S30)", async () => {
    const scenario = await fromFile("scenarios/process/disk-full-leader.yaml");
    const { result, records } = await play(
      patchScenario(scenario, { config: { durability: "async" }, for: { full: "10s" }, duration: "40s" }),
    );
    const [leader = ""] = result.faults[0]?.groups[0] ?? [];
    const isDuring = ({ time }: TraceRecord): boolean => time > 10_050_000 && time < 20_000_000;
    const own = records.filter((record) => record.kind === "point").filter(({ node }) => node === leader);
    // The group's log may have room where the marker was: the chain of transactions has none.
    const isWritten = ({ name, fields }: (typeof own)[number]): boolean =>
      name === "repl.commit" || name === "repl.apply" || (name === "disk.sync" && fields["path"] === "replication/log");
    expect(own.filter((one) => isDuring(one) && isWritten(one))).toEqual([]);
    const acknowledged = records
      .filter((record) => record.kind === "sent")
      .filter((one) => one.node === leader && isDuring(one) && one.type === "kv.reply");
    expect(acknowledged.filter(({ message }) => message["outcome"] === "ok" && message["value"] === null)).toEqual([]);
    expect(ends(records)).toEqual([]);
    expect(own.some(({ name, time }) => name === "repl.apply" && time > 20_000_000)).toBe(true);
    const broken = result.verdicts.filter(({ verdict }) => verdict === "violated");
    expect(broken).toEqual([]);
  });

  it("takes no writes as a designated primary until there is room, and nobody takes its place", async () => {
    const { result, records } = await play({
      ...five({ id: "full", kind: "disk-full", nodes: ["n1"], at: "5s", for: "5s" }),
      nodes: [{ program: "ha-node", count: 3, config: { election: "static", primary: "n1", durability: "async" } }],
      expect: [
        { node: "n1", state: { health: "unhealthy", writable: "no" }, within: "300ms", after: "full.start" },
        {
          node: "n1",
          state: { health: "healthy", writable: "yes" },
          within: "300ms",
          after: "full.stop",
          lasting: "8s",
        },
      ],
    });
    expect(result.outcome).toBe("holds");
    const refused = records
      .filter((record) => record.kind === "point")
      .filter(({ name, time }) => name === "store.refuse" && time > 5_200_000 && time < 10_000_000);
    const reasons = refused.filter(({ node }) => node === "n1").map(({ fields }) => fields["reason"]);
    expect(reasons.length).toBeGreaterThan(20);
    expect(new Set(reasons)).toEqual(new Set(["unhealthy"]));
    expect(ends(records)).toEqual([]);
  });

  it("waits when every disk is full, and acknowledges nothing until there is room", async () => {
    const { result, records } = await play(five({ kind: "disk-full", nodes: ["all"], at: "5s", for: "5s" }));
    expect(result.outcome).toBe("holds");
    const acknowledged = records
      .filter((record) => record.kind === "sent")
      .filter(({ type, message }) => type === "kv.reply" && message["outcome"] === "ok");
    expect(acknowledged.some(({ time }) => time > 5_050_000 && time < 10_000_000)).toBe(false);
    expect(acknowledged.some(({ time }) => time > 12_000_000)).toBe(true);
  });

  it("stops itself at a failed sync, and is a member again after a start on the same page cache and after a power loss", async () => {
    const scenario = five(
      { id: "fsync", kind: "disk-fsync-fails", nodes: ["all"], at: "5s", for: "500ms" },
      { kind: "restart", nodes: ["all"], how: "start", at: "7s" },
      { kind: "restart", nodes: ["all"], how: "crash", down: "1s", at: "12s" },
    );
    const { result, records } = await play(scenario);
    expect(result.outcome).toBe("holds");
    const stops = ends(records).filter((end) => end.endsWith("fail-stop"));
    expect(stops.length).toBeGreaterThanOrEqual(3);
    expect(ends(records).filter((end) => end.endsWith("uncaught"))).toEqual([]);
    const lost = result.verdicts.find(({ checker }) => checker === "no-lost-ack");
    expect(lost?.verdict).toBe("holds");
  });

  it.each<[string, ScenarioInput["faults"] & object]>([
    [
      "is read-only",
      [
        { kind: "disk-read-only", node: "n2", at: "5s", for: "5s" },
        { kind: "restart", node: "n2", how: "start", at: "7s" },
      ],
    ],
    [
      "is rotten",
      [
        { kind: "bit-rot", node: "n2", path: "raft/log", bits: 100, at: "5s" },
        { kind: "restart", node: "n2", how: "kill", down: "1s", at: "6s" },
      ],
    ],
  ])("does not start, and says why, on a disk that %s", async (_, faults) => {
    const { result, records } = await play(five(...faults));
    expect(result.outcome).toBe("holds");
    expect(ends(records).at(-1)).toBe("n2 fail-stop");
  });

  it("keeps its primary when two replicas cannot resolve its name and are restarted (S15)", async () => {
    const { result } = await play(await fromFile("scenarios/incidents/gitlab-dns-failover.yaml"));
    expect(result.outcome).toBe("holds");
    expect(result.faults[0]?.touched).toBeGreaterThan(100);
  });
});
