import { describe, expect, it } from "vitest";
import { HlcOverflowError } from "../../../src/system/components/hlc/hlc-errors.ts";
import { BufferUnavailableError, StaleClaimError } from "../../../src/system/components/receipts/receipt-buffer.ts";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import { SyncWorld, TILL, type OfdTurn } from "./sync-world.ts";

const NOTHING = { synced: 0, failures: 0 };

describe("a sync", () => {
  it("sends what waits in stamp order, each under the lock's number and its id as key, and drains the buffer", async () => {
    const world = await new SyncWorld().create(3);
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 3, failures: 0 });
    expect(world.ofd.sent).toEqual(["r1@1", "r2@1", "r3@1"]);
    expect(await world.receipts()).toEqual(["r1 synced 0", "r2 synced 0", "r3 synced 0"]);
    const [first] = await world.store.list();
    expect(world.ofd.registrations[0]).toMatchObject({ posId: TILL, payload: "sale r1", receiptHlc: first?.hlc });
  });

  it("stamps each sending above the receipt's own stamp and above the sending before", async () => {
    const world = await new SyncWorld().create(3);
    await world.worker.triggerSync();
    const stamps = world.ofd.registrations.map(({ hlc }) => hlc);
    expect(stamps).toEqual([...new Set(stamps)].toSorted());
    const lastStored = (await world.store.list()).at(-1)?.hlc ?? "";
    expect((stamps[0] ?? "") > lastStored).toBe(true);
  });

  it("keeps the OFD's stamp with a synced receipt", async () => {
    const world = await new SyncWorld().create(1);
    await world.worker.triggerSync();
    expect((await world.store.list())[0]?.serverHlc).toMatch(/-ofd$/);
  });

  it("asks for the lock as it is configured, holds it while it sends, and gives it back", async () => {
    const world = await new SyncWorld({ lockKey: "sync:shop", lockTtlMs: 5_000, lockWaitMs: 700 }).create(1);
    const held: boolean[] = [];
    world.ofd.otherwise = () => {
      held.push(world.lock.held.isHeld());
      return "accept";
    };
    await world.worker.triggerSync();
    expect(world.lock.asked).toEqual(["sync:shop 5000 700"]);
    expect(held).toEqual([true]);
    expect(world.lock.holder).toBeUndefined();
  });

  it("is drained at once when nothing waits, and calls nobody", async () => {
    const world = new SyncWorld();
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", ...NOTHING });
    expect(world.ofd.sent).toEqual([]);
  });

  it("is skipped while somebody else holds the lock, and claims nothing", async () => {
    const world = await new SyncWorld().create(1);
    await world.lock.acquire("sync");
    expect(await world.worker.triggerSync()).toEqual({ result: "skipped", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 pending 0"]);
    expect(world.ofd.sent).toEqual([]);
  });

  it("fails closed: sends nothing and claims nothing when the lock cannot be asked for", async () => {
    const world = await new SyncWorld().create(1);
    world.lock.isAway = true;
    expect(await world.worker.triggerSync()).toEqual({ result: "unavailable", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 pending 0"]);
    expect(world.ofd.sent).toEqual([]);
  });

  it("claims at most a batch at once, and goes on until nothing is left", async () => {
    const world = await new SyncWorld({ batchMax: 2 }).create(5);
    const syncing: number[] = [];
    world.ofd.otherwise = () => {
      void world.store.counts().then((counts) => syncing.push(counts.syncing));
      return "accept";
    };
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained", synced: 5 });
    expect(syncing).toEqual([2, 1, 2, 1, 1]);
  });

  it("lets one of three that are asked for at once through, and tells the others that it skipped", async () => {
    const world = await new SyncWorld().create(10);
    const reports = await Promise.all([1, 2, 3].map(() => world.worker.triggerSync()));
    expect(reports.map(({ result }) => result)).toEqual(["drained", "skipped", "skipped"]);
    expect(world.ofd.sent).toHaveLength(10);
    expect(world.ofd.accepted).toHaveLength(10);
  });

  it("says what it does: locking, running under its number, idle, and each request with its end", async () => {
    const world = await new SyncWorld().create(1);
    await world.worker.triggerSync();
    expect(world.told).toEqual([
      "0 sync=idle",
      "0 sync.trigger manual",
      "0 sync=locking",
      "0 sync=running 1",
      "0 sync=idle",
      "0 sync.done manual drained 1 0",
    ]);
  });

  it("goes on saying that it runs while a second request finds the lock taken", async () => {
    const world = await new SyncWorld().create(1);
    world.ofd.turns.push("hang");
    await world.begin();
    expect(await world.worker.triggerSync()).toMatchObject({ result: "skipped" });
    expect(world.told.filter((line) => line.includes("sync="))).toEqual([
      "0 sync=idle",
      "0 sync=locking",
      "0 sync=running 1",
    ]);
  });
});

describe("a failing OFD", () => {
  const TRANSIENT: readonly OfdTurn[] = ["OFD_FAILED", "OFD_UNAVAILABLE", "OFD_LOST", "OFD_TIMEOUT", "OFD_IN_FLIGHT"];

  it.each(TRANSIENT)(
    "ends the batch at %s: that receipt counts a retry, those behind it are not tried",
    async (turn) => {
      const world = await new SyncWorld().create(4);
      world.ofd.turns.push("accept", turn);
      expect(await world.worker.triggerSync()).toEqual({ result: "failed", synced: 1, failures: 1 });
      expect(world.ofd.sent).toEqual(["r1@1", "r2@1"]);
      expect(await world.receipts()).toEqual(["r1 synced 0", "r2 pending 1", "r3 pending 0", "r4 pending 0"]);
    },
  );

  it("gets the failed receipt first at the next sync, under a larger number", async () => {
    const world = await new SyncWorld().create(3);
    world.ofd.turns.push("accept", "OFD_FAILED");
    await world.worker.triggerSync();
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 2, failures: 0 });
    expect(world.ofd.sent.slice(2)).toEqual(["r2@2", "r3@2"]);
  });

  it("that accepted and did not answer in time is asked again under the same key, and accepts once", async () => {
    const world = await new SyncWorld().create(1);
    world.ofd.turns.push("lost");
    const { report } = await world.begin();
    await world.pass(60_000);
    expect(await report).toEqual({ result: "failed", synced: 0, failures: 1 });
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained", synced: 1 });
    expect(world.ofd.sent).toEqual(["r1@1", "r1@2"]);
    expect(world.ofd.accepted).toEqual(["r1"]);
  });

  it("gives a receipt up at the 20th failure, says so, and goes on with the batch", async () => {
    const world = await new SyncWorld().create(2);
    for (let tries = 1; tries <= 19; tries++) {
      world.ofd.turns.push("OFD_FAILED");
      await world.worker.triggerSync();
      world.breaker.reset();
    }
    expect(await world.receipts()).toEqual(["r1 pending 19", "r2 pending 0"]);
    world.ofd.turns.push("OFD_FAILED");
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 1, failures: 1 });
    expect(await world.receipts()).toEqual(["r1 failed 20", "r2 synced 0"]);
    expect(world.told.filter((line) => line.includes("sync.dead"))).toEqual([`0 sync.dead r1 ${TILL} 20`]);
  });

  it("is given up as early as it is configured", async () => {
    const world = await new SyncWorld({ retriesMax: 1 }).create(1);
    world.ofd.turns.push("OFD_FAILED");
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 0, failures: 1 });
    expect(await world.receipts()).toEqual(["r1 failed 1"]);
  });

  it("that refuses a receipt for good has it given up at once, and the rest goes on", async () => {
    const world = await new SyncWorld().create(3);
    world.ofd.turns.push("accept", "OFD_REFUSED");
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 2, failures: 1 });
    expect(await world.receipts()).toEqual(["r1 synced 0", "r2 failed 1", "r3 synced 0"]);
    expect(world.told).toContain(`0 sync.dead r2 ${TILL} 1`);
  });

  it("that saw a larger number ends the sync as a lost lock, without a retry", async () => {
    const world = await new SyncWorld().create(2);
    world.ofd.turns.push("OFD_STALE_TOKEN");
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 pending 0", "r2 pending 0"]);
  });

  it.each(["OFD_STALE_TOKEN", "OFD_IN_FLIGHT", "OFD_REFUSED"] as const)("opens no breaker by %s", async (code) => {
    const world = await new SyncWorld({ batchMax: 50 }).create(6);
    for (let i = 0; i < 6; i++) {
      world.ofd.turns.push(code);
      await world.worker.triggerSync();
    }
    expect(world.breaker.getStats()).toMatchObject({ state: "closed", failureCount: 0 });
  });
});

describe("an open breaker", () => {
  it("opens at the fifth failed call; then nothing is called, no retry counts, and the report says when to come back", async () => {
    const world = await new SyncWorld().create(2);
    world.ofd.otherwise = "OFD_FAILED";
    for (let i = 0; i < 5; i++) await world.worker.triggerSync();
    expect(world.breaker.state).toBe("open");
    await world.pass(15_000);
    expect(await world.worker.triggerSync()).toEqual({ result: "breaker-open", retryAfterMs: 45_000, ...NOTHING });
    expect(world.ofd.sent).toHaveLength(5);
    expect(await world.receipts()).toEqual(["r1 pending 5", "r2 pending 0"]);
  });

  it("lets one through after 60 s and closes at the second success", async () => {
    const world = await new SyncWorld().create(3);
    world.breaker.forceOpen();
    await world.pass(59_999);
    expect(await world.worker.triggerSync()).toMatchObject({ result: "breaker-open", retryAfterMs: 1 });
    await world.pass(1);
    const states: string[] = [];
    world.ofd.otherwise = () => {
      states.push(world.breaker.state);
      return "accept";
    };
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained", synced: 3 });
    expect(states).toEqual(["half-open", "half-open", "closed"]);
  });

  it("that opens in the middle of a batch leaves what is behind untried", async () => {
    const world = await new SyncWorld().create(3);
    world.ofd.turns.push(() => {
      world.breaker.forceOpen();
      return "accept";
    });
    expect(await world.worker.triggerSync()).toMatchObject({ result: "breaker-open", synced: 1, failures: 0 });
    expect(await world.receipts()).toEqual(["r1 synced 0", "r2 pending 0", "r3 pending 0"]);
  });
});

describe("a lock that ends under way", () => {
  it("aborts the call: no retry, no failure for the breaker, and the receipt is pending again", async () => {
    const world = await new SyncWorld().create(2);
    world.ofd.turns.push("hang");
    const { report } = await world.begin();
    world.lock.held.lose();
    expect(await report).toEqual({ result: "lock-lost", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 pending 0", "r2 pending 0"]);
    expect(world.breaker.getStats().failureCount).toBe(0);
  });

  it("whose deadline passed unsaid is not believed in before the next receipt", async () => {
    const world = await new SyncWorld().create(2);
    world.ofd.turns.push(() => {
      world.lock.held.expireUnsaid();
      return "accept";
    });
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", synced: 1, failures: 0 });
    expect(world.ofd.sent).toEqual(["r1@1"]);
    expect(await world.receipts()).toEqual(["r1 synced 0", "r2 pending 0"]);
  });

  it("is not believed in before the next claim", async () => {
    const world = await new SyncWorld({ batchMax: 1 }).create(2);
    let claims = 0;
    world.trouble = (call) => {
      if (call === "claim") claims++;
      return undefined;
    };
    world.ofd.turns.push(() => {
      world.lock.held.expireUnsaid();
      return "accept";
    });
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", synced: 1, failures: 0 });
    expect(claims).toBe(1);
    expect(await world.receipts()).toEqual(["r1 synced 0", "r2 pending 0"]);
  });

  it("makes a failure that comes with it no failure of the receipt", async () => {
    const world = await new SyncWorld({ retriesMax: 1 }).create(1);
    world.ofd.turns.push(() => {
      world.lock.held.expireUnsaid();
      return "OFD_REFUSED";
    });
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 pending 0"]);
  });

  it("leaves what the next holder claimed to the next holder, and both agree with the OFD", async () => {
    const world = await new SyncWorld().create(2);
    const next = world.newWorker();
    let taken: ReturnType<typeof next.triggerSync> | undefined;
    world.ofd.turns.push(() => {
      // The old holder believes in its lock still.
      world.lock.held.forget();
      taken = next.triggerSync();
      return "accept";
    });
    const old = await world.worker.triggerSync();
    expect(await taken).toEqual({ result: "drained", synced: 2, failures: 0 });
    expect(old).toEqual({ result: "lock-lost", synced: 1, failures: 0 });
    expect(world.ofd.sent).toEqual(["r1@1", "r1@2", "r2@2"]);
    expect(world.ofd.accepted).toEqual(["r1", "r2"]);
    expect((await world.store.list()).map(({ status, claim }) => `${status} ${claim}`)).toEqual([
      "synced 2",
      "synced 2",
    ]);
  });

  it("ends the sync also where the receipt was to be given up: who has it now decides, and nothing overtakes it", async () => {
    const world = await new SyncWorld({ retriesMax: 1 }).create(2);
    world.ofd.turns.push(() => {
      void world.store.claim({ claim: 2n, limit: 1 });
      return "OFD_FAILED";
    });
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", synced: 0, failures: 1 });
    expect(world.ofd.sent).toEqual(["r1@1"]);
    expect(world.told.filter((line) => line.includes("sync.dead"))).toEqual([]);
    expect(await world.receipts()).toEqual(["r1 syncing 0", "r2 pending 0"]);
  });

  it("of which only the buffer knows ends the sync at the next claim", async () => {
    const world = await new SyncWorld().create(1);
    await world.store.claim({ claim: 9n, limit: 1 });
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", ...NOTHING });
    expect(await world.receipts()).toEqual(["r1 syncing 0"]);
  });

  it("of which a settlement tells ends the sync too", async () => {
    const world = await new SyncWorld().create(1);
    world.trouble = (call) => (call === "settle" ? new StaleClaimError(1n, 2n) : undefined);
    expect(await world.worker.triggerSync()).toEqual({ result: "lock-lost", synced: 1, failures: 0 });
  });

  it("lets a later sync of the same worker run beside the one that lost it, and tells of the later one", async () => {
    const world = await new SyncWorld().create(2);
    world.ofd.turns.push("hang");
    const { report } = await world.begin();
    const old = world.lock.held;
    old.forget();
    world.ofd.turns.push("hang");
    const later = await world.begin();
    old.lose();
    expect(await report).toMatchObject({ result: "lock-lost" });
    expect(world.told.at(-1)).toBe("0 sync.done manual lock-lost 0 0");
    expect(world.told.findLast((line) => line.includes("sync="))).toBe("0 sync=running 2");
    world.lock.held.lose();
    await later.report;
    expect(world.told.findLast((line) => line.includes("sync="))).toBe("0 sync=idle");
  });
});

describe("a buffer in trouble", () => {
  const away = new BufferUnavailableError("no answer came", false);

  it.each(["claim", "settle"] as const)(
    "that does not answer a %s ends the sync and gives the lock back",
    async (at) => {
      const world = await new SyncWorld().create(2);
      world.trouble = (call) => (call === at ? away : undefined);
      const synced = at === "claim" ? 0 : 1;
      expect(await world.worker.triggerSync()).toEqual({ result: "buffer-error", synced, failures: 0 });
      expect(world.lock.holder).toBeUndefined();
    },
  );

  it("keeps what it did not answer for, and the next sync takes it over under a larger number", async () => {
    const world = await new SyncWorld().create(2);
    world.trouble = (call) => (call === "claim" ? "late" : undefined);
    await world.worker.triggerSync();
    expect(await world.receipts()).toEqual(["r1 syncing 0", "r2 syncing 0"]);
    world.trouble = () => undefined;
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 2, failures: 0 });
    expect(world.ofd.sent).toEqual(["r1@2", "r2@2"]);
  });

  it("that did not say whether a receipt is synced has it sent again, and the OFD accepts it once", async () => {
    const world = await new SyncWorld().create(1);
    world.trouble = (call) => (call === "settle" ? away : undefined);
    await world.worker.triggerSync();
    world.trouble = () => undefined;
    expect(await world.worker.triggerSync()).toEqual({ result: "drained", synced: 1, failures: 0 });
    expect(world.ofd.sent).toEqual(["r1@1", "r1@2"]);
    expect(world.ofd.accepted).toEqual(["r1"]);
  });

  it("that has failed for good ends whoever asked, after the lock was given back", async () => {
    const world = await new SyncWorld().create(1);
    world.trouble = (call) => (call === "settle" ? new FailStopError("the journal is lost") : undefined);
    await expect(world.worker.triggerSync()).rejects.toThrow(FailStopError);
    expect(world.lock.holder).toBeUndefined();
    expect(world.told.at(-1)).toBe("0 sync=idle");
  });
});

describe("a clock that gives no stamp", () => {
  it("sends nothing and counts no retry, and no failure of the OFD", async () => {
    const world = await new SyncWorld().create(2);
    const overflow = new HlcOverflowError({ ms: 1, counter: 65_535, referenceMs: 1, maxOffsetMs: 500 });
    world.hlc.nowWhenDurable = () => Promise.reject(overflow);
    expect(await world.worker.triggerSync()).toEqual({ result: "failed", ...NOTHING });
    expect(world.ofd.sent).toEqual([]);
    expect(await world.receipts()).toEqual(["r1 pending 0", "r2 pending 0"]);
    expect(world.breaker.getStats().failureCount).toBe(0);
  });

  it("for good ends whoever asked", async () => {
    const world = await new SyncWorld().create(1);
    world.hlc.nowWhenDurable = () => Promise.reject(new FailStopError("the bound is damaged"));
    await expect(world.worker.triggerSync()).rejects.toThrow(FailStopError);
  });
});

describe("syncs by themselves", () => {
  it("come an interval after the start, and an interval after each end", async () => {
    const world = new SyncWorld({ intervalMs: 1_000 });
    world.worker.start();
    await world.pass(999);
    expect(world.lock.asked).toEqual([]);
    await world.pass(1);
    expect(world.lock.asked).toHaveLength(1);
    await world.pass(1_000);
    expect(world.told.filter((line) => line.includes("sync.done"))).toEqual([
      "1000 sync.done timer drained 0 0",
      "2000 sync.done timer drained 0 0",
    ]);
  });

  it("never come with an interval of 0", async () => {
    const world = new SyncWorld({ intervalMs: 0 });
    world.worker.start();
    expect(world.time.armedCount).toBe(0);
    await world.pass(86_400_000);
    expect(world.lock.asked).toEqual([]);
  });

  it("back off after each failure for min(2^k, 60) s, half of it at random, and say so", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    world.ofd.otherwise = "OFD_FAILED";
    world.worker.start();
    await world.pass(1_000);
    for (let i = 0; i < 7; i++) {
      world.breaker.reset();
      // The test's random numbers are the upper ends.
      await world.pass(Math.min(2 << i, 60) * 1_000);
    }
    expect(world.draws).toEqual([
      ...["1000…2000", "2000…4000", "4000…8000", "8000…16000", "16000…32000"],
      ...["30000…60000", "30000…60000", "30000…60000"],
    ]);
    expect(world.told.filter((line) => line.includes("backing-off")).slice(0, 2)).toEqual([
      "1000 sync=backing-off",
      "3000 sync=backing-off",
    ]);
  });

  it("never come sooner than an interval, however small the backing off", async () => {
    const world = await new SyncWorld({ intervalMs: 10_000 }).create(1);
    world.ofd.otherwise = "OFD_FAILED";
    world.worker.start();
    await world.pass(10_000);
    await world.pass(9_999);
    expect(world.ofd.sent).toHaveLength(1);
    await world.pass(1);
    expect(world.ofd.sent).toHaveLength(2);
  });

  it("forget their failures when the buffer is drained", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    world.ofd.turns.push("OFD_FAILED", "OFD_FAILED");
    world.worker.start();
    for (const ms of [1_000, 2_000, 4_000]) await world.pass(ms);
    expect(await world.receipts()).toEqual(["r1 synced 2"]);
    expect(world.told.filter((line) => line.startsWith("7000 sync="))).toEqual([
      "7000 sync=locking",
      "7000 sync=running 3",
      "7000 sync=idle",
    ]);
    await world.create(1);
    world.ofd.turns.push("OFD_FAILED");
    await world.pass(1_000);
    expect(world.draws).toEqual(["1000…2000", "2000…4000", "1000…2000"]);
  });

  it("wait as long as an open breaker says", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    world.worker.start();
    world.breaker.forceOpen();
    await world.pass(1_000);
    expect(world.told.at(-1)).toBe("1000 sync=backing-off");
    await world.pass(58_999);
    expect(world.ofd.sent).toEqual([]);
    await world.pass(1);
    expect(world.ofd.sent).toEqual(["r1@2"]);
  });

  it("come no sooner than after an interval though the breaker would let them", async () => {
    const world = await new SyncWorld({ intervalMs: 100_000 }).create(1);
    world.worker.start();
    await world.pass(99_999);
    world.breaker.forceOpen();
    await world.pass(1);
    await world.pass(99_999);
    expect(world.lock.asked).toHaveLength(1);
    await world.pass(1);
    expect(world.ofd.sent).toEqual(["r1@2"]);
  });

  it("that were skipped or lost their lock come again after an interval", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    const { lock: other } = (await world.lock.acquire("sync")) as { lock: { release(): Promise<unknown> } };
    world.worker.start();
    await world.pass(1_000);
    await other.release();
    await world.pass(1_000);
    expect(world.ofd.sent).toEqual(["r1@2"]);
  });

  it("do not keep a manual one waiting while they back off", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    world.ofd.turns.push("OFD_FAILED");
    world.worker.start();
    await world.pass(1_000);
    expect(world.told.at(-1)).toBe("1000 sync=backing-off");
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained", synced: 1 });
  });

  it("end when they are stopped, also by a stop while one is under way, which goes on", async () => {
    const world = await new SyncWorld({ intervalMs: 1_000 }).create(1);
    world.ofd.turns.push(() => {
      world.worker.stop();
      return "accept";
    });
    world.worker.start();
    await world.pass(1_000);
    expect(await world.receipts()).toEqual(["r1 synced 0"]);
    expect(world.time.armedCount).toBe(0);
    await world.pass(10_000);
    expect(world.lock.asked).toHaveLength(1);
  });

  it("can be started again, and manual ones go on while they are stopped", async () => {
    const world = new SyncWorld({ intervalMs: 1_000 });
    world.worker.start();
    world.worker.stop();
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained" });
    world.worker.start();
    await world.pass(1_000);
    expect(world.lock.asked).toHaveLength(2);
  });
});

describe("a configuration", () => {
  it.each([
    { batchMax: 0 },
    { batchMax: 51 },
    { batchMax: 1.5 },
    { lockTtlMs: 9 },
    { lockTtlMs: 86_400_001 },
    { lockWaitMs: -1 },
    { intervalMs: -1 },
    { intervalMs: Number.NaN },
    { retriesMax: 0 },
    { lockKey: "" },
    { lockKey: "k".repeat(257) },
  ])("out of range is refused: %j", (config) => {
    expect(() => new SyncWorld(config)).toThrow(expect.objectContaining({ code: "SYNC_CONFIG" }));
  });

  it.each([
    { batchMax: 50, retriesMax: 1 },
    { lockTtlMs: 10, lockWaitMs: 0, intervalMs: 0 },
    { lockKey: "k".repeat(256) },
  ])("at its limits is taken: %j", async (config) => {
    const world = await new SyncWorld(config).create(1);
    expect(await world.worker.triggerSync()).toMatchObject({ result: "drained", synced: 1 });
  });
});
