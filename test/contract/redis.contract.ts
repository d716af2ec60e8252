import { describe, expect, it } from "vitest";
import {
  ACQUIRE,
  ANY_SERVER,
  EXTEND,
  fenceKey,
  NO_SERVER,
  RELEASE,
  TAKE_OVER,
} from "../../src/system/components/lock/lock-scripts.ts";
import { EpochBook } from "../../src/system/components/lock/epoch-book.ts";
import { RedisLock } from "../../src/system/components/lock/redis-lock.ts";
import type { NodeEnv } from "../../src/system/ports/node.ts";
import { silentObserver } from "../../src/system/ports/observer.ts";
import { RedisError, type RedisPort } from "../../src/system/ports/redis.ts";
import { sleep } from "./world.ts";

/** What a body may use. `second` is another connection of the same node. */
export interface RedisSetup {
  readonly env: NodeEnv;
  readonly redis: RedisPort;
  readonly second: RedisPort;
  /** Kills the server and starts it again, without its memory; resolves when it serves. */
  restartServer(): Promise<void>;
  /** Stops the server from answering until the returned function is called. */
  pauseServer(): Promise<() => void>;
}

/** Runs a body against one empty server. */
export type WithRedis = <T>(body: (setup: RedisSetup) => Promise<T>) => Promise<T>;

/** What every {@link RedisPort} and the server behind it promise, as far as the lock needs it. */
export function describeRedis(name: string, withRedis: WithRedis): void {
  const acquire = (
    redis: RedisPort,
    token: string,
    ttlMs = 60_000,
    floor = "0",
    server = ANY_SERVER,
  ): Promise<unknown> => redis.eval(ACQUIRE, ["k", fenceKey("k")], [token, String(ttlMs), floor, server]);
  const lockOf = (env: NodeEnv, redis: RedisPort, book: EpochBook): RedisLock =>
    new RedisLock({ ...env, observer: silentObserver, redis, epochOf: (id) => Promise.resolve(book.epochOf(id)) });

  describe(`Redis contract: ${name}`, () => {
    it("reads what was written, deletes it once, and has nothing for a key that is not there", async () => {
      const seen = await withRedis(async ({ redis, second }) => [
        await redis.get("a"),
        await redis.set("a", "ä 漢 🙂\n"),
        await second.get("a"),
        await redis.pttl("a"),
        await redis.del("a"),
        await redis.del("a"),
        await redis.pttl("a"),
      ]);
      expect(seen).toEqual([undefined, true, "ä 漢 🙂\n", Infinity, true, false, undefined]);
    });

    it("writes only if absent when asked to, and replaces value and end otherwise", async () => {
      const seen = await withRedis(async ({ redis }) => [
        await redis.set("a", "1", { onlyIfAbsent: true, ttlMs: 60_000 }),
        await redis.set("a", "2", { onlyIfAbsent: true }),
        await redis.get("a"),
        await redis.set("a", "3"),
        await redis.pttl("a"),
      ]);
      expect(seen).toEqual([true, false, "1", true, Infinity]);
    });

    it("ends a key with its time", async () => {
      const seen = await withRedis(async ({ redis, env }) => {
        await redis.set("a", "1", { ttlMs: 150 });
        const left = (await redis.pttl("a")) ?? -1;
        await sleep(env.timers, 200);
        return [left > 0 && left <= 150, await redis.get("a"), await redis.pttl("a")];
      });
      expect(seen).toEqual([true, undefined, undefined]);
    });

    it("refuses with a definite error, and has done nothing", async () => {
      const { error, after } = await withRedis(async ({ redis }) => {
        await redis.set(fenceKey("k"), "no number");
        const failed: unknown = await acquire(redis, "t1").catch((reason: unknown) => reason);
        return { error: failed, after: await redis.get("k") };
      });
      expect(error).toBeInstanceOf(RedisError);
      expect(error).toMatchObject({ code: "REDIS_REPLY", definite: true });
      expect(after).toBeUndefined();
    });

    it("grants to one token, numbers grants upwards, and confirms a grant whose answer was lost", async () => {
      const seen = await withRedis(async ({ redis, second }) => [
        await acquire(redis, "t1"),
        await acquire(second, "t2"),
        await acquire(redis, "t1"),
        await redis.get("k"),
        await redis.eval(RELEASE, ["k"], ["t1"]),
        await acquire(second, "t2"),
      ]);
      expect(seen).toEqual(["1", null, "1", "t1", 1, "2"]);
    });

    it("starts a confirmed grant's time anew", async () => {
      const left = await withRedis(async ({ redis }) => {
        await acquire(redis, "t1", 20_000);
        await acquire(redis, "t1", 60_000);
        return redis.pttl("k");
      });
      expect(left).toBeGreaterThan(50_000);
    });

    it("grants above the floor, exactly, far beyond 2^53", async () => {
      const seen = await withRedis(async ({ redis }) => {
        const numbers: unknown[] = [];
        for (const floor of ["9", "10", "9", "9007199254740993", "9007199254740992", "4611686018427387904", "0"]) {
          numbers.push(await acquire(redis, "t", 60_000, floor));
          await redis.eval(RELEASE, ["k"], ["t"]);
        }
        return numbers;
      });
      expect(seen).toEqual([
        ...["10", "11", "12", "9007199254740994", "9007199254740995"],
        ...["4611686018427387905", "4611686018427387906"],
      ]);
    });

    it("grants nothing in the name of another server, and says its own run id, one for each life", async () => {
      const seen = await withRedis(async ({ redis, second, restartServer }) => {
        const [word, id] = (await acquire(redis, "t1", 60_000, "0", NO_SERVER)) as [string, string];
        const same = await acquire(second, "t1", 60_000, "0", "ab");
        const before = [await redis.get("k"), await redis.get(fenceKey("k"))];
        const granted = await acquire(redis, "t1", 60_000, "7", id);
        await restartServer();
        const [, next] = (await acquire(redis, "t2", 60_000, "7", id)) as [string, string];
        return { word, isHex: /^[0-9a-f]{40}$/.test(id), same, id, before, granted, isNew: next !== id };
      });
      const { id } = seen;
      const server = ["server", id];
      expect(seen).toEqual({
        ...{ word: "server", isHex: true, same: server, id, before: [undefined, undefined] },
        ...{ granted: "8", isNew: true },
      });
    });

    it("extends and releases nobody else's grant, and makes none by extending", async () => {
      const seen = await withRedis(async ({ redis }) => {
        await acquire(redis, "t1");
        const foreign = [
          await redis.eval(EXTEND, ["k"], ["t2", "60000"]),
          await redis.eval(RELEASE, ["k"], ["t2"]),
          await redis.get("k"),
        ];
        const own = [await redis.eval(EXTEND, ["k"], ["t1", "60000"]), await redis.eval(RELEASE, ["k"], ["t1"])];
        return [...foreign, ...own, await redis.eval(EXTEND, ["k"], ["t1", "60000"]), await redis.get("k")];
      });
      expect(seen).toEqual([0, 0, "t1", 1, 1, 0, undefined]);
    });

    it("passes a grant on by its token alone, under the next number, and says so again to who asks twice", async () => {
      const seen = await withRedis(async ({ redis, second }) => {
        const takeOver = (to: string, from: string): Promise<unknown> =>
          second.eval(TAKE_OVER, ["k", fenceKey("k")], [to, from, "60000"]);
        const nobody = await takeOver("t2", "t1");
        await acquire(redis, "t1", 20_000, "9007199254740993");
        const seen = [nobody, await takeOver("t2", "t0"), await takeOver("t2", "t1"), await takeOver("t2", "t1")];
        const rest = [await takeOver("t3", "t1"), await redis.eval(EXTEND, ["k"], ["t1", "60000"])];
        return [...seen, ...rest, await redis.get("k"), ((await redis.pttl("k")) as number) > 50_000];
      });
      const next = "9007199254740995";
      expect(seen).toEqual([null, null, next, next, null, 0, "t2", true]);
    });

    it("settles a call whose server is silent, as one that may have taken effect, and works again afterwards", async () => {
      const { error, again } = await withRedis(async ({ redis, pauseServer }) => {
        await redis.set("a", "1");
        const resume = await pauseServer();
        const failed: unknown = await redis.set("a", "2").catch((reason: unknown) => reason);
        resume();
        await redis.set("b", "1");
        return { error: failed, again: await redis.get("b") };
      });
      expect(error).toMatchObject({ code: "REDIS_TIMEOUT", definite: false });
      expect(again).toBe("1");
    });

    it("has forgotten everything after a restart without persistence, and runs the scripts again", async () => {
      const seen = await withRedis(async ({ redis, restartServer }) => {
        await acquire(redis, "t1");
        await restartServer();
        return [await redis.get("k"), await acquire(redis, "t2"), await acquire(redis, "t3", 60_000, "7")];
      });
      expect(seen).toEqual([undefined, "1", null]);
    });
  });

  describe(`A Redis lock on ${name}`, () => {
    it("is lost, and says so, when the server forgot it and granted it again; its epoch keeps the numbers growing", async () => {
      const seen = await withRedis(async ({ env, redis, second, restartServer }) => {
        const book = new EpochBook();
        const first = await lockOf(env, redis, book).acquire("job", { ttlMs: 9_000 });
        await restartServer();
        const next = await lockOf(env, second, book).acquire("job", { waitMs: 5_000 });
        const isHeldAfter = first.outcome === "granted" ? await first.lock.extend() : undefined;
        if (first.outcome !== "granted" || next.outcome !== "granted") return [first.outcome, next.outcome];
        const reason: unknown = first.lock.signal.reason;
        await next.lock.release();
        return [first.lock.fencing, next.lock.fencing, isHeldAfter, (reason as { loss?: string }).loss];
      });
      expect(seen).toEqual([4_294_967_297n, 8_589_934_593n, false, "taken"]);
    });
  });
}
