import { beforeAll, describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";

type Point = Extract<TraceRecord, { kind: "point" }>;

const SECOND = 1_000_000;
/** LEASE of ET = 300 ms, and what clocks may differ. */
const LEASE_US_MAX = 225_000 * 1.01;

// S05, judged on the records of network and store.
describe.each(["1", "2", "3"])("the seed's middleware in the simulator, seed %s", (seed) => {
  let result: RunResult;
  let records: readonly TraceRecord[];
  const points = (name: string, node: string): Point[] =>
    records.filter((record) => record.kind === "point").filter((one) => one.name === name && one.node === node);
  const members = (): RunResult["nodes"] => result.nodes.filter(({ role }) => role === "node");
  /** Requests that a node took: an attempt that a later one of its client has overtaken is none. */
  const requestsAt = (node: string): TraceRecord[] => {
    const newest = new Map<unknown, number>();
    return records.filter((one) => {
      if (one.kind !== "delivered" || one.node !== node || one.type !== "kv.request") return false;
      const { client, id } = one.message;
      if (Number(id) <= (newest.get(client) ?? 0)) return false;
      newest.set(client, Number(id));
      return true;
    });
  };
  const leaderAt = (time: number): string =>
    records.findLast((one) => one.kind === "state" && one.key === "role" && one.value === "leader" && one.time < time)
      ?.node ?? "";

  beforeAll(async () => {
    const [loaded] = await loadFile("scenarios/seed/middleware-100.yaml");
    if (loaded === undefined) throw new Error("there is no scenario");
    const run = await runScenario(loaded.input, { seed, keepTrace: true });
    if (run.trace === undefined) throw new Error("the run kept no trace");
    const { trace } = run;
    result = run.result;
    records = Array.from({ length: trace.count }, (_, id) => trace.record(id));
  });

  it("holds, with every write of every guard judged", () => {
    expect(result.outcome).toBe("holds");
    expect(result.verdicts.find(({ checker }) => checker === "write-gate")?.judged).toBeGreaterThan(250);
  });

  it("cuts the primary off near its 101st request, and has 250 of it and of every other node", () => {
    const busy = requestsAt(leaderAt(4 * SECOND));
    expect(Math.abs(busy.filter(({ time }) => time < 4 * SECOND).length - 100)).toBeLessThanOrEqual(5);
    for (const { id } of members()) expect(requestsAt(id).length).toBeGreaterThanOrEqual(250);
  });

  it("checks at every 100th request of a node, and every 100 ms meanwhile", () => {
    for (const { id } of members()) {
      const checks = points("guard.check", id);
      const counted = checks.filter(({ fields }) => fields["by"] === "count");
      const due = requestsAt(id).filter((_, i) => (i + 1) % 100 === 0);
      expect(counted.map(({ time, fields }) => [time, fields["request"]])).toEqual(
        due.map(({ time }, i) => [time, (i + 1) * 100]),
      );
      const byTime = checks.filter(({ fields }) => fields["by"] === "time").map(({ time }) => time);
      const gaps = byTime.slice(1).map((time, i) => time - (byTime[i] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(101_000);
      expect(byTime.at(-1)).toBeGreaterThan(25.8 * SECOND);
    }
  });

  it("lets no write in, and acknowledges none, from the end of the lease until the network heals", () => {
    const busy = leaderAt(4 * SECOND);
    const from = 4 * SECOND + LEASE_US_MAX;
    const isCutOff = ({ time }: { time: number }): boolean => time > from && time < 8 * SECOND;
    const refused = points("guard.write", busy).filter(isCutOff);
    expect(refused.length).toBeGreaterThan(10);
    expect(new Set(refused.map(({ fields }) => fields["verdict"]))).toEqual(new Set(["ESPLITBRAIN"]));
    expect(points("store.accept", busy).filter(isCutOff)).toEqual([]);
    const acknowledged = records
      .filter((one) => one.kind === "sent")
      .filter((one) => one.node === busy && isCutOff(one) && one.message.type === "kv.reply")
      .filter(({ message }) => message["outcome"] === "ok");
    expect(acknowledged).toEqual([]);
  });

  it("finds that an idle primary is cut off, with no request to tell it", () => {
    const idle = leaderAt(18 * SECOND);
    const requests = records.filter((one) => one.kind === "sent" && one.message.type === "kv.request");
    expect(requests.at(-1)?.time).toBeLessThan(17 * SECOND);
    const states = records
      .filter((one) => one.kind === "state")
      .filter((one) => one.node === idle && one.key === "guard" && one.time > 18 * SECOND);
    expect(states.map(({ value }) => value)).toEqual(["split_brain_detected", "resolved", "healthy"]);
    expect(states[0]?.time).toBeLessThan(18 * SECOND + LEASE_US_MAX + 1_000);
  });
});
