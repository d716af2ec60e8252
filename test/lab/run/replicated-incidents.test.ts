import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../../src/lab/scenario/patch.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import type { RunResult } from "../../../src/trace/result.ts";

interface Played {
  readonly result: RunResult;
  readonly records: readonly TraceRecord[];
}

async function play(path: string, patch: ScenarioPatch = {}): Promise<Played> {
  const [loaded] = await loadFile(path);
  if (loaded === undefined) throw new Error(`${path} holds no scenario`);
  const { result, trace } = await runScenario(patchScenario(loaded.input, patch), { seed: "1", keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

const points = ({ records }: Played, name: string): Extract<TraceRecord, { kind: "point" }>[] =>
  records.filter((record) => record.kind === "point").filter((record) => record.name === name);

/** Ids of requests of one kind, and what became of them, from the messages alone. */
function answers(
  { records }: Played,
  operation: string,
  from: number,
  to: number,
): { node: string; outcome: unknown; time: number }[] {
  const asked = new Set<string>();
  const found: { node: string; outcome: unknown; time: number }[] = [];
  for (const record of records) {
    if (record.kind === "sent" && record.message.type === "kv.request" && record.message["operation"] === operation)
      asked.add(`${record.node} ${JSON.stringify(record.message["id"])}`);
    if (record.kind !== "sent" || record.message.type !== "kv.reply" || record.time < from || record.time >= to)
      continue;
    if (!asked.has(`${record.to} ${JSON.stringify(record.message["id"])}`)) continue;
    found.push({ node: record.node, outcome: record.message["outcome"], time: record.time });
  }
  return found;
}

const SECOND = 1_000_000;
const verdictOf = ({ result }: Played, invariant: string): string | undefined =>
  result.verdicts.find((one) => one.invariant === invariant)?.verdict;
const isEast = ({ node }: { node: string }): boolean => node.startsWith("east");

describe("GitHub, October 2018 (S14)", () => {
  const PATH = "scenarios/incidents/github-2018.yaml";
  const CUT = 10 * SECOND;
  /** Cut for 12 s, which says as much as 43. */
  const SHORT: ScenarioPatch = { for: { cut: "12s" }, duration: "30s", replace: { expect: [] } };
  const HEALED = 22 * SECOND;

  it("acknowledges nothing in the east once its lease is over, and reports and keeps what it alone had", async () => {
    const run = await play(PATH, SHORT);
    expect(run.result.outcome).toBe("holds");
    const acked = answers(run, "write", CUT, HEALED).filter((one) => one.outcome === "ok");
    const late = acked.filter((one) => isEast(one) && one.time >= CUT + 225_000);
    expect(late).toEqual([]);
    expect(acked.filter((one) => !isEast(one)).length).toBeGreaterThan(500);
    const listed = points(run, "divergence");
    const kept = points(run, "lost-found");
    expect(listed.map(({ node }) => node).sort()).toEqual(["east-1", "east-2"]);
    expect(kept.map(({ fields }) => fields["txids"])).toEqual(listed.map(({ fields }) => fields["lostTxids"]));
    expect(run.result.story.map(({ text }) => text).join("\n")).toMatch(
      /east-\d has transactions? [\d-]+ that the primary has not: .* lost to the cluster, and kept in lost\+found\/2\./,
    );
  });

  it("loses every write that the cut-off side acknowledged under the incident's own policy, and the checkers name it", async () => {
    const run = await play(PATH, { ...SHORT, config: { promotion: "immediate" } });
    expect(run.result.exitCode).toBe(1);
    expect(verdictOf(run, "I08")).toBe("violated");
    expect(verdictOf(run, "I42")).toBe("violated");
    const message = run.result.verdicts.find((one) => one.invariant === "I08")?.violation?.message;
    expect(message).toMatch(/east-\d accepted a write at .* while (west|cloud)-\d may write since/);
    const east = answers(run, "write", CUT + SECOND, HEALED).filter((one) => isEast(one) && one.outcome === "ok");
    expect(east.length).toBeGreaterThan(500);
    // Lost all the same, but not from sight: even then every one of them is in a file.
    expect(verdictOf(run, "I11")).toBe("holds");
    const lost = points(run, "divergence").map(({ fields }) => String(fields["lostTxids"]).split("-").map(Number));
    for (const [first = 0, last = 0] of lost) expect(last - first).toBeGreaterThan(500);
  });

  it("promotes after a confirmed isolation without waiting for the lease", async () => {
    const run = await play(PATH, { ...SHORT, config: { promotion: "isolate", isolation: true } });
    expect(run.result.outcome).toBe("holds");
    const [isolated] = points(run, "isolation").filter(({ time }) => time > CUT);
    expect(isolated?.fields).toMatchObject({ confirmed: true });
    expect(isolated?.fields["target"]).toMatch(/^east-/);
    const waits = points(run, "promotion.wait").find(({ time }) => time > CUT);
    const promoted = points(run, "failover").find(({ time, node }) => time > CUT && node === waits?.node);
    expect((promoted?.time ?? 0) - (waits?.time ?? 0)).toBeLessThan(Number(waits?.fields["waitMs"]) * 1_000);
  });
});

describe("GitLab, April 2018 (S16)", () => {
  const PATH = "scenarios/incidents/gitlab-2018-rogue.yaml";
  const MISLED = ["misled-1", "misled-2"];
  const [BLIP, HEALED, FOUND] = [10 * SECOND, 16 * SECOND, 25 * SECOND];
  const told = ({ result }: Played): string => result.story.map(({ text }) => text).join("\n");

  it("gives nothing to replicas that ask the rogue, moves them to the true primary, and keeps what it lacks", async () => {
    const run = await play(PATH);
    expect(run.result.outcome).toBe("holds");
    const primary = run.records.findLast((record) => record.kind === "state" && record.value === "leader")?.node ?? "";
    expect(primary).toMatch(/^fleet-/);
    const asked = run.records.filter(
      (record) => record.kind === "delivered" && record.node === "rogue-1" && record.message.type === "repl.hello",
    );
    expect(asked.filter(({ time }) => time > HEALED && time < FOUND).length).toBeGreaterThan(20);
    const applied = points(run, "repl.apply").filter(({ node, time }) => MISLED.includes(node) && time > HEALED);
    expect(applied.every(({ time, fields }) => time > FOUND && fields["stream"] === 2)).toBe(true);
    const kept = points(run, "lost-found").filter(({ node }) => !node.startsWith("fleet-"));
    expect(kept.map(({ node }) => node).sort()).toEqual([...MISLED, "rogue-1"]);
    expect(new Set(kept.map(({ fields }) => fields["txids"])).size).toBe(1);
    const story = told(run);
    expect(story).toContain("rogue-1 stops taking writes: a majority has not answered for one lease.");
    expect(story).toContain(`misled-1 and misled-2 resolve the name ${primary} to rogue-1.`);
    expect(story).toMatch(
      /misled-1 has transactions [\d-]+ that the primary has not: these \d+ are lost to the cluster/,
    );
  });

  it("has the rogue write beside the true primary under the incident's own policy, and the checkers name it", async () => {
    const run = await play(PATH, { config: { promotion: "immediate" }, replace: { expect: [] } });
    expect(run.result.exitCode).toBe(1);
    expect(verdictOf(run, "I08")).toBe("violated");
    expect(verdictOf(run, "I42")).toBe("violated");
    const message = run.result.verdicts.find((one) => one.invariant === "I08")?.violation?.message;
    expect(message).toMatch(/rogue-1 accepted a write at .* while fleet-\d may write since/);
    const rogue = answers(run, "write", BLIP + SECOND, HEALED).filter((one) => one.node === "rogue-1");
    const acked = rogue.filter(({ outcome }) => outcome === "ok").length;
    expect(acked).toBeGreaterThan(200);
    // Both replicas took it all, and lose it with the rogue; every transaction of it is in a file of each.
    const lost = points(run, "divergence").filter(({ node }) => !node.startsWith("fleet-"));
    expect(lost.map(({ node }) => node).sort()).toEqual([...MISLED, "rogue-1"]);
    for (const { fields } of lost) {
      const [first = 0, last = 0] = String(fields["lostTxids"]).split("-").map(Number);
      expect(last - first + 1).toBeGreaterThanOrEqual(acked);
    }
    expect(told(run)).toMatch(/fleet-\d takes writes, and rogue-1 has not stopped\./);
    expect(verdictOf(run, "I11")).toBe("holds");
  });
});

describe("a designated primary that is down (S08)", () => {
  it("has reads answered and no write done, and nobody takes its place", async () => {
    const run = await play("scenarios/seed/static-primary-down.yaml");
    expect(run.result.outcome).toBe("holds");
    const [from, to] = [10 * SECOND, 30 * SECOND];
    const reads = answers(run, "read", from, to);
    expect(reads.length).toBeGreaterThan(5);
    expect(reads.every(({ outcome }) => outcome === "ok")).toBe(true);
    const writes = answers(run, "write", from, to);
    expect(writes.length).toBeGreaterThan(50);
    expect(writes.every(({ outcome }) => outcome === "fail")).toBe(true);
    const reasons = points(run, "store.refuse").filter(({ time }) => time >= from && time < to);
    expect(new Set(reasons.map(({ fields }) => fields["reason"]))).toEqual(new Set(["not-leader"]));
  });
});

describe("a configuration that cannot work", () => {
  it.each([
    [{ election: "static", primary: "node-1", durability: "quorum" }, "election: static has no quorum to write to"],
    [
      { election: "static", primary: "node-9", durability: "async" },
      "primary: node-9 is not one of node-1, node-2, node-3",
    ],
  ])("is refused: %o", async (config, reason) => {
    const { result } = await play("scenarios/seed/static-primary-down.yaml", { config });
    const died = result.verdicts.find(({ checker }) => checker === "no-uncaught-exception");
    expect(died?.violation?.message).toContain(`LiteFSConfigError: HA_NODE_CONFIG: ${reason}`);
  });
});
