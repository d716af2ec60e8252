import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sweepCommand, type SweepArguments } from "../../src/cli/sweep.ts";
import type { SweepResult } from "../../src/lab/explore/sweep-result.ts";
import { BULLY } from "./programs.ts";
import { faultline, faultlineUntil, testFolder } from "./run-cli.ts";

const folder = testFolder();
const noise = `at("500ms", partition({ id: "noise", shape: "isolate", node: "n3", for: "300ms" })),`;
folder.write("bully.ts", BULLY.replace("faults: [", `faults: [${noise}`));
const read = (path: string): string => readFileSync(join(folder.path, path), "utf8");
const sweepOf = (path: string): SweepResult => JSON.parse(read(path)) as SweepResult;

describe("faultline sweep", () => {
  it("gives the same bytes in shards as alone", () => {
    const alone = faultline(folder.path, ["sweep", "bully.ts", "--seeds", "1..6", "--workers", "2"]);
    expect(alone.code).toBe(1);
    expect(alone.stdout).toMatch(/✗ one-leader {2}6 runs, first seed 1, quickest \d {2}one-leader:/);
    expect(alone.stdout).toContain("replay faultline run bully.ts --seed");
    const parts = ["1/2", "2/2"].map((shard) => {
      faultline(folder.path, ["sweep", "bully.ts", "--seeds", "1..6", "--shard", shard, "--workers", "1"]);
      return `reports/sweep-bully-shard-${shard.replace("/", "-of-")}`;
    });
    const { code, stderr } = faultline(folder.path, ["merge", ...parts, "--out", "whole.json"]);
    expect(stderr).toBe("");
    expect(code).toBe(1);
    expect(read("whole.json")).toBe(read("reports/sweep-bully/sweep.json"));
    expect(readdirSync(join(folder.path, "reports/sweep-bully")).filter((name) => !name.startsWith("bully-"))).toEqual([
      "index.html",
      "sweep.json",
    ]);
  });

  it("shrinks a failure it wrote to one fault, as a file that fails in the same way by itself", () => {
    const [run] = readdirSync(join(folder.path, "reports/sweep-bully")).filter((name) => name.startsWith("bully-"));
    const args = ["shrink", `reports/sweep-bully/${run ?? ""}`, "--out", "small.ts"];
    const shrunk = faultline(folder.path, args);
    expect(shrunk.stdout).toContain("shrunk 2 → 1 fault ");
    expect(shrunk.stdout).toContain("fails in the same way in a process of its own");
    expect(shrunk.code).toBe(0);
    const again = faultline(folder.path, ["replay", "small.ts", "--reports", "again"]);
    expect(again.stdout).toContain("it fails as it was found to  one-leader:");
    expect(again.code).toBe(1);
  });

  it("tells a stored run that was changed from one that was not", () => {
    const [stored = ""] = readdirSync(join(folder.path, "again"));
    const result = join(folder.path, "again", stored, "result.json");
    writeFileSync(result, readFileSync(result, "utf8").replace(/"digest": "[0-9a-f]{4}/, '"digest": "beef'));
    const { code, stdout } = faultline(folder.path, ["replay", `again/${stored}`, "--no-report"]);
    expect(stdout).toContain("is not that of the stored records");
    expect(code).toBe(4);
  });
});

const CALM = `
plan: { kinds: [skew], count: 1 }
sometimes: [{ name: a node led, state: { role: leader } }, { name: a node flew, point: flight }]
`;
folder.write("calm.yaml", `name: calm\nnodes: [{ program: ha-node, count: 3 }]\nduration: 3s\n${CALM}`);

describe("what a sweep asks for and tells", () => {
  const calm = ["sweep", "calm.yaml", "--seeds", "1..2", "--workers", "1", "--reports", "calm"];

  it("fails by what never happened only where it is asked to, and says so by name in every format", () => {
    const asked = faultline(folder.path, [...calm, "--require-coverage", "--json", "--output-file.junit=calm/j.xml"]);
    expect(asked.code).toBe(3);
    expect(asked.stderr).toContain("calm: never a node flew");
    expect((JSON.parse(asked.stdout) as SweepResult).tallies[0]?.sometimes).toEqual({
      "a node flew": 0,
      "a node led": 2,
    });
    expect(read("calm/j.xml")).toMatch(/name="sometimes a node flew"[^>]*>\s*<failure type="never-happened"/);
    const refused = faultline(folder.path, [...calm, "--require-coverage", "--shard", "1/2"]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--require-coverage with merge")]);
  });

  it("sweeps again what failed in the last sweep, here of a shard, and nothing when nothing did", () => {
    const again = faultline(folder.path, ["sweep", "--last-failed", "--reporter", "jsonl", "--workers", "1"]);
    expect(again.code).toBe(1);
    const last = again.stdout.trimEnd().split("\n").at(-1) ?? "{}";
    expect(JSON.parse(last)).toMatchObject({ type: "end", planned: 3, failed: 3, exitCode: 1 });
    faultline(folder.path, calm);
    const none = faultline(folder.path, ["sweep", "--last-failed", "--reports", "calm"]);
    expect([none.code, none.stderr]).toEqual([0, "Everything passed last time.\n"]);
  });

  it("runs, replays and verifies what a plan draws from the seed", () => {
    const run = ["run", "calm.yaml", "--seed", "2", "--reports", "drawn"];
    expect(faultline(folder.path, [...run, "--verify"]).code).toBe(0);
    const stored = JSON.parse(read("drawn/calm-2/result.json")) as { scenario: { plan?: unknown; faults: unknown[] } };
    expect(stored.scenario.plan).toBeUndefined();
    expect(stored.scenario.faults.length).toBeGreaterThan(0);
    const replay = faultline(folder.path, ["replay", "drawn/calm-2", "--no-report"]);
    expect([replay.code, replay.stdout]).toEqual([0, expect.stringContaining("the same run")]);
  });
});

const ENDLESS = `import { defineScenario, type Program } from "faultline";
const slow: Program = { name: "slow", start(env) {
  if (env.id === "n1") process.stderr.write("started\\n");
  const t = env.timers.create("t", () => { t.arm(1); }); t.arm(1); return {};
} };
export default defineScenario({ name: "endless", nodes: [{ program: slow, count: 1 }], duration: process.env["LENGTH"] ?? "20s" });
`;
folder.write("endless.ts", ENDLESS);

describe("a sweep that is cut short", () => {
  it("writes what was found when it is interrupted, exits 130, and goes on from there", async () => {
    const args = ["sweep", "endless.ts", "--seeds", "1..4", "--workers", "1", "--reports", "cut"];
    const { code, stdout } = await faultlineUntil(folder.path, args, "started\nstarted\nstarted", "SIGINT");
    expect(code).toBe(130);
    expect(stdout).toMatch(/[123] runs?, every run passed/);
    const before = sweepOf("cut/sweep-endless/sweep.json");
    expect(before.tallies[0]?.runs).toBeGreaterThan(0);
    const resumed = faultline(folder.path, [...args, "--resume"]);
    expect(resumed.code).toBe(0);
    expect(sweepOf("cut/sweep-endless/sweep.json").tallies[0]?.runs).toBe(4);
    expect(resumed.stderr.match(/started/g)?.length).toBe(4 - (before.tallies[0]?.runs ?? 0));
    expect(existsSync(join(folder.path, "cut/sweep-endless/journal.jsonl"))).toBe(false);
  });

  it("runs a killed worker's runs again in another, and says so", async () => {
    const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const args = [main, "sweep", "endless.ts", "--seeds", "1..2", "--workers", "1", "--no-report"];
    const child = spawn(process.execPath, args, { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    let isKilled = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (isKilled || !stderr.includes("started")) return;
      isKilled = true;
      const workers = execFileSync("ps", ["-o", "pid=", "--ppid", String(child.pid)], { encoding: "utf8" });
      process.kill(Number(workers.trim().split("\n")[0]), "SIGKILL");
    });
    child.stdout.resume();
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toMatch(/A worker ended in endless seed 1 \(SIGKILL\); its runs begin again in another\./);
    expect(code).toBe(0);
  });
});

describe("a sweep that cannot begin", () => {
  const args: SweepArguments = {
    paths: ["scenarios/seed/split-2-3.yaml"],
    seeds: "1..3",
    plans: "scenario",
    resume: false,
    bail: 0,
    reporters: { names: ["default"], files: {} },
    requireCoverage: false,
    lastFailed: false,
    report: true,
    reports: "package.json/x",
  };

  it.each([
    ["a folder that cannot be made", {}, "REPORTS: Reports cannot be written"],
    ["seeds that are none", { seeds: "5..1" }, "SEEDS: These are no seeds."],
    ["a shard that is none", { shard: "5/4" }, "SHARD: This is no shard."],
    ["a scenario that is not there", { paths: ["scenarios/seed/split-2-4.yaml"] }, "SCENARIO_NOT_FOUND"],
  ])("says so for %s", async (_, change, text) => {
    await expect(sweepCommand({ ...args, ...change })).rejects.toThrow(text);
  });

  it("says so when the disk is full, and leaves no file behind", async () => {
    const reports = join(folder.path, "full");
    mkdirSync(join(reports, "sweep-split-2-3"), { recursive: true });
    symlinkSync("/dev/full", join(reports, "sweep-split-2-3", "journal.jsonl"));
    await expect(sweepCommand({ ...args, reports })).rejects.toThrow(
      /REPORTS_WRITE: .*journal\.jsonl cannot be written \(ENOSPC\)/,
    );
    expect(readdirSync(join(reports, "sweep-split-2-3"))).toEqual(["journal.jsonl"]);
  });
});
