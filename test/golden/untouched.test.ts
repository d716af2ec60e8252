import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../src/cli/scenario-files.ts";
import { assemble, type AssembledRun } from "../../src/lab/run/assemble.ts";
import { runScenario } from "../../src/lab/run/run-scenario.ts";
import type { FaultInput, LoadedScenario, ScenarioInput } from "../../src/lab/scenario/model.ts";
import { digestOf, type Trace } from "../../src/trace/trace.ts";
import { formatDuration, parseDuration } from "../../src/trace/units.ts";

interface Golden {
  readonly name: string;
  readonly path: string;
  readonly seed: string;
}

const goldens = JSON.parse(readFileSync(new URL("goldens.json", import.meta.url), "utf8")) as Golden[];
/** The beginning of each is enough; what would start later is left out. */
const DURATION_US = 15_000_000;

/** Faults that are on and change nothing: they draw for every message, or watch every machine, and never act. */
const INERT = (
  [
    { kind: "loss", links: "all", rate: "0%" },
    { kind: "burst-loss", links: "all", burst: "10ms", gap: "20ms", rate: "0%" },
    { kind: "duplicate", links: "all", rate: "0%" },
    { kind: "reorder", links: "all", rate: "0%", by: "20ms" },
    { kind: "corrupt", links: "all", rate: "0%" },
    { kind: "queue-limit", links: "all", messages: 1_000_000 },
    { kind: "wrong-at-boot", nodes: ["all"], offset: "1h" },
  ] as const
).map((fault) => ({ ...fault, id: `inert-${fault.kind}`, at: ["1s", "4s"], for: "8s", optional: true }) as FaultInput);

/** A run without the records of its inert faults: what is left is numbered anew, and so is everything that points at it. */
function withoutInert(trace: Trace): Trace {
  const isOut = (id: number): boolean =>
    (trace.cell(id, 2) & 255) === 8 && (trace.strings[trace.cell(id, 6)] as string).startsWith("inert-");
  const left = Array.from({ length: trace.count }, (_, id) => id).filter((id) => !isOut(id));
  const numbers = new Map(left.map((id, number) => [id, number]));
  const pointing = new Set([1, 2, 3, 7]);
  const cell = (number: number, column: number): number => {
    const id = left[number] as number;
    const value = trace.cell(id, column);
    const isReference = column === 4 || (column === 7 && pointing.has(trace.cell(id, 2) & 255));
    return isReference && value >= 0 ? (numbers.get(value) ?? -2) : value;
  };
  const body = (number: number): unknown => trace.body(left[number] as number);
  return { strings: trace.strings, count: left.length, cell, body } as unknown as Trace;
}

async function shortened(path: string): Promise<ScenarioInput> {
  const [loaded] = (await loadFile(path)) as [LoadedScenario];
  const { input } = loaded;
  const faults = (input.faults ?? []).filter(({ at }) => (parseDuration(String(at)) ?? 0) < DURATION_US);
  return { ...input, faults, duration: formatDuration(DURATION_US), expect: [], checks: [] };
}

describe("golden runs do not move", () => {
  it.each(goldens)("when faults that touched nothing are removed from $name", async ({ path, seed }) => {
    const input = await shortened(path);
    const without = await runScenario(input, { seed, keepTrace: true });
    const faults = [...(input.faults ?? []), ...INERT];
    const { result, trace } = await runScenario({ ...input, faults }, { seed, keepTrace: true });
    const inert = result.faults.filter(({ id }) => id.startsWith("inert-"));
    expect(inert.map(({ kind, touched }) => [kind, touched])).toEqual(INERT.map(({ kind }) => [kind, 0]));
    expect(inert.every(({ startedAt, stoppedAt }) => startedAt >= 1_000_000 && stoppedAt > startedAt)).toBe(true);
    expect(result.digest).not.toBe(without.result.digest);
    expect(digestOf(withoutInert(trace as Trace))).toBe(without.result.digest);
  });

  it.each(goldens)("when a new random stream is drawn from in $name", async ({ path, seed }) => {
    const [loaded] = (await loadFile(path)) as [LoadedScenario];
    const digestAfter = async (prepare: (run: AssembledRun) => void): Promise<string> => {
      const run = await assemble(loaded.scenario, { seed });
      prepare(run);
      await run.kernel.run(12_000_000);
      return run.trace.digest();
    };
    const draws: number[] = [];
    const drawn = await digestAfter(({ cluster }) => {
      const draw = (): void => {
        for (const name of ["a/new/purpose", "network/new", `faults/${String(draws.length)}`])
          draws.push(cluster.rng.stream(name).uint32());
        cluster.at(cluster.kernel.now + 100_000, draw);
      };
      draw();
    });
    expect(new Set(draws).size).toBeGreaterThan(300);
    expect(drawn).toBe(await digestAfter(() => undefined));
  });
});
