import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settled } from "../circuit-breaker/breaker-world.ts";
import { codesOf, GuardWorld } from "./guard-world.ts";

describe("a guard's checks", () => {
  it("come before request 100 and 200 of 250, and find at 200 what began at 101 (seed 000: reads only)", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ pollMs: 0 });
    await guard.start();
    const before = await codesOf(guard, "read", 100);
    world.split();
    const until199 = await codesOf(guard, "read", 99);
    expect(guard.state).toBe("healthy");
    const rest = await codesOf(guard, "read", 51);
    await settled();
    expect([...before, ...until199, ...rest]).toEqual(Array(250).fill("ok"));
    expect(world.checks).toEqual(["start@0", "count@100", "count@200"]);
    expect(world.edges.map(({ state }) => state)).toEqual(["healthy", "split_brain_detected", "resolved"]);
    expect(world.signals).toHaveLength(1);
  });

  it("let no write pass from request 101 on, when the split begins there", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ pollMs: 0 });
    const before = await codesOf(guard, "write", 100);
    world.split();
    const after = await codesOf(guard, "write", 150);
    expect(before).toEqual(Array(100).fill("ok"));
    expect(after).toEqual(Array(150).fill("ESPLITBRAIN"));
    expect(world.fences).toBe(1);
    expect(guard.requests).toBe(250);
  });

  it("come by time on a node that nobody asks anything", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ pollMs: 100 });
    await guard.start();
    await world.pass(250);
    world.split();
    await world.pass(49);
    expect(guard.state).toBe("healthy");
    await world.pass(1);
    expect(guard.state).toBe("resolved");
    expect(world.checks).toEqual(["start@0", "time@0", "time@0", "time@0"]);
    guard.stop();
    await world.pass(300);
    expect(world.checks).toHaveLength(4);
  });

  it("come by time at a request when there are no timers", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ pollMs: 100, withTimers: false });
    await guard.request("read");
    await world.pass(99);
    await guard.request("read");
    expect(world.checks).toEqual([]);
    await world.pass(1);
    world.split();
    await guard.request("read");
    await settled();
    expect(world.checks).toEqual(["time@3"]);
    expect(guard.state).toBe("resolved");
  });

  it("begin at the first request when nobody has begun them", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    expect(guard.state).toBe("starting");
    expect(await guard.request("write")).toBeUndefined();
    await world.pass(100);
    expect(world.checks).toEqual(["start@1", "time@1"]);
  });

  it("come exactly before every n-th request, whatever n and the mix of reads and writes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.constantFrom("read" as const, "write" as const), { maxLength: 200 }),
        async (interval, kinds) => {
          const world = new GuardWorld();
          const guard = world.guard({ interval, pollMs: 0 });
          for (const kind of kinds) await guard.request(kind);
          const due = Array.from({ length: Math.floor(kinds.length / interval) }, (_, i) => (i + 1) * interval);
          expect(world.checks).toEqual(due.map((request) => `count@${String(request)}`));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a guard", () => {
  it("lets every read pass in every state, without waiting for a fence that does not end", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ interval: 1 });
    world.holdFence = new Promise(() => undefined);
    await guard.start();
    world.split();
    expect(await codesOf(guard, "read", 3)).toEqual(["ok", "ok", "ok"]);
    expect(guard.state).toBe("split_brain_detected");
    expect(await codesOf(guard, "write", 2)).toEqual(["ESPLITBRAIN", "ESPLITBRAIN"]);
  });

  it("refuses a write on a replica and names the primary; split-brain comes first", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    await guard.start();
    world.isElected = false;
    world.failover.coordinateTransition();
    expect(await guard.request("write")).toMatchObject({ code: "ENOTPRIMARY", primaryHostname: "node-2" });
    world.isElected = true;
    world.split();
    const refusal = await guard.request("write");
    expect(world.failover.state).toBe("replica");
    expect(refusal).toMatchObject({ code: "ESPLITBRAIN" });
  });

  it("refuses in the same turn when a write that is no request asks it", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    await guard.start();
    expect(guard.refusal()).toBeUndefined();
    world.split();
    expect(guard.refusal()).toMatchObject({ code: "ESPLITBRAIN" });
  });

  it("lets writes pass again once the coordinator is healthy, and signals each split once", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    await guard.start();
    for (let round = 1; round <= 2; round++) {
      world.split();
      await world.pass(300);
      expect(guard.state).toBe("resolved");
      expect(world.signals).toHaveLength(round);
      world.heal();
      await world.pass(1_000);
      world.isElected = true;
      world.failover.coordinateTransition();
      expect(await guard.request("write")).toBeUndefined();
    }
    expect(world.edges.map(({ state }) => state)).toEqual([
      "healthy",
      ...["split_brain_detected", "resolved", "healthy"],
      ...["split_brain_detected", "resolved", "healthy"],
    ]);
    expect(world.signals[0]).toMatchObject({
      status: { isSplitBrain: true, state: "split_brain_detected" },
      event: { detected: true, state: "split_brain_detected", from: "healthy" },
    });
    expect(world.logs.filter((line) => line.startsWith("critical"))).toHaveLength(2);
  });

  it("hears an edge from the coordinator at once, and takes its event for the signal", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ pollMs: 0 });
    await guard.start();
    world.split();
    void world.coordinator.checkAndResolveSplitBrain();
    const event = { detected: true, state: "split_brain_detected", from: "healthy", reason: "told" } as const;
    guard.noteEvent(event);
    expect(world.signals.map((signal) => signal.event)).toEqual([event]);
  });

  it("goes on when a receiver of the signal throws, and calls the others", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    let heard = 0;
    guard.splitBrainDetected.connect(() => {
      throw new Error("pager is down");
    });
    const disconnect = guard.splitBrainDetected.connect(() => heard++);
    await guard.start();
    world.split();
    await guard.request("write");
    expect(heard).toBe(1);
    expect(world.logs).toContain("error A receiver of splitBrainDetected threw.");
    disconnect();
    world.heal();
    await world.pass(1_000);
    world.isElected = true;
    world.split();
    await world.pass(100);
    expect([heard, world.signals.length]).toEqual([1, 2]);
  });
});

describe("a guard that cannot know", () => {
  it("refuses writes when the detector throws on a primary", async () => {
    const world = new GuardWorld();
    const guard = world.guard();
    await guard.start();
    world.detectorError = new Error("no route to the peers");
    expect(await codesOf(guard, "write", 2)).toEqual(["ESPLITBRAIN", "ESPLITBRAIN"]);
    expect(await guard.request("read")).toBeUndefined();
  });

  it.each([
    ["throws", (): never => raise("broken")],
    ["rejects", async (): Promise<never> => raise("broken")],
  ])("refuses writes while a coordinator's check %s, and lets them pass after one that does not", async (_, check) => {
    const world = new GuardWorld();
    let isBroken = false;
    const coordinator = {
      state: "healthy" as const,
      checkAndResolveSplitBrain: () => (isBroken ? check() : Promise.resolve("healthy" as const)),
    };
    const guard = world.guard({ coordinator });
    await guard.start();
    isBroken = true;
    expect(await guard.request("write")).toMatchObject({ code: "ESPLITBRAIN", facts: { state: "broken" } });
    expect(await guard.request("read")).toBeUndefined();
    isBroken = false;
    expect(await guard.request("write")).toBeUndefined();
    // Not a split-brain, as far as anyone knows.
    expect(world.signals).toEqual([]);
  });

  it("refuses writes after a check that does not end, and after no longer than that", async () => {
    const world = new GuardWorld();
    let hangs = false;
    const coordinator = {
      state: "healthy" as const,
      checkAndResolveSplitBrain: () =>
        hangs ? new Promise<never>(() => undefined) : Promise.resolve("healthy" as const),
    };
    const guard = world.guard({ coordinator, checkMsMax: 500 });
    await guard.start();
    hangs = true;
    let answer: unknown = "none yet";
    void guard.request("write").then((refusal) => (answer = refusal?.code));
    await settled();
    await world.pass(500);
    expect(answer).toBe("none yet");
    await world.pass(1);
    expect(answer).toBe("ESPLITBRAIN");
    hangs = false;
    await world.pass(100);
    expect(await guard.request("write")).toBeUndefined();
  });

  it("refuses writes when its coordinator cannot be made, lets reads pass, and tries again (C11)", async () => {
    const world = new GuardWorld();
    let attempts = 0;
    const guard = world.guard({
      coordinator: () => {
        attempts++;
        if (attempts < 3) throw new Error("no raft adapter");
        return world.coordinator;
      },
    });
    expect(await guard.request("write")).toMatchObject({ code: "ESPLITBRAIN" });
    expect(guard.state).toBe("broken");
    expect(await guard.request("read")).toBeUndefined();
    await world.pass(100);
    expect([attempts, guard.state]).toEqual([2, "broken"]);
    await world.pass(100);
    expect([attempts, guard.state]).toEqual([3, "healthy"]);
    expect(await guard.request("write")).toBeUndefined();
  });

  it("refuses writes when it was opted in without a coordinator", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ coordinator: () => undefined as never });
    expect(await guard.request("write")).toMatchObject({
      code: "ESPLITBRAIN",
      cause: { code: "GUARD_COORDINATOR" },
    });
  });

  it("refuses writes when nobody can say who is the primary", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ primary: { isPrimary: () => raise("the mount hangs") } });
    await guard.start();
    expect(await guard.request("write")).toMatchObject({ code: "ESPLITBRAIN", cause: { message: "the mount hangs" } });
  });
});

describe("a guard that is not opted in", () => {
  it("asks no coordinator, and still refuses on a replica", async () => {
    const world = new GuardWorld();
    const guard = world.guard({ isEnabled: false });
    world.split();
    expect(await codesOf(guard, "write", 250)).toEqual(Array(250).fill("ok"));
    await world.pass(500);
    expect([world.detections, guard.state, world.edges.length]).toEqual([0, "off", 0]);
    world.isElected = false;
    world.failover.coordinateTransition();
    expect(await guard.request("write")).toMatchObject({ code: "ENOTPRIMARY" });
  });
});

it.each([
  ["interval", 0],
  ["interval", 1.5],
  ["pollMs", -1],
  ["checkMsMax", 0],
])("a guard refuses %s %d", (name, value) => {
  expect(() => new GuardWorld().guard({ [name]: value })).toThrow(
    expect.objectContaining({ code: "GUARD_CONFIG", facts: { name, value } }),
  );
});

function raise(message: string): never {
  throw new Error(message);
}
