import { describe, expect, it } from "vitest";
import type { Acquisition, HeldLock, LockPort, TransferableLock } from "../../src/system/components/lock/lock-port.ts";
import { LockLostError } from "../../src/system/components/lock/lock-port.ts";
import type { NodeEnv } from "../../src/system/ports/node.ts";
import { sleep, until } from "./world.ts";

/** What a body may use. `second` is another user of the same locks. */
export interface LockSetup {
  readonly env: NodeEnv;
  readonly lock: LockPort;
  readonly second: LockPort;
  /** Keeps whoever grants from answering until the returned function is called. */
  silence(): Promise<() => void>;
}

/** Runs a body against locks that nobody has. */
export type WithLocks = <T>(body: (setup: LockSetup) => Promise<T>) => Promise<T>;

/** The lock that was granted, or a failed test. */
function granted(got: Acquisition): HeldLock {
  if (got.outcome !== "granted") throw new Error(`expected a grant, got ${got.outcome}`);
  return got.lock;
}

/**
 * What every {@link LockPort} promises, whoever grants.
 *
 * @param options.mayTie Whether several who ask at once may all go away without: a vote that no majority wins.
 * @param options.mayTransfer Whether it is a {@link TransferableLock} too. Default true.
 */
export function describeLock(
  name: string,
  withLocks: WithLocks,
  options: { mayTie?: boolean; mayTransfer?: boolean } = {},
): void {
  describe(`Lock contract: ${name}`, () => {
    it("grants to one at a time and to the next after the release, with growing fencing numbers", async () => {
      const seen = await withLocks(async ({ lock, second }) => {
        const first = granted(await lock.acquire("job"));
        const busy = await second.acquire("job");
        const released = await first.release();
        const next = granted(await second.acquire("job"));
        const seen = { busy: busy.outcome, released, isHeld: first.isHeld(), grows: next.fencing > first.fencing };
        await next.release();
        return { ...seen, differ: first.token !== next.token };
      });
      expect(seen).toEqual({ busy: "busy", released: "released", isHeld: false, grows: true, differ: true });
    });

    it("keeps keys apart", async () => {
      const outcomes = await withLocks(async ({ lock, second }) => {
        const locks = [granted(await lock.acquire("a")), granted(await second.acquire("b"))];
        const held = locks.map((one) => one.isHeld());
        for (const one of locks) await one.release();
        return held;
      });
      expect(outcomes).toEqual([true, true]);
    });

    it("grants to one of many that ask at once, and to others afterwards", async () => {
      const outcomes = await withLocks(async ({ lock, second }) => {
        const asked = [lock, second, lock, second, lock].map((one) => one.acquire("job"));
        const got = await Promise.all(asked);
        for (const one of got) if (one.outcome === "granted") await one.lock.release();
        const after = granted(await lock.acquire("job", { waitMs: 5_000 }));
        await after.release();
        return got.map(({ outcome }) => outcome).sort();
      });
      const winners = outcomes.filter((outcome) => outcome === "granted").length;
      expect(winners).toBe(options.mayTie === true ? Math.min(winners, 1) : 1);
    });

    it("outlives its TTL by extending, and ends by itself without", async () => {
      const seen = await withLocks(async ({ env, lock, second }) => {
        const extended = granted(await lock.acquire("long", { ttlMs: 900 }));
        const alone = granted(await lock.acquire("short", { ttlMs: 900, autoExtend: false }));
        await sleep(env.timers, 1_400);
        const outcomes = [(await second.acquire("long")).outcome, (await second.acquire("short")).outcome];
        const seen = { outcomes, held: [extended.isHeld(), alone.isHeld()], lost: alone.signal.reason as unknown };
        await extended.release();
        return { ...seen, aborted: extended.signal.aborted };
      });
      expect(seen).toMatchObject({ outcomes: ["busy", "granted"], held: [true, false], aborted: false });
      expect(seen.lost).toBeInstanceOf(LockLostError);
      expect(seen.lost).toMatchObject({ loss: "expired" });
    });

    it("waits for its turn, and gives up in time", async () => {
      const seen = await withLocks(async ({ env, lock, second }) => {
        const first = granted(await lock.acquire("job"));
        const beganMs = env.clock.monotonic();
        const vain = await second.acquire("job", { waitMs: 500 });
        const tookMs = env.clock.monotonic() - beganMs;
        const waiting = second.acquire("job", { waitMs: 10_000 });
        await sleep(env.timers, 300);
        await first.release();
        const next = granted(await waiting);
        await next.release();
        return { vain: vain.outcome, isInTime: tookMs >= 500 && tookMs < 2_000 };
      });
      expect(seen).toEqual({ vain: "busy", isInTime: true });
    });

    it("extends by hand, and neither extends nor releases what is over", async () => {
      const seen = await withLocks(async ({ env, lock, second }) => {
        const first = granted(await lock.acquire("job", { ttlMs: 900, autoExtend: false }));
        await sleep(env.timers, 500);
        const extended = await first.extend();
        const leftMs = first.leftMs();
        await until(env.timers, () => !first.isHeld());
        const next = granted(await second.acquire("job", { waitMs: 5_000 }));
        const seen = [extended, leftMs > 500, await first.extend(), await first.release(), next.isHeld()];
        return [...seen, (await lock.acquire("job")).outcome, await next.release()];
      });
      expect(seen).toEqual([true, true, false, "lost", true, "busy", "released"]);
    });

    it("grants nothing and holds nothing beyond its deadline while nobody answers, and works again afterwards", async () => {
      const seen = await withLocks(async ({ env, lock, second, silence }) => {
        const first = granted(await lock.acquire("job", { ttlMs: 2_000 }));
        const resume = await silence();
        const other = await second.acquire("job");
        await sleep(env.timers, 2_100);
        const seen = [other.outcome, first.isHeld(), first.signal.aborted, await first.release()];
        resume();
        const next = granted(await second.acquire("job", { waitMs: 20_000 }));
        return [...seen, await next.release()];
      });
      expect(seen).toEqual(["unavailable", false, true, "unknown", "released"]);
    });

    if (options.mayTransfer !== false)
      it("passes a grant from hand to hand under a larger number, and to nobody who does not know it", async () => {
        const seen = await withLocks(async ({ env, lock, second }) => {
          const [from, to] = [lock as TransferableLock, second as TransferableLock];
          const first = granted(await from.acquire("job", { ttlMs: 5_000 }));
          const stolen = await to.takeOver("job", "not its token");
          const token = first.offer() as string;
          const after = [first.isHeld(), await first.extend(), first.offer(), (await to.acquire("job")).outcome];
          const next = granted(await to.takeOver("job", token, { ttlMs: 900 }));
          const again = await from.takeOver("job", token);
          await sleep(env.timers, 1_400);
          const grows = next.fencing > first.fencing;
          const seen = { stolen: stolen.outcome, after, again: again.outcome, grows, isHeld: next.isHeld() };
          return { ...seen, aborted: first.signal.aborted, released: [await first.release(), await next.release()] };
        });
        expect(seen).toEqual({
          ...{ stolen: "busy", after: [false, false, undefined, "busy"], again: "busy", grows: true, isHeld: true },
          ...{ aborted: false, released: ["lost", "released"] },
        });
      });

    it("refuses keys and times out of range", async () => {
      const codes = await withLocks(async ({ lock }) => {
        const asked = [lock.acquire(""), lock.acquire("k", { ttlMs: 9 }), lock.acquire("k", { waitMs: -1 })];
        const settled = await Promise.allSettled(asked);
        return settled.map((one) => (one.status === "rejected" ? (one.reason as { code: string }).code : one.status));
      });
      expect(codes).toEqual(["LOCK_KEY", "LOCK_TTL_RANGE", "LOCK_WAIT_RANGE"]);
    });
  });
}
