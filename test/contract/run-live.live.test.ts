import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runLive } from "../../src/system/live/run-live.ts";
import { compileSystem, LiveProcess } from "./live-process.ts";
import { probe, type ProbeConfig } from "./probe-program.ts";

let root = "";
let compiled: (source: string) => string;
const processes: LiveProcess[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-live-"));
  compiled = compileSystem(join(root, "js"), ["test/contract/probe-program.ts"]);
});
afterEach(async () => {
  for (const one of processes.splice(0)) await one.destroy();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function start(act: ProbeConfig["act"], more: Readonly<Record<string, unknown>> = {}): LiveProcess {
  const one = new LiveProcess(compiled("src/system/live/run-live-process.ts"), {
    module: compiled("test/contract/probe-program.ts"),
    export: "probe",
    config: { act },
    id: "n1",
    peers: { n1: "127.0.0.1:0", n3: "127.0.0.1:9", n2: "127.0.0.1:9" },
    dataDir: mkdtempSync(join(root, "data-")),
    ...more,
  });
  processes.push(one);
  return one;
}

describe("a live process", () => {
  it("hands the program its name, its peers in order and its incarnation, which grows with every start", async () => {
    const dataDir = join(root, "kept");
    for (const incarnation of [1, 2, 3]) {
      const one = start("stay", { dataDir });
      const started = await one.line("started", ({ name }) => name === "started");
      expect(started).toMatchObject({
        kind: "point",
        node: "n1",
        incarnation,
        fields: { id: "n1", incarnation, peers: "n2 n3" },
      });
      // A power cut, not an orderly end.
      await one.destroy();
    }
  });

  it("ends in order at SIGTERM", async () => {
    const one = start("stay");
    await one.line("started", ({ kind }) => kind === "started");
    one.signal("SIGTERM");
    expect(await one.exited).toBe(0);
    expect(one.lines.slice(-2)).toMatchObject([{ name: "stopped in order" }, { kind: "stopped" }]);
  });

  it("ends with its standard input when told so", async () => {
    const one = start("stay", { untilStdinEnds: true });
    await one.line("started", ({ kind }) => kind === "started");
    one.child.stdin.end();
    expect(await one.exited).toBe(0);
  });

  it.each([
    ["throw-at-start", "thrown at start"],
    ["throw-in-timer", "thrown in a timer"],
    ["throw-in-handler", "thrown in a handler"],
    ["reject", "rejected"],
  ] as const)("ends with code 70 and the stack at %s", async (act, text) => {
    const one = start(act);
    expect(await one.exited).toBe(70);
    expect(one.lines.at(-1)).toEqual({ kind: "exit", node: "n1", code: 70, error: text });
    expect(one.errors).toContain(`Error: ${text}\n    at `);
  });

  it.each(["fail-stop", "fail-stop-async"] as const)(
    "ends with code 75 when the program stops itself: %s",
    async (act) => {
      const one = start(act);
      expect(await one.exited).toBe(75);
      expect(one.lines.at(-1)).toMatchObject({ kind: "exit", code: 75 });
    },
  );

  it("ends with code 2 and one sentence when its configuration cannot work", async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{ id: "N1" }, `LIVE_CONFIG: "N1" is not a node's name`],
      [{ peers: { n2: "127.0.0.1:9" } }, `LIVE_CONFIG: Node n1 has no address`],
      [{ export: "missing" }, `exports no program "missing"`],
      [{ dataDir: 7 }, `LIVE_CONFIG: "dataDir" is missing`],
      [{ listen: "nowhere" }, `TRANSPORT_ADDRESS: "nowhere" is not an address`],
    ];
    const ended = cases.map(async ([more, text]) => {
      const one = start("stay", more);
      expect(await one.exited).toBe(2);
      expect(one.errors).toContain(text);
      expect(one.lines).toEqual([]);
    });
    await Promise.all(ended);
  });

  it("does not start on a damaged incarnation", async () => {
    const dataDir = mkdtempSync(join(root, "data-"));
    writeFileSync(join(dataDir, "incarnation"), "12");
    const one = start("stay", { dataDir });
    expect(await one.exited).toBe(2);
    expect(one.errors).toContain("LIVE_INCARNATION");
  });
});

describe("a data directory", () => {
  it("is refused to another node, and to a second process while the first lives", async () => {
    const dataDir = join(root, "owned");
    const first = start("stay", { dataDir });
    await first.line("started", ({ name }) => name === "started");
    const second = start("stay", { dataDir });
    expect(await second.exited).toBe(75);
    expect(second.errors).toContain(
      `Node n1 cannot have the data directory "${dataDir}": process ${String(first.child.pid)} on `,
    );
    const other = start("stay", { dataDir, id: "n2", peers: { n2: "127.0.0.1:0" } });
    expect(await other.exited).toBe(75);
    expect(other.errors).toContain(`Node n2 cannot have the data directory "${dataDir}": it belongs to node n1.`);

    await first.destroy();
    const moved = start("stay", { dataDir, id: "n2", peers: { n2: "127.0.0.1:0" } });
    expect(await moved.exited).toBe(75);
    const again = start("stay", { dataDir });
    // Those that were refused have not counted as starts.
    expect(await again.line("started", ({ name }) => name === "started")).toMatchObject({ incarnation: 2 });
  });

  it("is free again when its node could not start", async () => {
    const dataDir = join(root, "unused");
    const options = { program: probe, config: { act: "stay" }, id: "n1", dataDir } as const;
    await expect(runLive({ ...options, peers: { n1: "nowhere" } })).rejects.toThrow("TRANSPORT_ADDRESS");
    const node = await runLive({ ...options, peers: { n1: "127.0.0.1:0" } });
    await expect(runLive({ ...options, peers: { n1: "127.0.0.1:0" } })).rejects.toThrow("this process has it already");
    await node.stop();
  });
});

describe("runLive", () => {
  it("can end a process in another way, and stops the program's timers first", async () => {
    const codes: number[] = [];
    const ends: unknown[] = [];
    const node = await runLive({
      program: probe,
      config: { act: "fail-stop" },
      id: "n1",
      peers: { n1: "127.0.0.1:0" },
      dataDir: join(root, "in-process"),
      onExit: ({ code, error }) => ends.push([code, (error as Error).message]),
      exit: (code) => codes.push(code),
    });
    expect(codes).toEqual([75]);
    expect(ends).toEqual([[75, "FAIL_STOP: unsafe to go on"]]);
    await node.stop();
    expect(process.listeners("uncaughtException").map(({ name }) => name)).not.toContain("onUncaught");
  });

  it("runs and stops a program beside other code, and gives its files a directory of their own", async () => {
    const node = await runLive({
      program: probe,
      config: { act: "stay" },
      id: "n1",
      peers: { n1: "127.0.0.1:0" },
      dataDir: join(root, "beside"),
    });
    expect(node.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await node.env.disk.list("")).toEqual([]);
    await node.stop();
  });
});
