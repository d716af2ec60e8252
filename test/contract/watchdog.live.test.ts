import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { ProcessWatchdog } from "../../src/system/live/process-watchdog.ts";
import { compileSystem, LiveProcess } from "./live-process.ts";

let root = "";
let compiled: (source: string) => string;
const processes: LiveProcess[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-watchdog-"));
  compiled = compileSystem(join(root, "js"), ["test/contract/watched-program.ts"]);
});
afterEach(async () => {
  for (const one of processes.splice(0)) await one.destroy();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function start(then: "stay" | "hang"): LiveProcess {
  const one = new LiveProcess(compiled("src/system/live/run-live-process.ts"), {
    module: compiled("test/contract/watched-program.ts"),
    export: "watched",
    config: { timeoutMs: 1_000, then },
    id: "n1",
    peers: { n1: "127.0.0.1:0" },
    dataDir: mkdtempSync(join(root, "data-")),
    watchdog: true,
  });
  processes.push(one);
  return one;
}

describe("a live watchdog", () => {
  it("lets a process live that feeds it, and lets it end in order", async () => {
    const one = start("stay");
    // Twenty-five feedings take two and a half timeouts.
    await one.line("fed", ({ name, fields }) => name === "fed" && fields?.["times"] === 25);
    one.signal("SIGTERM");
    expect(await one.exited).toBe(0);
  });

  it("kills a process that is stopped and can do nothing itself", async () => {
    const one = start("stay");
    await one.line("fed", ({ name, fields }) => name === "fed" && fields?.["times"] === 5);
    one.signal("SIGSTOP");
    await one.exited;
    expect(one.child.signalCode).toBe("SIGKILL");
  });

  it("kills a process whose thread hangs", async () => {
    const one = start("hang");
    await one.exited;
    expect(one.child.signalCode).toBe("SIGKILL");
    expect(one.lines.at(-1)).toMatchObject({ name: "fed", fields: { times: 21 } });
  });

  it("spares whom it was disarmed for, and bites whom it was armed for again", async () => {
    const live = (): ChildProcess =>
      spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"], { stdio: "ignore" });
    const [spared, bitten] = [live(), live()];
    const spare = await ProcessWatchdog.start({ pid: spared.pid as number });
    const bite = await ProcessWatchdog.start({ pid: bitten.pid as number });
    spare.arm(100);
    spare.disarm();
    spare.feed();
    bite.arm(50);
    bite.disarm();
    // Armed after the other, for longer: when this one bites the other's time is over.
    bite.arm(500);
    expect(await once(bitten, "exit")).toEqual([null, "SIGKILL"]);
    expect(spared.exitCode ?? spared.signalCode).toBeNull();
    const ended = once(spared, "exit");
    spare.arm(100);
    expect(await ended).toEqual([null, "SIGKILL"]);
    await Promise.all([spare.close(), bite.close()]);
  });

  it("refuses a timeout that is none", async () => {
    const watchdog = await ProcessWatchdog.start();
    expect(() => watchdog.arm(0)).toThrow("LIVE_WATCHDOG");
    await watchdog.close();
  });
});
