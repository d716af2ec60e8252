import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisServer } from "../contract/redis-server.ts";
import { BULLY } from "./programs.ts";
import { faultline, testFolder } from "./run-cli.ts";
import { RunningCli } from "./running-cli.ts";
import { commandsOf, snippetsOf } from "../docs/snippets.ts";

const folder = testFolder();
const aof = mkdtempSync(join(tmpdir(), "faultline-redis-"));
let kept: RedisServer;
let forgetful: RedisServer;
/** Some seeds fail, and a run takes long enough to be in the middle of it. */
const TICKS = `if (id === "n1") process.stderr.write("started\\n");
    const tick = timers.create("tick", () => tick.arm(1));
    tick.arm(1);`;
folder.write("bully.ts", BULLY.replace("    lead.arm(300);\n    beat", `    ${TICKS}\n    lead.arm(300);\n    beat`));
const SEEDS = ["bully.ts", "--seeds", "1..12"];
const bytes = (reports: string): string => readFileSync(join(folder.path, reports, "sweep-bully/sweep.json"), "utf8");
const url = (server: RedisServer): string => `redis://127.0.0.1:${String(server.port)}`;
const worker = (server: RedisServer, ...more: string[]): RunningCli =>
  RunningCli.start(folder.path, ["worker", "--queue", url(server), "--workers", "1", "--lock", "2s", ...more]);
const sweep = (server: RedisServer, reports: string, ...more: string[]): RunningCli =>
  RunningCli.start(folder.path, ["sweep", ...SEEDS, "--queue", url(server), "--reports", reports, ...more]);
const DONE = / {2}(?:passed|\d failed) {2}/;
const unitsDone = (stderr: string): number => stderr.split(DONE).length - 1;

beforeAll(async () => {
  [kept, forgetful] = await Promise.all([
    RedisServer.start(["--appendonly", "yes", "--dir", aof]),
    RedisServer.start(),
  ]);
  expect(faultline(folder.path, ["sweep", ...SEEDS, "--reports", "alone"]).code).toBe(1);
});

afterAll(async () => {
  await Promise.all([kept.stop(), forgetful.stop()]);
  rmSync(aof, { recursive: true });
});

describe("a fleet", () => {
  it("gives the same bytes as one machine when a worker is killed in the middle of a unit", async () => {
    const [first, second] = [worker(kept), worker(kept)];
    const swept = sweep(kept, "killed");
    await first.says((text) => unitsDone(text) > 0 && text.split(DONE).at(-1)?.includes("started") === true);
    first.signal("SIGKILL");
    expect(await swept.ended, swept.stderr + second.stderr).toBe(1);
    expect(bytes("killed")).toBe(bytes("alone"));
    expect(second.stderr).toMatch(DONE);
  });

  it.each([
    ["keeps what it was told on its disk", (): RedisServer => kept],
    ["has forgotten everything", (): RedisServer => forgetful],
  ])("loses no unit when its Redis is killed, comes back, and %s", async (_, server) => {
    const one = worker(server());
    const swept = sweep(server(), `restart-${String(server().port)}`);
    await one.says((text) => unitsDone(text) >= 3);
    await server().restart();
    expect(await swept.ended, swept.stderr + one.stderr).toBe(1);
    expect(bytes(`restart-${String(server().port)}`)).toBe(bytes("alone"));
    expect(swept.stderr).toContain(`Redis at ${url(server())} does not answer. The sweep waits for it.`);
    expect(swept.stderr).toContain("The queue answers again.");
  });

  it("works on while the sweep that asked is dead, which takes everything when it is resumed", async () => {
    const one = worker(kept, "--idle", "3s");
    const swept = sweep(kept, "dead");
    await one.says((text) => unitsDone(text) >= 2);
    swept.signal("SIGKILL");
    expect(await one.ended, one.stderr).toBe(0);
    expect(unitsDone(one.stderr)).toBe(12);
    // No worker is there any more.
    expect(await sweep(kept, "dead", "--resume").ended).toBe(1);
    expect(bytes("dead")).toBe(bytes("alone"));
  });

  it("gets a unit back from a worker that is interrupted", async () => {
    const first = worker(kept);
    const swept = sweep(kept, "interrupted");
    await first.says(/started/);
    first.signal("SIGINT");
    expect(await first.ended).toBe(130);
    expect(first.stderr).toMatch(/Seeds \d+ {2}(went back to the queue|passed|\d failed)/);
    worker(kept);
    expect(await swept.ended, swept.stderr).toBe(1);
    expect(bytes("interrupted")).toBe(bytes("alone"));
  });

  it("ends when it is interrupted while its Redis is away", async () => {
    const gone = await RedisServer.start();
    const one = worker(gone);
    const swept = sweep(gone, "gone");
    await one.says(/started/);
    await gone.stop();
    await Promise.all([one, swept].map((running) => running.says(/does not answer/)));
    for (const running of [one, swept]) running.signal("SIGINT");
    expect([await one.ended, await swept.ended]).toEqual([130, 130]);
  });

  it("leaves the units to others where the scenario is another, and says who refuses", async () => {
    const elsewhere = join(folder.path, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "bully.ts"), BULLY);
    const wrong = RunningCli.start(elsewhere, ["worker", "--queue", url(kept), "--workers", "1"]);
    const swept = sweep(kept, "refused");
    await swept.says(/Worker \S+ refuses this sweep: bully\.ts has changed since the sweep began\./);
    worker(kept);
    expect(await swept.ended, swept.stderr).toBe(1);
    expect(bytes("refused")).toBe(bytes("alone"));
    expect(wrong.stderr).toMatch(/Refused bully-[0-9a-f]{8}-[0-9a-f]{8}: bully\.ts has changed/);
    expect(wrong.stderr).not.toMatch(DONE);
  });
});

describe("docs/fleet.md", () => {
  it("starts a worker and a sweep as it says", async () => {
    symlinkSync(resolve("scenarios"), join(folder.path, "scenarios"));
    const commands = snippetsOf("docs/fleet.md")
      .filter(({ language }) => language === "sh")
      .flatMap(commandsOf)
      .map(({ args }) =>
        args.map((arg) => arg.replace("redis://queue.internal:6379", url(kept)).replace("..2000", "..2")),
      );
    const running = commands.map((args) => RunningCli.start(folder.path, args));
    expect(commands.map(([verb]) => verb)).toEqual(["worker", "sweep"]);
    expect(await running[1]?.ended, running[1]?.stderr).toBe(0);
    expect(running[0]?.stderr).toMatch(DONE);
  });
});
