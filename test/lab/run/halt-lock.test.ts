import { expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../../src/lab/scenario/patch.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import type { RunResult } from "../../../src/trace/result.ts";

async function play(
  path: string,
  patch: ScenarioPatch = {},
): Promise<{ result: RunResult; records: readonly TraceRecord[] }> {
  const [loaded] = await loadFile(path);
  if (loaded === undefined) throw new Error(`${path} holds no scenario`);
  const { result, trace } = await runScenario(patchScenario(loaded.input, patch), { seed: "1", keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

it("has replicas write under pauses, cuts and a new leader, and each kind of end of a lock come about", async () => {
  const { result, records } = await play("scenarios/process/halt-lock.yaml");
  expect(result.outcome).toBe("holds");
  const judged = new Map(result.verdicts.map(({ checker, judged: count }) => [checker, count]));
  expect(judged.get("halt-exclusive")).toBeGreaterThan(500);
  expect(judged.get("replica-lineage")).toBeGreaterThan(500);
  const points = records.filter((record) => record.kind === "point");
  const ends = new Set(points.filter(({ name }) => name === "halt.end").map(({ fields }) => fields["reason"]));
  expect(ends).toEqual(new Set(["released", "expired", "leadership"]));
  const grants = points.filter(({ name }) => name === "halt.grant");
  expect(new Set(grants.map(({ fields }) => fields["epoch"])).size).toBeGreaterThan(1);
  const commits = points.filter(({ name }) => name === "repl.commit");
  const posted = commits.filter(({ fields }) => fields["halt"] !== undefined);
  // Both ways of writing take place, the whole time.
  for (const some of [posted, commits.filter((one) => !posted.includes(one))]) {
    expect(some.length).toBeGreaterThan(200);
    expect(some.at(-1)?.time).toBeGreaterThan(35_000_000);
  }
  expect(points.filter(({ name }) => name === "halt.post").length).toBeGreaterThanOrEqual(posted.length);
});

it("refuses posts that come after their lock has ended (late-halt-posts)", async () => {
  const { result, records } = await play("scenarios/mutants/late-halt-posts.yaml");
  expect(result.outcome).toBe("holds");
  const refused = records.flatMap((record) =>
    record.kind === "point" && record.name === "halt.refuse" ? [record.fields["reason"]] : [],
  );
  expect(new Set(refused)).toEqual(new Set(["expired", "not-holder"]));
});

it("is refused where a quorum keeps the data: no transaction could be posted", async () => {
  const { result } = await play("scenarios/process/halt-lock.yaml", { config: { durability: "quorum" } });
  const died = result.verdicts.find(({ checker }) => checker === "no-uncaught-exception");
  expect(died?.violation?.message).toContain("LiteFSConfigError: HA_NODE_CONFIG: halt: the log has no replica");
});
