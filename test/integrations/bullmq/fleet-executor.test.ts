import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FleetExecutor } from "../../../src/integrations/bullmq/fleet-executor.ts";
import { orderOf, unitIdOf } from "../../../src/integrations/bullmq/sweep-order.ts";
import type { RunEvent } from "../../../src/lab/explore/run-unit.ts";
import { somePart, somePlan } from "../../lab/explore/some-parts.ts";
import { FakeQueue } from "./fake-queue.ts";

const plan = somePlan("1..20");
const order = orderOf(plan, []);
const unit = { from: 0, to: 10 };
const id = unitIdOf(order.sweep, unit);
let queue: FakeQueue;
let said: string[];
let fleet: FleetExecutor;

beforeEach(() => {
  queue = new FakeQueue();
  said = [];
  const say = (text: string): void => void said.push(text);
  // Looks come from the test alone.
  fleet = new FleetExecutor({ queue, order, say, workerLine: "Start one.", lookEveryMs: 3_600_000 });
});

afterEach(() => fleet.close());

describe("a sweep's side of a queue", () => {
  it("takes what a worker gave, run by run, and lets go of it when it is kept", async () => {
    const runs: RunEvent[] = [];
    const part = fleet.run(unit, (run) => runs.push(run));
    expect(queue.entries.get(id)?.job).toEqual({ order, unit });
    queue.take(id);
    queue.end(id, { part: somePart(plan, unit) });
    queue.tell({ type: "ended", id });
    expect(await part).toEqual(somePart(plan, unit));
    expect(runs.map(({ place, exitCode }) => [place, exitCode])).toEqual(
      Array.from({ length: 10 }, (_, place) => [place, place % 7 === 3 ? 1 : 0]),
    );
    expect(queue.entries.has(id)).toBe(true);
    fleet.forget(await part);
    expect(queue.entries.has(id)).toBe(false);
  });

  it("finds what ended without a word", async () => {
    const part = fleet.run(unit, () => undefined);
    queue.end(id, { part: somePart(plan, unit) });
    await fleet.look();
    expect(await part).toEqual(somePart(plan, unit));
  });

  it("takes what was done while nobody asked", async () => {
    await queue.add(id, { order, unit });
    queue.end(id, { part: somePart(plan, unit) });
    expect(await fleet.run(unit, () => undefined)).toEqual(somePart(plan, unit));
  });

  it("puts on the queue again what the queue has forgotten, and says so", async () => {
    void fleet.run(unit, () => undefined);
    queue.entries.clear();
    await fleet.look();
    expect(queue.entries.get(id)?.state).toBe("waiting");
    expect(said).toEqual(["The queue had forgotten 1 unit: put there again."]);
  });

  it("says once that nobody works, and again only after somebody has", async () => {
    void fleet.run(unit, () => undefined);
    for (let looks = 0; looks < 5; looks++) await fleet.look();
    expect(said).toEqual(["Nobody works on this sweep; waiting: 1 unit. Start one."]);
    queue.take(id);
    await fleet.look();
    expect(said).toHaveLength(1);
  });

  it("says once who refuses, and why", () => {
    void fleet.run(unit, () => undefined);
    const refused = { type: "refused", id, worker: "ci-7/12", reason: "it is another version." } as const;
    queue.tell(refused);
    queue.tell(refused);
    queue.tell({ ...refused, id: "of-another-sweep" });
    expect(said).toEqual(["Worker ci-7/12 refuses this sweep: it is another version."]);
  });

  it("fails with what a unit failed with, and takes it off the queue for who goes on", async () => {
    const part = fleet.run(unit, () => undefined);
    queue.end(id, { failure: "A worker ended in alpha seed 3 (SIGKILL), twice." });
    queue.tell({ type: "ended", id });
    await expect(part).rejects.toThrow("A worker ended in alpha seed 3 (SIGKILL), twice.");
    expect(queue.entries.has(id)).toBe(false);
  });

  it("takes no other runs than those it asked for", async () => {
    const part = fleet.run(unit, () => undefined);
    queue.end(id, { part: somePart(plan, { from: 0, to: 9 }) });
    queue.tell({ type: "ended", id });
    await expect(part).rejects.toThrow("other runs");
  });

  it("gives up when the queue refuses again and again, not when it does so once", async () => {
    const part = fleet.run(unit, () => undefined);
    queue.broken = new Error("OOM command not allowed");
    await fleet.look();
    queue.broken = undefined;
    await fleet.look();
    queue.broken = new Error("OOM command not allowed");
    for (let looks = 0; looks < 3; looks++) await fleet.look();
    await expect(part).rejects.toMatchObject({
      code: "FLEET_REDIS",
      message: expect.stringContaining("OOM") as string,
    });
  });

  it("stops without what is under way, which stays for who goes on", async () => {
    const other = { from: 10, to: 20 };
    const [active, waiting] = [fleet.run(unit, () => undefined), fleet.run(other, () => undefined)];
    queue.take(id);
    fleet.stop();
    expect([await active, await waiting]).toEqual([
      { from: 0, to: 0, tallies: {}, failures: [] },
      { from: 10, to: 10, tallies: {}, failures: [] },
    ]);
    expect([...queue.entries.keys()]).toEqual([id]);
    await fleet.close();
    expect(queue.isClosed).toBe(true);
  });

  it("has fewer units on the queue where each carries much", () => {
    const many = orderOf(somePlan("1..20", ["x".repeat(2 << 20)]), []);
    const narrow = new FleetExecutor({ queue, order: many, say: () => undefined, workerLine: "" });
    expect(fleet.width).toBe(512);
    expect(narrow.width).toBe(16);
    return narrow.close();
  });
});
