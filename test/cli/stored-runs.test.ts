import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { diffCommand } from "../../src/cli/diff.ts";
import { replayCommand } from "../../src/cli/replay.ts";
import { reportCommand } from "../../src/cli/report.ts";
import { showCommand } from "../../src/cli/show.ts";
import { validateCommand } from "../../src/cli/validate.ts";
import { runScenario } from "../../src/lab/explore/drawn.ts";
import { writeRun } from "../../src/lab/run/write-run.ts";
import type { ScenarioInput } from "../../src/lab/scenario/model.ts";
import type { RunResult } from "../../src/trace/result.ts";

const root = mkdtempSync(join(tmpdir(), "faultline-stored-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** What a command wrote, without colours. */
function written(): { stdout: string; stderr: string } {
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      // eslint-disable-next-line no-control-regex -- Colours are what is taken out.
      out[name] += String(text).replace(/\u001b\[\d+m/g, "");
      return true;
    });
  return out;
}
afterEach(() => {
  vi.restoreAllMocks();
});

const SCENARIO: ScenarioInput = {
  name: "stored",
  nodes: [{ program: "ha-node", count: 3 }],
  faults: [{ id: "cut", kind: "partition", shape: "isolate", node: "leader", at: "1s", for: "500ms" }],
  duration: "2s",
};
const at = (name: string, seed = 1): string => join(root, name, `stored-${String(seed)}`);

beforeAll(async () => {
  for (const [name, seed] of [
    ["a", "1"],
    ["again", "1"],
    ["b", "2"],
  ] as const) {
    const { result, trace } = await runScenario(SCENARIO, { seed, keepTrace: true });
    await writeRun(join(root, name), result, trace);
  }
});

describe("faultline diff", () => {
  const args = { report: true, reports: join(root, "reports"), json: false };
  it("finds one and the same run in two files, exit 0", async () => {
    const out = written();
    expect(await diffCommand({ ...args, first: at("a"), second: join(at("again"), "result.json") })).toBe(0);
    expect(out.stdout).toMatch(/^✓ the same run {2}digest [0-9a-f]{16}\n$/);
  });

  it("gives the first record in which two runs part, with both values, exit 1", async () => {
    const out = written();
    expect(await diffCommand({ ...args, first: at("a"), second: at("b", 2), json: true })).toBe(1);
    expect(out.stderr).toContain("seed: 1 → 2\n");
    const [, record = "", first = "", second = ""] =
      /first divergence: record (\d+)\n {2}- (.*)\n {2}\+ (.*)\n/.exec(out.stderr) ?? [];
    expect(first).not.toBe(second);
    expect(JSON.parse(out.stdout)).toEqual({
      isSame: false,
      divergence: { record: Number(record), first, second },
      report: join(args.reports, "diff", "stored-1--stored-2", "diff.html"),
      exitCode: 1,
    });
  });

  it("draws the two runs where it is told to, and nothing with --no-report", async () => {
    const out = written();
    const folder = join(root, "side-by-side");
    await diffCommand({ ...args, first: at("a"), second: at("b", 2), out: folder });
    expect(out.stdout).toContain(`both runs, side by side: ${join(folder, "diff.html")}\n`);
    expect(readFileSync(join(folder, "diff.html"), "utf8")).toContain(`A ${at("a")}<i>/</i>B ${at("b", 2)}`);
    const nowhere = join(root, "nowhere");
    await diffCommand({ ...args, first: at("a"), second: at("b", 2), report: false, reports: nowhere, out: nowhere });
    expect(existsSync(nowhere)).toBe(false);
  });

  it("says where two versions of one scenario are not the same", async () => {
    const longer = { ...SCENARIO, duration: "3s" };
    const { result, trace } = await runScenario(longer, { seed: "1", keepTrace: true });
    await writeRun(join(root, "longer"), result, trace);
    const out = written();
    expect(await diffCommand({ ...args, first: at("a"), second: at("longer"), report: false })).toBe(1);
    expect(out.stdout).toContain("scenario.duration: 2s → 3s\n");
    expect(out.stdout).toContain("(the run ended)");
  });

  it("calls two runs of one seed that differ not deterministic, exit 4, and a digest that is not its records' by name", async () => {
    const file = join(at("again"), "result.json");
    const text = readFileSync(file, "utf8");
    const { digest } = JSON.parse(text) as RunResult;
    writeFileSync(file, text.replace(digest, "0".repeat(16)));
    const out = written();
    const code = await diffCommand({ ...args, first: at("a"), second: at("again") });
    writeFileSync(file, text);
    expect(code).toBe(4);
    expect(out.stdout).toContain(`${at("again")}: the digest is not that of the records beside it.`);
  });

  it("names the run that is nearly called so", async () => {
    await expect(diffCommand({ ...args, first: at("a"), second: join(root, "a", "stored-11") })).rejects.toThrow(
      `Did you mean ${JSON.stringify(at("a"))}?`,
    );
  });
});

describe("faultline replay", () => {
  it("tells as JSON whether it is the same run, and people on stderr", async () => {
    const out = written();
    expect(await replayCommand({ path: at("b", 2), report: false, reports: root, json: true })).toBe(0);
    expect(JSON.parse(out.stdout)).toMatchObject({ isSame: true, result: { seed: "2", exitCode: 0 } });
    expect(out.stderr).toContain("the same run");
  });
});

describe("faultline report", () => {
  const args = { format: "html,text,ndjson", json: false };

  it("writes what people read of a stored run anew, the same bytes as the run did", async () => {
    const html = join(at("a"), "timeline.html");
    const before = readFileSync(html, "utf8");
    rmSync(html);
    const out = written();
    expect(await reportCommand({ ...args, path: at("a") })).toBe(0);
    expect(readFileSync(html, "utf8")).toBe(before);
    expect(existsSync(join(at("a"), "overview.svg"))).toBe(true);
    expect(out.stdout).toContain("stored  seed 1");
    expect(out.stdout).toContain(`wrote ${join(at("a"), "run.ndjson")}\n`);
  });

  it("tells a part of it, in another folder", async () => {
    const out = written();
    const folder = join(root, "elsewhere");
    await reportCommand({
      ...args,
      format: "ndjson",
      path: at("b", 2),
      out: folder,
      from: "1s",
      to: "1.5s",
      json: true,
    });
    const times = readFileSync(join(folder, "run.ndjson"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { time: number }).time);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(1_500_000);
    expect((JSON.parse(out.stdout) as { written: string[] }).written).toEqual([join(folder, "run.ndjson")]);
    expect(out.stderr).toContain("stored  seed 2");
  });

  it.each([
    ["a format that is none", { format: "htlm" }, 'Did you mean "html"?'],
    ["a moment that is none", { from: "10" }, "This is no moment of a run."],
    ["a run that is not there", { path: join(root, "a", "stord-1") }, `Did you mean ${JSON.stringify(at("a"))}?`],
  ])("refuses %s", async (_, change, text) => {
    await expect(reportCommand({ ...args, path: at("a"), ...change })).rejects.toThrow(text);
  });

  it("refuses a result without its records, and says how they are made again", async () => {
    const lone = join(root, "lone.json");
    writeFileSync(lone, readFileSync(join(at("b", 2), "result.json")));
    await expect(reportCommand({ ...args, path: lone })).rejects.toThrow("faultline replay makes them again");
  });
});

describe("faultline show", () => {
  it("prints who hears whom for a scenario's own partitions", async () => {
    const out = written();
    expect(await showCommand({ paths: ["scenarios/seed/split-2-3.yaml"], seed: "1", json: false })).toBe(0);
    expect(out.stdout).toContain("  nodes    5 × ha-node: n1 n2 n3 n4 n5\n");
    expect(out.stdout).toContain("  cut  partition at 10s for 30s");
    expect(out.stdout).toMatch(/\n {9}n1 n2 n3 n4 n5\n {6}n1 {2}x {2}/);
    expect(out.stdout).toMatch(/were n1 to lead: leader = n1, any-follower = n\d, rest = n\d n\d n\d\n/);
  });

  it("shows what a seed draws, which as JSON is a scenario without a plan", async () => {
    const out = written();
    await showCommand({ paths: ["scenarios/random/ha-chaos.yaml"], seed: "4", json: true });
    const shown = JSON.parse(out.stdout) as ScenarioInput;
    expect(shown.plan).toBeUndefined();
    expect(shown.faults?.length).toBeGreaterThan(0);
    for (const { id } of shown.faults ?? []) expect(out.stderr).toContain(`\n  ${String(id)}  `);
  });
});

describe("faultline validate", () => {
  const write = (name: string, plan: object): string => {
    const path = join(root, `${name}.json`);
    writeFileSync(path, JSON.stringify({ ...SCENARIO, name, plan }));
    return path;
  };

  it("finds what is wrong with a plan before anybody draws it", async () => {
    const path = write("orders", { kinds: ["order"] });
    await expect(validateCommand([path])).rejects.toThrow(/orders\.json .*SCENARIO_PLAN: No plan draws faults/);
  });

  it("tells problems as JSON, exit 2, and what is right, exit 0", async () => {
    const out = written();
    expect(await validateCommand([write("typo", { kinds: ["crsh"] })], { json: true })).toBe(2);
    const { valid, problems } = JSON.parse(out.stdout) as { valid: boolean; problems: { nearest?: string }[] };
    expect(valid).toBe(false);
    expect(problems[0]?.nearest).toBe("crash");
    out.stdout = "";
    expect(await validateCommand([write("right", {})], { json: true })).toBe(0);
    expect(JSON.parse(out.stdout)).toMatchObject({ valid: true, scenarios: [{ name: "right" }] });
  });
});
