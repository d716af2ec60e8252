import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../../src/lab/scenario/patch.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import type { RunResult } from "../../../src/trace/result.ts";

async function play(patch: ScenarioPatch): Promise<{ result: RunResult; records: TraceRecord[]; leader: string }> {
  const [loaded] = await loadFile("scenarios/clocks/leader-clock-off.yaml");
  if (loaded === undefined) throw new Error("there is no scenario");
  const { result, trace } = await runScenario(patchScenario(loaded.input, patch), { seed: "1", keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  const [leader = ""] = result.faults[0]?.groups[0] ?? [];
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)), leader };
}

/** `node health` of everybody who was not well, in order. */
const sick = (records: readonly TraceRecord[]): string[] =>
  records
    .filter((record) => record.kind === "state")
    .filter(({ key, value }) => key === "health" && value !== "healthy")
    .map(({ node, value, fields }) => `${node} ${value} ${String(fields["reason"])}`);

describe("a leader whose wall clock is an hour ahead", () => {
  it("says that it is degraded, and leads on", async () => {
    const { result, records, leader } = await play({});
    expect(result.outcome).toBe("holds");
    expect(sick(records)).toEqual([`${leader} degraded clock`]);
  });

  it("hands over when it is told to, and neither campaigns nor is handed anything until its clock is right", async () => {
    const { result, records, leader } = await play({
      config: { transferOnClockOffset: true },
      replace: {
        expect: [
          { node: "ahead.leader", state: { health: "unhealthy" }, within: "300ms", after: "ahead.start" },
          { "some-of": "not ahead.leader", state: { writable: "yes" }, within: "600ms", after: "ahead.start" },
          {
            "some-of": "not ahead.leader",
            state: { role: "leader" },
            within: "600ms",
            after: "ahead.start",
            lasting: "18s",
          },
        ],
        faults: [{ id: "ahead", kind: "step", node: "leader", by: "1h", at: "10s" }],
      },
    });
    expect(result.outcome).toBe("holds");
    expect(sick(records)).toEqual([`${leader} unhealthy clock`]);
    const transfers = records
      .filter((record) => record.kind === "point")
      .filter(({ name }) => name === "raft.transfer");
    expect(transfers.map(({ node, fields }) => `${node} ${String(fields["outcome"])}`)).toEqual([
      `${leader} started`,
      `${leader} sent`,
      `${leader} handed-over`,
    ]);
    expect(result.story.map(({ text }) => text)).toContain(
      `${leader} is unhealthy: its wall clock is not the others'.`,
    );
  });

  it("is not noticed where clocks are not compared, and pings say nothing of them", async () => {
    const { records } = await play({ replace: { expect: [], nodes: [{ program: "ha-node", count: 5 }] } });
    expect(sick(records)).toEqual([]);
    const acks = records.filter((record) => record.kind === "sent").filter(({ type }) => type === "detector.ack");
    expect(acks.length).toBeGreaterThan(1_000);
    expect(acks.filter(({ message }) => "wall" in message)).toEqual([]);
  });
});
