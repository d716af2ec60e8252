import * as crypto from "node:crypto";
import { randomBytes, randomUUID } from "node:crypto";
import { performance as importedPerformance } from "node:perf_hooks";
import { setInterval as importedInterval, setTimeout as importedTimeout } from "node:timers";
import { setTimeout as importedSleep } from "node:timers/promises";
import { spawn } from "node:child_process";
import { Console } from "node:console";
import { lookup } from "node:dns";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, Socket } from "node:net";
import { hostname } from "node:os";
import { env as importedEnv } from "node:process";
import { Writable } from "node:stream";
import { WriteStream } from "node:tty";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Kernel, type Entrant, type KernelError, type LocatedEscape } from "../../../src/sim/kernel/kernel.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

/** A call by which code leaves the simulation, and what the error must call it. */
const ESCAPES: readonly (readonly [string, () => unknown])[] = [
  ["Math.random", () => Math.random()],
  ["Date.now", () => Date.now()],
  ["new Date()", () => new Date()],
  ["Date()", () => Date()],
  ["performance.now", () => performance.now()],
  ["performance.now", () => importedPerformance.now()],
  ["setTimeout", () => setTimeout(() => undefined, 1)],
  ["setInterval", () => setInterval(() => undefined, 1)],
  ["setImmediate", () => setImmediate(() => undefined)],
  ["node:timers.setTimeout", () => importedTimeout(() => undefined, 1)],
  ["node:timers.setInterval", () => importedInterval(() => undefined, 1)],
  ["node:timers/promises.setTimeout", () => importedSleep(1)],
  ["crypto.randomUUID", () => globalThis.crypto.randomUUID()],
  ["crypto.getRandomValues", () => globalThis.crypto.getRandomValues(new Uint8Array(4))],
  ["node:crypto.randomUUID", () => randomUUID()],
  ["node:crypto.randomUUID", () => crypto.randomUUID()],
  ["node:crypto.randomBytes", () => randomBytes(4)],
  ["process.hrtime", () => process.hrtime()],
  ["process.hrtime.bigint", () => process.hrtime.bigint()],
  ["node:fs.readFileSync", () => readFileSync(import.meta.filename)],
  ["fetch", () => fetch("http://127.0.0.1:1/")],
  ["new MessageChannel", () => new MessageChannel()],
  ["process.env.HOME", () => process.env["HOME"]],
  ["process.env.HOME", () => importedEnv["HOME"]],
  ["process.env.HOME", () => "HOME" in process.env],
  ["process.env", () => Object.keys(process.env)],
  ["process.pid", () => process.pid],
  ["process.cwd", () => process.cwd()],
  ["process.exit", () => process.exit(0)],
  ["node:os.hostname", () => hostname()],
  ["new WeakRef", () => new WeakRef({})],
  ["WeakRef.deref", () => earlierRef.deref()],
  ["new FinalizationRegistry", () => new FinalizationRegistry(() => undefined)],
  ["FinalizationRegistry.register", () => earlierRegistry.register({}, 1)],
  ["new Intl.NumberFormat", () => new Intl.NumberFormat()],
  ["new Intl.DateTimeFormat", () => new Intl.DateTimeFormat("en")],
  ["String.prototype.localeCompare", () => "a".localeCompare("b")],
  ["Number.prototype.toLocaleString", () => (1.5).toLocaleString()],
  ["Date.prototype.getHours", () => new Date(0).getHours()],
  ["Date.prototype.toString", () => String(new Date(0))],
  ["new Date(year, month, …)", () => new Date(2020, 1)],
  ["new Date()", () => new (new Date(0).constructor as DateConstructor)()],
  ["node:fs/promises.readFile", () => readFile(import.meta.filename)],
  ["node:net.connect", () => connect(1)],
  ["node:net.Socket.connect", () => new Socket().connect(1)],
  ["node:net.Server.listen", () => earlierServer.listen(0)],
  ["node:dns.lookup", () => lookup("localhost", () => undefined)],
  ["node:child_process.spawn", () => spawn("true")],
  ["new node:worker_threads.Worker", () => new Worker("0", { eval: true })],
  ["node:zlib.gzip", () => gzip("text", () => undefined)],
  ["crypto.subtle.digest", () => globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(1))],
  ["node:crypto.randomBytes", () => randomBytes(4, () => undefined)],
  ["AbortSignal.timeout", () => AbortSignal.timeout(1)],
];

const earlierRef = new WeakRef({});
const earlierRegistry = new FinalizationRegistry(() => undefined);
const earlierServer = createServer();

async function failureOf(code: () => unknown, drain: "tick" | "turn" = "tick"): Promise<KernelError> {
  const kernel = new Kernel({ trace: new TraceWriter({ keep: false }), drain });
  const node: Entrant = { name: "n2", onError: () => undefined };
  const handler = kernel.register(() => {
    kernel.enter(node, -1, code);
  });
  kernel.schedule(12, handler, 0, 0);
  return kernel.run(100).then(
    () => {
      throw new Error("The run did not fail.");
    },
    (error: unknown) => error as KernelError,
  );
}

describe("traps for escapes", () => {
  it.each(ESCAPES)("fails the run for %s, naming api, node, time and stack", async (api, code) => {
    const error = await failureOf(code);
    expect(error).toMatchObject({ code: "ESCAPE", facts: { api, node: "n2", timeUs: 12 } });
    expect(error.facts["stack"]).toContain("escapes.test.ts");
    expect(error.message).toContain(`Node "n2" called ${api}`);
  });

  it("fails the run also when the program swallows the error", async () => {
    const error = await failureOf(() => {
      try {
        return Math.random();
      } catch {
        return 0.5;
      }
    });
    expect(error).toMatchObject({ code: "ESCAPE", facts: { api: "Math.random" } });
  });

  it.each(["tick", "turn"] as const)("fails the run for a call after an await (%s)", async (drain) => {
    const error = await failureOf(() => {
      void Promise.resolve().then(() => Date.now());
    }, drain);
    expect(error).toMatchObject({ code: "ESCAPE", facts: { api: "Date.now", node: "n2" } });
  });

  it("lets the console ask the environment whether it may colour", async () => {
    const lines: string[] = [];
    const terminal = Object.assign(new Writable({ write: (line, _, done) => done(void lines.push(String(line))) }), {
      isTTY: true,
      getColorDepth: WriteStream.prototype.getColorDepth,
    });
    const console = new Console(terminal);
    const run = failureOf(() => console.log("%o", { told: 1 }));
    await expect(run).rejects.toThrow("The run did not fail.");
    expect(lines.join("")).toContain("told");
  });

  it("tells of every escape and goes on where it is asked to, with the real value of what only reads", async () => {
    const told: LocatedEscape[] = [];
    const kernel = new Kernel({ trace: new TraceWriter({ keep: false }), onEscape: (escape) => told.push(escape) });
    const seen: unknown[] = [];
    const thrown: unknown[] = [];
    const handler = kernel.register(() => {
      kernel.enter({ name: "n1", onError: (error) => thrown.push(error) }, 7, () => {
        seen.push(Math.random(), process.env["PATH"]);
        setTimeout(() => undefined, 1);
      });
    });
    kernel.schedule(3, handler, 0, 0);
    await kernel.run(10);
    expect(seen).toEqual([expect.any(Number), process.env["PATH"]]);
    expect(thrown).toMatchObject([{ name: "EscapeError", api: "setTimeout" }]);
    expect(told.map(({ api, kind, node, timeUs, record }) => ({ api, kind, node, timeUs, record }))).toEqual([
      { api: "Math.random", kind: "read", node: "n1", timeUs: 3, record: 7 },
      { api: "process.env.PATH", kind: "read", node: "n1", timeUs: 3, record: 7 },
      { api: "setTimeout", kind: "act", node: "n1", timeUs: 3, record: 7 },
    ]);
  });

  it("leaves what is computed alone: dates of a given time, plain mathematics", async () => {
    const kernel = new Kernel({ trace: new TraceWriter({ keep: false }) });
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const handler = kernel.register(() => {
      kernel.enter({ name: "n1", onError: (error) => errors.push(error) }, -1, () => {
        seen.push(new Date(0).toISOString(), Math.max(1, 2), new Date(5) instanceof Date);
      });
    });
    kernel.schedule(0, handler, 0, 0);
    await kernel.run(1);
    expect(errors).toEqual([]);
    expect(seen).toEqual(["1970-01-01T00:00:00.000Z", 2, true]);
  });

  it("allows the world itself everything, and everybody after the run", async () => {
    const before = [Math.random, setTimeout, randomUUID, Date, performance.now];
    const kernel = new Kernel({ trace: new TraceWriter({ keep: false }) });
    let worldTime = 0;
    const handler = kernel.register(() => {
      worldTime = Date.now();
    });
    kernel.schedule(0, handler, 0, 0);
    await kernel.run(1);
    expect(worldTime).toBeGreaterThan(0);
    expect([Math.random, setTimeout, randomUUID, Date, performance.now]).toEqual(before);
    expect(Date.now()).toBeGreaterThanOrEqual(worldTime);
  });
});
