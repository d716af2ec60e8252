import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EpochBook } from "../../../src/system/components/lock/epoch-book.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { LockWorld, type Holder } from "./lock-world.ts";

const TTL_MS = 600;
const END_MS = 15_000;
const HOLDERS = ["a", "b", "c"] as const;

interface Loss {
  readonly how: "failover" | "crash";
  readonly atMs: number;
  readonly forMs: number;
  readonly loseMs: number;
}

const losses = fc.array(
  fc.record<Loss>({
    how: fc.constantFrom("failover", "crash"),
    atMs: fc.integer({ min: 0, max: 12_000 }),
    forMs: fc.integer({ min: 0, max: 1_500 }),
    loseMs: fc.integer({ min: 0, max: 3_000 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Takes the lock again and again, and keeps it for a while. */
async function user({ env, lock }: Holder): Promise<void> {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => env.timers.create("work", resolve).arm(ms));
  while (env.clock.monotonic() < END_MS - 3_000) {
    await sleep(env.random.integer(0, 200));
    const got = await lock.acquire("job", { ttlMs: TTL_MS, waitMs: env.random.integer(0, 1) * 2_000 });
    if (got.outcome !== "granted") continue;
    await sleep(env.random.integer(0, 1_500));
    await got.lock.release();
  }
}

function worldOf(seed: string, plan: readonly Loss[], book: EpochBook | undefined): LockWorld {
  const bodies = Object.fromEntries(HOLDERS.map((id) => [id, user]));
  const epochs = book === undefined ? {} : { epochOf: (id: string) => Promise.resolve(book.epochOf(id)) };
  const network = { lossPpm: 20_000, latency: { uniform: { min: 500, max: 20_000 } } };
  const world = new LockWorld(bodies, { seed, network, ...epochs });
  const redis = nodeId("redis");
  for (const { how, atMs, forMs, loseMs } of plan) {
    world.at(atMs, (cluster) => {
      if (how === "failover") cluster.node(redis).control({ type: "redis.failover", loseMs });
      else cluster.crash(redis);
    });
    world.at(atMs + forMs, (cluster) => {
      if (how === "failover") cluster.node(redis).control({ type: "redis.serve" });
      else cluster.restart(redis);
    });
  }
  return world;
}

describe("the lock on a server that forgets", () => {
  it("never gives a number twice, and keeps its other rules, when its users agree on the server's lives", async () => {
    let grants = 0;
    let forgotten = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_000_000 }).map(String), losses, async (seed, plan) => {
        const world = await worldOf(seed, plan, new EpochBook()).run(END_MS);
        expect(world.complaints()).toEqual([]);
        grants += world.grants.filter((line) => line.endsWith(" grant")).length;
        forgotten += world.grants.filter((line) => line.endsWith(" forget")).length;
      }),
      { numRuns: 60 },
    );
    expect(grants).toBeGreaterThan(300);
    expect(forgotten).toBeGreaterThan(20);
  });

  it("gives numbers twice without an agreement", async () => {
    const plan: Loss[] = [{ how: "failover", atMs: 6_000, forMs: 100, loseMs: 3_000 }];
    const world = await worldOf("1", plan, undefined).run(END_MS);
    expect(world.complaints()).toEqual([expect.stringMatching(/^fencing-grows: /)]);
  });
});
