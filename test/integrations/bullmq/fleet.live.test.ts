import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sweepCommand, type SweepArguments } from "../../../src/cli/sweep.ts";
import { BullmqQueue } from "../../../src/integrations/bullmq/bullmq-queue.ts";
import { BullmqServer } from "../../../src/integrations/bullmq/bullmq-server.ts";
import { loadPackages, probe, type FleetPackages } from "../../../src/integrations/bullmq/connect.ts";
import { FleetExecutor } from "../../../src/integrations/bullmq/fleet-executor.ts";
import { parseAddress, type RedisAddress } from "../../../src/integrations/bullmq/redis-address.ts";
import { orderOf, unitIdOf, type UnitJob } from "../../../src/integrations/bullmq/sweep-order.ts";
import type { QueueEvent, UnitAnswer } from "../../../src/integrations/bullmq/unit-queue.ts";
import { UnitRunner } from "../../../src/integrations/bullmq/unit-runner.ts";
import { toolVersion } from "../../../src/lab/run/run-scenario.ts";
import { RedisServer } from "../../contract/redis-server.ts";
import { somePart, somePlan } from "../../lab/explore/some-parts.ts";

const plan = somePlan("1..40");
const unit = { from: 0, to: 10 };
const reports = mkdtempSync(join(tmpdir(), "faultline-fleet-"));
const closing: { close(): Promise<unknown> }[] = [];
let server: RedisServer;
let strict: RedisServer;
let packages: FleetPackages;
let address: RedisAddress;

beforeAll(async () => {
  packages = await loadPackages();
  server = await RedisServer.start();
  strict = await RedisServer.start(["--requirepass", "secret", "--maxmemory-policy", "allkeys-lru"]);
  address = parseAddress(`redis://127.0.0.1:${String(server.port)}`);
});

afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close();
});

afterAll(async () => {
  await Promise.all([server.stop(), strict.stop()]);
  rmSync(reports, { recursive: true });
});

function closed<T extends { close(): Promise<unknown> }>(one: T): T {
  closing.push(one);
  return one;
}

async function openQueue(): Promise<BullmqQueue> {
  const queue = closed(new BullmqQueue(address, packages));
  await queue.ready();
  return queue;
}

function serve(answer: (job: UnitJob) => Promise<UnitAnswer>): BullmqServer {
  return closed(new BullmqServer({ address, packages, workers: 1, lockMs: 10_000, answer, say: () => undefined }));
}

const wholeOf = ({ unit: span }: UnitJob): Promise<UnitAnswer> => Promise.resolve({ part: somePart(plan, span) });

/** Resolves with the first event that fits. */
function event(queue: BullmqQueue, fits: (one: QueueEvent) => boolean): Promise<QueueEvent> {
  return new Promise((resolve) => {
    queue.listen((one) => {
      if (fits(one)) resolve(one);
    });
  });
}

describe("a queue on a real Redis", () => {
  it("has each unit once, however often it is added, and its outcome until it is removed", async () => {
    const queue = await openQueue();
    const order = orderOf(plan, []);
    const id = unitIdOf(order.sweep, unit);
    const other = orderOf(plan, []);
    expect(await queue.stateOf(id)).toBe("absent");
    await queue.add(id, { order, unit });
    await queue.add(id, { order, unit: { from: 10, to: 20 } });
    await queue.add(unitIdOf(other.sweep, unit), { order: other, unit });
    expect(await queue.stateOf(id)).toBe("waiting");
    expect(await queue.outcomeOf(id)).toBeUndefined();
    await queue.abandon(other.sweep);
    expect(await queue.stateOf(unitIdOf(other.sweep, unit))).toBe("absent");
    const ended = event(queue, (one) => one.type === "ended" && one.id === id);
    serve(wholeOf);
    await ended;
    expect(await queue.stateOf(id)).toBe("done");
    expect(await queue.outcomeOf(id)).toEqual({ part: somePart(plan, unit) });
    await queue.remove(id);
    expect(await queue.stateOf(id)).toBe("absent");
  });

  it("tries a unit again that failed, and then says what it failed with", async () => {
    const queue = await openQueue();
    const order = orderOf(plan, []);
    const id = unitIdOf(order.sweep, unit);
    await queue.add(id, { order, unit });
    let tries = 0;
    const ended = event(queue, (one) => one.type === "ended" && one.id === id);
    serve(() => Promise.reject(new Error(`Try ${String(++tries)}.`)));
    await ended;
    expect(await queue.outcomeOf(id)).toEqual({ failure: "Try 2." });
  });

  it("gives a unit that one worker has returned to another", async () => {
    const queue = await openQueue();
    const order = orderOf(plan, []);
    const id = unitIdOf(order.sweep, unit);
    await queue.add(id, { order, unit });
    const returned = new Promise<boolean>((resolve) => {
      const leaving = serve(() => {
        // A worker that is told to end returns what it has.
        void leaving.close().then(resolve);
        return Promise.resolve({ returned: true });
      });
    });
    await returned;
    expect(await queue.stateOf(id)).toBe("waiting");
    const ended = event(queue, (one) => one.type === "ended" && one.id === id);
    serve(wholeOf);
    await ended;
    expect(await queue.stateOf(id)).toBe("done");
  });

  it("leaves the units of another version to others, and tells the sweep who refuses", async () => {
    const queue = await openQueue();
    const order = { ...orderOf(plan, []), version: "9.9.9" };
    let isRefused: () => void = () => undefined;
    const refused = new Promise<void>((resolve) => (isRefused = resolve));
    const said: string[] = [];
    const say = (text: string): void => {
      said.push(text);
      isRefused();
    };
    const fleet = closed(new FleetExecutor({ queue, order, say, workerLine: "" }));
    const runner = closed(new UnitRunner({ script: "none", workers: 1, say }));
    const part = fleet.run(unit, () => undefined);
    serve((job) => runner.run(job));
    await refused;
    expect(said[0]).toMatch(/^Worker \S+\/\d+ refuses this sweep: the sweep was begun by version 9\.9\.9, this is /);
    expect(said[0]).toContain(toolVersion());
    serve(wholeOf);
    expect(await part).toEqual(somePart(plan, unit));
  });
});

describe("a fleet that cannot be", () => {
  const sweep: SweepArguments = {
    paths: ["scenarios/seed/split-2-3.yaml"],
    seeds: "1..3",
    plans: "scenario",
    resume: false,
    bail: 0,
    reporters: { names: ["default"], files: {} },
    requireCoverage: false,
    lastFailed: false,
    report: true,
    reports,
  };

  it("is told where nothing listens", async () => {
    await expect(sweepCommand({ ...sweep, queue: "redis://127.0.0.1:1" })).rejects.toThrow(
      /--queue FLEET_REDIS: No Redis answers at redis:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\.\n {2}Expected a Redis/,
    );
  });

  it.each(["redis://", "redis://:wrong@"])("is told where the Redis does not let %s in", async (start) => {
    const queue = `${start}127.0.0.1:${String(strict.port)}`;
    const failure = await sweepCommand({ ...sweep, queue }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(failure).toMatch(/--queue FLEET_AUTH: The Redis at redis:\/\/127\.0\.0\.1:\d+ does not let us in/);
    expect(failure).not.toContain("wrong");
  });

  it("is warned of a Redis that throws keys away", async () => {
    const strictAddress = parseAddress(`redis://:secret@127.0.0.1:${String(strict.port)}`);
    const [warning] = await probe(strictAddress, packages);
    expect(warning).toMatch(/throws keys away when its memory is full \(maxmemory-policy allkeys-lru\).*noeviction/);
    expect(await probe(address, packages)).toEqual([]);
  });
});
