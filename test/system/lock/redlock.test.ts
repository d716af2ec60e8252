import { describe, expect, it } from "vitest";
import { EpochBook } from "../../../src/system/components/lock/epoch-book.ts";
import type { HeldLock, LockPort } from "../../../src/system/components/lock/lock-port.ts";
import { Redlock } from "../../../src/system/components/lock/redlock.ts";
import { RedisLock } from "../../../src/system/components/lock/redis-lock.ts";
import { nodeId, type NodeEnv, type Program } from "../../../src/system/ports/node.ts";
import { SimRedisClient } from "../../../src/system/programs/redis/client.ts";
import { redisServer } from "../../../src/system/programs/redis/server.ts";
import { TestWorld } from "../../sim/world.ts";

const SERVERS = ["r1", "r2", "r3", "r4", "r5"];
const TTL_MS = 1_000;

/** What takes writes: with a number to compare, it refuses one below the largest it saw. */
class Resource {
  readonly taken: string[] = [];
  readonly refused: string[] = [];
  #largest = 0n;

  write(who: string, fencing?: bigint): void {
    if (fencing !== undefined && fencing < this.#largest) {
      this.refused.push(who);
      return;
    }
    this.#largest = fencing ?? 0n;
    this.taken.push(who);
  }
}

type LockOf = (env: NodeEnv) => LockPort;
const client = (env: NodeEnv, server: string): SimRedisClient =>
  new SimRedisClient({ ...env, server: nodeId(server), timeoutMs: 200 });
const redlock: LockOf = (env) => new Redlock({ ...env, servers: SERVERS.map((name) => client(env, name)) });

/** Two holders `a` and `b` on these machines, beside five servers. */
function worldOf(
  bodies: Readonly<Record<string, (lock: LockPort, env: NodeEnv) => Promise<void>>>,
  lockOf: LockOf,
): TestWorld {
  const holder: Program = {
    name: "holder",
    start(env) {
      void bodies[env.id]?.(lockOf(env), env);
      return {};
    },
  };
  const ids = [...SERVERS, ...Object.keys(bodies)];
  const nodes = ids.map((id) => ({
    id: nodeId(id),
    role: "node" as const,
    program: SERVERS.includes(id) ? redisServer : holder,
    config: {},
    peers: [],
  }));
  return new TestWorld(Object.fromEntries(ids.map((id) => [id, () => undefined])), {
    strict: true,
    cluster: { nodes },
  });
}

const sleep = (env: NodeEnv, ms: number): Promise<void> =>
  new Promise((resolve) => env.timers.create("sleep", resolve).arm(ms));

async function take(lock: LockPort, waitMs = 10_000): Promise<HeldLock> {
  const got = await lock.acquire("job", { ttlMs: TTL_MS, waitMs });
  if (got.outcome !== "granted") throw new Error(`expected a grant, got ${got.outcome}`);
  return got.lock;
}

/** `a` looks whether it holds the lock, is paused before its write is sent, and writes when `b` has had the lock and written. */
async function pausedBeforeItsWrite(lockOf: LockOf, write: (who: string, lock: HeldLock) => void): Promise<void> {
  const world = worldOf(
    {
      a: async (lock, env) => {
        const held = await take(lock);
        await sleep(env, 100);
        if (!held.isHeld()) return;
        // The write is on its way from here: nothing that the process could ask would stop it.
        world.at(world.kernel.now / 1_000 + 4_000, () => write("a", held));
        world.at(world.kernel.now / 1_000, () => world.cluster.pause(nodeId("a")));
      },
      b: async (lock, env) => {
        await sleep(env, 500);
        write("b", await take(lock));
      },
    },
    lockOf,
  );
  await world.run(8_000);
}

describe("a holder paused between its look at the lock and its write (Kleppmann 2016)", () => {
  it("overwrites the next holder's write under Redlock, whose token tells nobody who came first", async () => {
    const resource = new Resource();
    await pausedBeforeItsWrite(redlock, (who) => resource.write(who));
    expect(resource.taken).toEqual(["b", "a"]);
  });

  it("is refused by its fencing number under the fenced lock", async () => {
    const resource = new Resource();
    const book = new EpochBook();
    const fenced: LockOf = (env) =>
      new RedisLock({ ...env, redis: client(env, "r1"), epochOf: (id) => Promise.resolve(book.epochOf(id)) });
    await pausedBeforeItsWrite(fenced, (who, { fencing }) => resource.write(who, fencing));
    expect(resource).toMatchObject({ taken: ["b"], refused: ["a"] });
  });
});

describe("Redlock's number", () => {
  it("goes back with another majority, so that a resource that compares it refuses the rightful holder", async () => {
    const resource = new Resource();
    const world = worldOf(
      {
        a: async (lock) => {
          // r4 and r5 are away while the others count up to 5.
          for (let i = 0; i < 5; i++) {
            const held = await take(lock);
            resource.write(`a${String(i + 1)}`, held.fencing);
            await held.release();
          }
        },
        b: async (lock, env) => {
          await sleep(env, 5_000);
          resource.write("b", (await take(lock)).fencing);
        },
      },
      redlock,
    );
    const down = (ms: number, names: readonly string[]): void =>
      void world.at(ms, () => names.forEach((name) => world.cluster.kill(nodeId(name))));
    const up = (ms: number, names: readonly string[]): void =>
      void world.at(ms, () => names.forEach((name) => world.cluster.restart(nodeId(name))));
    down(0.5, ["r4", "r5"]);
    up(4_000, ["r4", "r5"]);
    // r3 comes back without its memory; r1 and r2 are away: a majority that never counted.
    down(4_000, ["r3"]);
    up(4_001, ["r3"]);
    down(4_500, ["r1", "r2"]);
    await world.run(8_000);
    expect(resource.taken).toEqual(["a1", "a2", "a3", "a4", "a5"]);
    expect(resource.refused).toEqual(["b"]);
  });
});
