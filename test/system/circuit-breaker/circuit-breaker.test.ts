import { describe, expect, it } from "vitest";
import { CallTimeoutError, CircuitOpenError } from "../../../src/system/components/circuit-breaker/breaker-errors.ts";
import { CircuitBreaker } from "../../../src/system/components/circuit-breaker/circuit-breaker.ts";
import { BreakerWorld, ManualTime, settled } from "./breaker-world.ts";

async function opened(options: ConstructorParameters<typeof BreakerWorld>[0] = {}): Promise<BreakerWorld> {
  const world = new BreakerWorld(options);
  await world.fail(5);
  return world;
}

async function halfOpen(options: ConstructorParameters<typeof BreakerWorld>[0] = {}): Promise<BreakerWorld> {
  const world = await opened(options);
  await world.time.pass(60_000);
  return world;
}

describe("closed", () => {
  it("opens exactly at the 5th consecutive failure", async () => {
    const world = new BreakerWorld();
    await world.fail(4);
    expect(world.breaker.getStats()).toMatchObject({ state: "closed", failureCount: 4, generation: 0 });
    await world.time.pass(250);
    await world.fail();
    expect(world.breaker.getStats()).toMatchObject({
      state: "open",
      lastFailureMs: 250,
      lastStateChangeMs: 250,
      generation: 1,
    });
    expect(world.edges).toEqual(["0 breaker=closed created", "250 breaker=open failures"]);
  });

  it("starts counting again after a success", async () => {
    const world = new BreakerWorld();
    await world.fail(4);
    await world.succeed();
    await world.fail(4);
    expect(world.breaker.getStats()).toMatchObject({ state: "closed", failureCount: 4 });
  });

  it("passes on what the call returns and what it throws", async () => {
    const breaker = new CircuitBreaker({ clock: new ManualTime() });
    await expect(breaker.call(() => 7)).resolves.toBe(7);
    const error = new Error("down");
    await expect(
      breaker.call(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(breaker.getStats().failureCount).toBe(1);
  });
});

describe("open", () => {
  it("refuses without touching the dependency, and says when to come back", async () => {
    const world = await opened();
    await world.time.pass(59_999);
    await expect(world.breaker.call(() => "reached")).rejects.toMatchObject({
      constructor: CircuitOpenError,
      code: "CIRCUIT_OPEN",
      retryAfterMs: 1,
    });
    expect(world.reached).toBe(5);
  });

  it("turns half-open with the first call at 60 s, not by itself and not by being asked", async () => {
    const world = await opened();
    await world.time.pass(60_000);
    expect(world.breaker.state).toBe("open");
    expect(world.breaker.getStats().state).toBe("open");
    world.begin();
    expect(world.breaker.state).toBe("half-open");
    expect(world.edges.at(-1)).toBe("60000 breaker=half-open recovery-timeout");
  });

  it("is not put off by refused calls, nor by opening it again", async () => {
    const world = await opened();
    for (let i = 0; i < 59; i++) {
      await world.time.pass(1_000);
      world.begin();
      world.breaker.forceOpen();
    }
    await world.time.pass(1_000);
    world.begin();
    expect(world.breaker.state).toBe("half-open");
    expect(world.reached).toBe(6);
  });
});

describe("half-open", () => {
  it("closes at the 2nd consecutive success", async () => {
    const world = await halfOpen();
    await world.succeed();
    expect(world.breaker.getStats()).toMatchObject({ state: "half-open", successCount: 1 });
    await world.succeed();
    expect(world.breaker.getStats()).toMatchObject({
      state: "closed",
      failureCount: 0,
      successCount: 0,
      generation: 3,
    });
  });

  it("lets one probe in at a time", async () => {
    const world = await halfOpen();
    const probe = world.begin();
    await world.time.pass(4_000);
    await expect(world.breaker.call(() => "reached")).rejects.toMatchObject({ retryAfterMs: 6_000 });
    await probe.succeed();
    world.begin();
    expect(world.reached).toBe(7);
  });

  it("lets as many in as it is told", async () => {
    const world = await halfOpen({ halfOpenCallsMax: 3 });
    for (let i = 0; i < 5; i++) world.begin();
    expect(world.reached).toBe(8);
  });

  it("opens for another 60 s at any failure", async () => {
    const world = await halfOpen();
    await world.succeed();
    await world.time.pass(500);
    await world.fail();
    expect(world.edges.at(-1)).toBe("60500 breaker=open probe-failed");
    await world.time.pass(59_999);
    world.begin();
    expect(world.breaker.state).toBe("open");
    await world.time.pass(1);
    world.begin();
    expect(world.breaker.state).toBe("half-open");
  });

  it("takes a hung probe for failed at the call timeout", async () => {
    const world = await halfOpen();
    const probe = world.begin();
    await world.time.pass(9_999);
    expect(world.breaker.state).toBe("half-open");
    await world.time.pass(1);
    expect(world.breaker.state).toBe("open");
    expect(probe.signal.aborted).toBe(true);
    expect(probe.seen).toMatch(/^error CALL_TIMEOUT/);
  });
});

describe("results of an earlier generation", () => {
  it("a late failure from before the trip does not reopen it (cockatiel 3.2.1 does)", async () => {
    const world = new BreakerWorld({ callTimeoutMs: 100_000 });
    const late = world.begin();
    await world.fail(5);
    await world.time.pass(60_000);
    const probe = world.begin();
    await late.fail();
    expect(world.breaker.state).toBe("half-open");
    await probe.succeed();
    await world.succeed();
    expect(world.breaker.state).toBe("closed");
  });

  it("a late success from before the trip does not close it (opossum 9.0.0 does)", async () => {
    const world = new BreakerWorld({ callTimeoutMs: 100_000, successThreshold: 1 });
    const late = world.begin();
    await world.fail(5);
    await late.succeed("late");
    expect(world.breaker.state).toBe("open");
    expect(late.seen).toBe("value late");

    const other = new BreakerWorld({ callTimeoutMs: 100_000, successThreshold: 1 });
    const older = other.begin();
    await other.fail(5);
    await other.time.pass(60_000);
    other.begin();
    await older.succeed();
    expect(other.breaker.state).toBe("half-open");
    await expect(other.breaker.call(() => 0)).rejects.toThrow(CircuitOpenError);
  });

  it("a probe of the last half-open phase neither counts in this one nor frees its permit", async () => {
    const world = await halfOpen({ halfOpenCallsMax: 2 });
    const old = world.begin();
    await world.fail();
    await world.time.pass(60_000);
    world.begin();
    world.begin();
    await old.succeed();
    await expect(world.breaker.call(() => 0)).rejects.toThrow(CircuitOpenError);
    expect(world.breaker.getStats()).toMatchObject({ state: "half-open", successCount: 0 });
  });
});

describe("ignored errors", () => {
  class Refused extends Error {}
  const isIgnored = (error: unknown): boolean => error instanceof Refused;

  it("do not count, and do not end a run of failures", async () => {
    const world = new BreakerWorld({ isIgnored });
    await world.fail(4);
    await world.fail(3, new Refused());
    expect(world.breaker.getStats().failureCount).toBe(4);
    await world.fail();
    expect(world.breaker.state).toBe("open");
  });

  it("free the probe's permit (resilience4j #544, opossum #388)", async () => {
    const world = await halfOpen({ isIgnored });
    await world.fail(1, new Refused());
    expect(world.breaker.getStats()).toMatchObject({ state: "half-open", successCount: 0 });
    await world.succeed(2);
    expect(world.breaker.state).toBe("closed");
  });

  it("a predicate that throws counts a failure and keeps no permit", async () => {
    const world = await halfOpen({
      isIgnored: () => {
        throw new Error("bug");
      },
    });
    await world.fail();
    expect(world.edges.at(-1)).toBe("60000 breaker=open probe-failed");
  });

  it("a caller that aborts frees the permit, aborts the work and is told its own reason", async () => {
    const world = await halfOpen();
    const caller = new AbortController();
    const probe = world.begin(caller.signal);
    caller.abort(new Error("lock lost"));
    await settled();
    expect(probe.seen).toBe("error lock lost");
    expect(probe.signal.aborted).toBe(true);
    await world.succeed(2);
    expect(world.breaker.state).toBe("closed");
    const reached = world.reached;
    await expect(world.breaker.call(() => reached + 1, { signal: caller.signal })).rejects.toThrow("lock lost");
    expect(world.reached).toBe(reached);
  });
});

describe("call timeout", () => {
  it("counts as a failure while closed, and leaves no timer behind", async () => {
    const world = new BreakerWorld();
    for (let i = 0; i < 5; i++) world.begin();
    await world.time.pass(10_000);
    expect(world.breaker.state).toBe("open");
    await world.fail();
    expect(world.time.armedCount).toBe(0);
    await expect(Promise.reject(new CallTimeoutError({ breaker: "ofd", callTimeoutMs: 5 }))).rejects.toThrow("ofd");
  });

  it("judges by the clock when the timer is late: a paused process", async () => {
    const world = new BreakerWorld({ failureThreshold: 1 });
    const call = world.begin();
    await world.time.pass(10_000, { paused: true });
    await call.succeed("late");
    // The caller gets what is true; for the breaker the call took too long.
    expect(call.seen).toBe("value late");
    expect(world.breaker.state).toBe("open");
  });

  it("without timers ends overdue calls when the next one comes", async () => {
    const world = await halfOpen({ withTimers: false });
    const probe = world.begin();
    await world.time.pass(10_000);
    const next = world.begin();
    await settled();
    expect(probe.seen).toMatch(/^error CALL_TIMEOUT/);
    expect(next.seen).toMatch(/^error CIRCUIT_OPEN/);
    expect(world.edges.at(-1)).toBe("70000 breaker=open probe-failed");
  });
});

describe("by hand", () => {
  it("forceOpen and reset are flagged edges", async () => {
    const world = new BreakerWorld({ name: "ofd" });
    const before = world.begin();
    world.breaker.forceOpen();
    world.breaker.reset();
    await before.fail();
    world.breaker.reset();
    expect(world.breaker.getStats()).toMatchObject({ state: "closed", failureCount: 0 });
    expect(world.edges).toEqual([
      "0 breaker>ofd=closed created",
      "0 breaker>ofd=open forced manual",
      "0 breaker>ofd=closed reset manual",
      "0 breaker>ofd=closed reset manual",
    ]);
  });

  it("a forced opening recovers like any other", async () => {
    const world = new BreakerWorld();
    world.breaker.forceOpen();
    await world.time.pass(60_000);
    await world.succeed(2);
    expect(world.breaker.state).toBe("closed");
  });
});

describe("sliding window", () => {
  it("count: opens when half of the last calls failed, and not before there are enough", async () => {
    const world = new BreakerWorld({ window: { kind: "count", size: 4, failurePercent: 50, callsMin: 4 } });
    await world.fail(2);
    await world.succeed(1);
    expect(world.breaker.state).toBe("closed");
    await world.succeed(3);
    await world.fail();
    expect(world.breaker.getStats()).toMatchObject({ state: "closed", failureCount: 1 });
    await world.fail();
    expect(world.breaker.state).toBe("open");
  });

  it("time: forgets what is older than the window", async () => {
    const world = new BreakerWorld({ window: { kind: "time", size: 1_000, failurePercent: 60, callsMin: 3 } });
    await world.fail(2);
    await world.time.pass(1_000);
    await world.fail(2);
    expect(world.breaker.state).toBe("closed");
    await world.time.pass(999);
    await world.fail();
    expect(world.breaker.state).toBe("open");
  });
});

it.each([
  { failureThreshold: 0 },
  { recoveryTimeoutMs: 1.5 },
  { window: { kind: "count", size: 2, failurePercent: 101, callsMin: 1 } },
  { window: { kind: "count", size: 2, failurePercent: 50, callsMin: 3 } },
] as const)("refuses a configuration that cannot work: %j", (config) => {
  expect(() => new CircuitBreaker({ clock: new ManualTime(), ...config })).toThrow("ASSERTION");
});
