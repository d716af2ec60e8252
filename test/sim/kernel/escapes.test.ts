import * as crypto from "node:crypto";
import { randomBytes, randomUUID } from "node:crypto";
import { performance as importedPerformance } from "node:perf_hooks";
import { setInterval as importedInterval, setTimeout as importedTimeout } from "node:timers";
import { setTimeout as importedSleep } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Kernel, type Entrant, type KernelError } from "../../../src/sim/kernel/kernel.ts";
import { TraceWriter } from "../../../src/trace/trace.ts";

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
];

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
