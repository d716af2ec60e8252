import { describe, expect, it } from "vitest";
import type { Acquisition, HeldLock } from "../../../src/system/components/lock/lock-port.ts";
import { LockLostError } from "../../../src/system/components/lock/lock-port.ts";
import { EpochBook } from "../../../src/system/components/lock/epoch-book.ts";
import { fencingEpoch } from "../../../src/system/components/lock/redis-lock.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import type { Timers } from "../../../src/system/ports/timers.ts";
import { granted, LockWorld } from "./lock-world.ts";

const sleep = (timers: Timers, ms: number): Promise<void> =>
  new Promise((resolve) => timers.create("sleep", resolve).arm(ms));

/** A node that takes the lock `job` at a time, in ms, for 3 s each, and keeps it. */
function taker(atMs: number, take: (lock: HeldLock) => void, options = { ttlMs: 3_000, waitMs: 0 }) {
  return async ({
    env,
    lock,
  }: {
    env: { timers: Timers };
    lock: { acquire: (key: string, o: object) => Promise<Acquisition> };
  }) => {
    await sleep(env.timers, atMs);
    const got = await lock.acquire("job", options);
    if (got.outcome === "granted") take(got.lock);
  };
}

describe("acquiring (§2.4)", () => {
  it("counts the deadline from the moment of sending, less 1 % and 2 ms", async () => {
    let left = -1;
    const world = new LockWorld(
      {
        a: async ({ lock }) => {
          left = (await granted(lock.acquire("job", { ttlMs: 3_000 }))).leftMs();
        },
      },
      { network: { latency: { constant: 40_000 } } },
    );
    await world.run(1_000);
    // Asked at 0, answered at 80: 3,000 − 30 − 2 − 80.
    expect(left).toBe(2_888);
  });

  it("gives back a grant that comes so late that it is over, and fails (node-redlock #296)", async () => {
    let got: Acquisition | undefined;
    const world = new LockWorld({
      a: async ({ lock }) => {
        got = await lock.acquire("job", { ttlMs: 500 });
      },
    });
    // The answer arrives while the node is paused, and is heard at 700.
    world.pause("a", { from: 1, to: 700 });
    await world.run(2_000);
    expect(got).toMatchObject({ outcome: "unavailable", error: { code: "LOCK_LATE" } });
    expect(world.holds("job")).toEqual([]);
    expect(world.complaints()).toEqual([]);
  });

  it("finds its own grant again when the answer was lost, with the same number", async () => {
    let fencing = 0n;
    const world = new LockWorld({
      a: async ({ lock }) => {
        fencing = (await granted(lock.acquire("job", { ttlMs: 10_000 }))).fencing;
      },
    });
    // Lost for longer than the client waits: it asks a second time with the same token.
    world.cut("redis", "a", { from: 0, to: 1_050, isBoth: false });
    await world.run(3_000);
    expect(fencing).toBe(1n);
    expect(world.grants).toEqual(["1 grant"]);
    expect(world.complaints()).toEqual([]);
  });

  it("fails closed when Redis cannot be reached, and warns in the seed's words", async () => {
    let got: Acquisition | undefined;
    const world = new LockWorld({
      a: async ({ lock }) => {
        got = await lock.acquire("job");
      },
    });
    world.cut("a", "redis", { from: 0, to: 60_000 });
    await world.run(10_000);
    expect(got).toMatchObject({ outcome: "unavailable", error: { code: "REDIS_TIMEOUT" } });
    expect(world.records).toContainEqual(
      expect.objectContaining({
        kind: "point",
        name: "lock.unavailable",
        fields: {
          key: "job",
          error: "REDIS_TIMEOUT",
          warning: "Redis connection failed. Distributed locking disabled.",
        },
      }),
    );
  });

  it("skips what is busy, or waits for it: a crashed holder's lock comes free with its TTL", async () => {
    const outcomes: string[] = [];
    const world = new LockWorld({
      a: async ({ lock }) => {
        await granted(lock.acquire("job", { ttlMs: 3_000 }));
      },
      b: async ({ env, lock }) => {
        await sleep(env.timers, 500);
        outcomes.push((await lock.acquire("job")).outcome);
        outcomes.push((await lock.acquire("job", { waitMs: 60_000 })).outcome);
      },
    });
    world.at(600, (cluster) => cluster.crash(nodeId("a")));
    await world.run(3_400);
    expect(outcomes).toEqual(["busy", "granted"]);
    expect(world.complaints()).toEqual([]);
  });

  it("gives up waiting in time, with a last attempt at the end", async () => {
    let doneMs = 0;
    const world = new LockWorld({
      a: async ({ lock }) => {
        await granted(lock.acquire("job"));
      },
      b: async ({ env, lock }) => {
        await sleep(env.timers, 500);
        const { outcome } = await lock.acquire("job", { waitMs: 1_000 });
        doneMs = outcome === "busy" ? env.clock.monotonic() : -1;
      },
    });
    await world.run(3_000);
    expect(doneMs).toBe(1_502);
    expect(world.holds("job").filter((line) => line.includes(" b "))).toEqual([
      "500 b waiting",
      "1502 b free not granted",
    ]);
  });

  it("refuses times and keys out of range", async () => {
    const codes: unknown[] = [];
    const world = new LockWorld({
      a: async ({ lock }) => {
        for (const [key, options] of [
          ["", {}],
          ["k", { ttlMs: 9 }],
          ["k", { ttlMs: 0.5 }],
          ["k", { waitMs: -1 }],
        ] as const)
          await lock.acquire(key, options).catch((error: unknown) => codes.push((error as { code: string }).code));
      },
    });
    await world.run(100);
    expect(codes).toEqual(["LOCK_KEY", "LOCK_TTL_RANGE", "LOCK_TTL_RANGE", "LOCK_WAIT_RANGE"]);
  });
});

describe("holding (§2.4)", () => {
  it("outlives many TTLs by extending", async () => {
    let held: HeldLock | undefined;
    const world = new LockWorld({ a: taker(0, (lock) => (held = lock)) }, { network: { lossPpm: 100_000 } });
    await world.run(60_000);
    expect(held?.isHeld()).toBe(true);
    expect(world.grants).toEqual(["1 grant"]);
    expect(world.complaints()).toEqual([]);
  });

  it("ends at its deadline when Redis is out of reach, aborts, and another may have it", async () => {
    const aborts: unknown[] = [];
    const world = new LockWorld({
      a: taker(0, (lock) => lock.signal.addEventListener("abort", () => aborts.push(lock.signal.reason))),
      b: taker(500, () => undefined, { ttlMs: 3_000, waitMs: 60_000 }),
    });
    world.cut("a", "redis", { from: 100, to: 20_000 });
    await world.run(10_000);
    expect(aborts).toEqual([expect.any(LockLostError)]);
    expect(aborts).toMatchObject([{ code: "LOCK_LOST", loss: "expired" }]);
    const [held, waiting, expired, next] = world.holds("job");
    expect([held, waiting, expired]).toEqual(["2 a held", "500 b waiting", "2968 a free expired"]);
    expect(next).toMatch(/^3\d\d\d b held$/);
    expect(world.complaints()).toEqual([]);
  });

  it("survives an outage shorter than what is left, by asking again sooner", async () => {
    let held: HeldLock | undefined;
    const world = new LockWorld({ a: taker(0, (lock) => (held = lock), { ttlMs: 9_000, waitMs: 0 }) });
    world.cut("a", "redis", { from: 2_900, to: 7_500 });
    await world.run(30_000);
    expect(held?.isHeld()).toBe(true);
    expect(world.complaints()).toEqual([]);
  });

  it("is lost after a pause of twice its TTL, before anything else is done", async () => {
    const seen: unknown[] = [];
    const world = new LockWorld({
      a: async ({ env, lock }) => {
        const held = await granted(lock.acquire("job", { ttlMs: 3_000 }));
        await sleep(env.timers, 500); // Due while it is paused: the first thing that runs when it resumes.
        seen.push(env.clock.monotonic(), held.isHeld(), held.signal.aborted, held.leftMs(), await held.extend());
      },
      b: taker(500, (lock) => seen.push(lock.fencing), { ttlMs: 3_000, waitMs: 60_000 }),
    });
    world.pause("a", { from: 400, to: 6_400 });
    await world.run(10_000);
    expect(seen).toEqual([2n, 6_400, false, true, 0, false]);
    expect(world.complaints()).toEqual([]);
  });

  it("is not revived by an extension that is answered after the deadline", async () => {
    let held: HeldLock | undefined;
    const world = new LockWorld({ a: taker(0, (lock) => (held = lock), { ttlMs: 900, waitMs: 0 }) });
    // The extension reaches the server; its answer waits in the paused process until the deadline is past.
    world.pause("a", { from: 303, to: 1_000 });
    await world.run(2_000);
    expect(world.records.filter((one) => one.kind === "point" && one.name === "lock.extend")).toHaveLength(1);
    expect(held?.isHeld()).toBe(false);
    expect(world.holds("job")).toEqual(["2 a held", "1000 a free expired"]);
    expect(world.complaints()).toEqual([]);
  });

  it("stops for good when the server says that it is not ours", async () => {
    let held: HeldLock | undefined;
    const world = new LockWorld({ a: taker(0, (lock) => (held = lock)) });
    world.at(500, (cluster) => cluster.crash(nodeId("redis"))).at(600, (cluster) => cluster.restart(nodeId("redis")));
    await world.run(10_000);
    expect(held?.signal.reason).toMatchObject({ loss: "taken" });
    expect(world.holds("job")).toEqual(["2 a held", "1004 a free taken"]);
    expect(world.records.filter((one) => one.kind === "sent" && one.node === "a")).toHaveLength(2);
  });

  it("holds within a clock that is half a percent slow, on a server that is half a percent fast", async () => {
    const world = new LockWorld(
      {
        a: taker(0, () => undefined, { ttlMs: 60_000, waitMs: 0 }),
        b: taker(500, () => undefined, { ttlMs: 60_000, waitMs: 100_000 }),
      },
      { clocks: { a: { ppm: -4_900 }, redis: { ppm: 4_900 } } },
    );
    world.cut("a", "redis", { from: 100, to: 200_000 });
    await world.run(90_000);
    expect(world.holds("job").map((line) => line.replace(/^\d+ /, ""))).toEqual([
      ...["a held", "b waiting", "a free expired", "b held"],
    ]);
    expect(world.complaints()).toEqual([]);
  });
});

describe("releasing (§2.4)", () => {
  it("is not held at once, ends the grant, and does not abort", async () => {
    const seen: unknown[] = [];
    const world = new LockWorld({
      a: async ({ lock }) => {
        const held = await granted(lock.acquire("job"));
        const releasing = held.release();
        seen.push(held.isHeld(), await releasing, await held.release(), held.signal.aborted);
      },
    });
    await world.run(1_000);
    expect(seen).toEqual([false, "released", "released", false]);
    expect(world.grants).toEqual(["1 grant", "3 release"]);
    expect(world.complaints()).toEqual([]);
  });

  it("leaves another's grant alone, and never rejects", async () => {
    const seen: unknown[] = [];
    const world = new LockWorld({
      a: async ({ env, lock }) => {
        const held = await granted(lock.acquire("job", { ttlMs: 1_000, autoExtend: false }));
        const other = await granted(lock.acquire("other"));
        await sleep(env.timers, 2_000);
        seen.push(await held.release());
        await sleep(env.timers, 1_000);
        seen.push(await other.release());
      },
      b: taker(1_500, () => undefined),
    });
    world.cut("a", "redis", { from: 2_500, to: 9_000 });
    await world.run(6_000);
    expect(seen).toEqual(["lost", "unknown"]);
    expect(world.holds("job").at(-1)).toBe("1502 b held");
    expect(world.complaints()).toEqual([]);
  });
});

describe("fencing", () => {
  /** Two grants, between which the server is restarted without its memory. */
  const twice = (epochOf?: (id: string) => Promise<number>): LockWorld =>
    new LockWorld(
      { a: taker(0, () => undefined), b: taker(500, () => undefined, { ttlMs: 3_000, waitMs: 60_000 }) },
      epochOf === undefined ? {} : { epochOf },
    )
      .at(600, (cluster) => cluster.crash(nodeId("redis")))
      .at(700, (cluster) => cluster.restart(nodeId("redis")));
  const numbers = (world: LockWorld): unknown[] =>
    world.records.flatMap((one) => (one.kind === "point" && one.name === "lock.grant" ? [one.fields["fencing"]] : []));

  it("restarts with a server that forgot, and the checker says so", async () => {
    const world = await twice().run(5_000);
    expect(world.complaints()).toEqual([
      expect.stringMatching(/^fencing-grows: redis granted the lock "job" with fencing number 1 /),
    ]);
  });

  it("grows across a server that forgot when all agree on its lives", async () => {
    const book = new EpochBook();
    const world = await twice((id) => Promise.resolve(book.epochOf(id))).run(5_000);
    expect(numbers(world)).toEqual(["4294967297", "8589934593"]);
    expect(world.complaints()).toEqual([]);
  });

  it("grants nothing on a life whose epoch nobody can tell (fail closed), and goes on when somebody can", async () => {
    const book = new EpochBook();
    let isOut = false;
    const world = twice((id) => (isOut ? Promise.reject(new Error("no quorum")) : Promise.resolve(book.epochOf(id))));
    world.at(650, () => (isOut = true)).at(4_000, () => (isOut = false));
    await world.run(6_000);
    const second = world.grants.filter((line) => line.endsWith(" grant"))[1] ?? "";
    expect(Number(second.split(" ")[0])).toBeGreaterThan(4_000);
    expect(numbers(world)).toEqual(["4294967297", "8589934593"]);
    expect(world.complaints()).toEqual([]);
  });

  it("says what failed when it does not wait", async () => {
    let got: Acquisition | undefined;
    const world = new LockWorld(
      {
        a: async ({ lock }) => {
          got = await lock.acquire("job");
        },
      },
      { epochOf: () => Promise.reject(new Error("no quorum")) },
    );
    await world.run(1_000);
    expect(got).toMatchObject({ outcome: "unavailable", error: { message: "no quorum" } });
    expect(world.grants).toEqual([]);
  });

  it("does not grant on a life that began while its predecessor's epoch was asked for", async () => {
    const book = new EpochBook();
    // Each answer takes so long that the server has another life by then: the third is asked in time.
    const world: LockWorld = new LockWorld(
      { a: taker(100, () => undefined, { ttlMs: 3_000, waitMs: 0 }) },
      {
        epochOf: (id) => {
          const epoch = book.epochOf(id);
          if (epoch < 3) {
            const now = world.kernel.now / 1_000;
            world.at(now, (cluster) => cluster.crash(nodeId("redis")));
            world.at(now, (cluster) => cluster.restart(nodeId("redis")));
          }
          return Promise.resolve(epoch);
        },
      },
    );
    await world.run(3_000);
    expect(numbers(world)).toEqual([(3n * 2n ** 32n + 1n).toString()]);
    expect(world.complaints()).toEqual([]);
  });

  it("asks for the epoch of a server once", async () => {
    const asked: string[] = [];
    const world = new LockWorld(
      {
        a: async ({ lock }) => {
          for (let i = 0; i < 3; i++) await (await granted(lock.acquire("job"))).release();
        },
      },
      {
        epochOf: (id) => {
          asked.push(id);
          return Promise.resolve(1);
        },
      },
    );
    await world.run(1_000);
    expect(asked).toHaveLength(1);
    expect(numbers(world)).toEqual(["4294967297", "4294967298", "4294967299"]);
  });
});

describe("fencingEpoch", () => {
  it("leaves 2^32 numbers to each epoch, and refuses what is no epoch", () => {
    expect([fencingEpoch(0), fencingEpoch(1), fencingEpoch(2_147_483_646)]).toEqual([
      0n,
      4_294_967_296n,
      9_223_372_028_264_841_216n,
    ]);
    for (const epoch of [-1, 0.5, 2_147_483_647, Number.NaN])
      expect(() => fencingEpoch(epoch)).toThrow("an epoch is 0…2^31 − 2");
  });
});
