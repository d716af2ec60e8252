import { EpochBook } from "../../src/system/components/lock/epoch-book.ts";
import { Redlock } from "../../src/system/components/lock/redlock.ts";
import { RedisLock } from "../../src/system/components/lock/redis-lock.ts";
import { nodeId, type NodeEnv } from "../../src/system/ports/node.ts";
import type { Transport } from "../../src/system/ports/transport.ts";
import { SimRedisClient } from "../../src/system/programs/redis/client.ts";
import { redisServer } from "../../src/system/programs/redis/server.ts";
import { LockMember } from "../system/raft/raft-lock-world.ts";
import { describeLock, type WithLocks } from "./lock.contract.ts";
import { simWorld } from "./sim-world.ts";
import { sleep, type Body } from "./world.ts";

/** A transport that delivers nothing to its node while somebody has told it so. */
function deafened(env: NodeEnv): NodeEnv {
  const { transport } = env;
  let isDeaf = false;
  transport.subscribe((_from, message) => {
    if (message.type === "test.silence") isDeaf = message["isSilent"] === true;
  });
  const filtered: Transport = {
    send: (to, message) => transport.send(to, message),
    subscribe: (handler) =>
      transport.subscribe((from, message) => {
        if (!isDeaf && message.type !== "test.silence") handler(from, message);
      }),
  };
  return { ...env, transport: filtered };
}

/** Tells nodes to be deaf, or to hear again. */
async function silence(env: NodeEnv, names: readonly string[]): Promise<() => void> {
  const tell = (isSilent: boolean): void => {
    for (const name of names) env.transport.send(nodeId(name), { type: "test.silence", isSilent });
  };
  tell(true);
  await sleep(env.timers, 50);
  return () => tell(false);
}

const server: Body = async (env) => {
  redisServer.start(deafened(env), {});
};
const client = (env: NodeEnv, name: string): SimRedisClient =>
  new SimRedisClient({ ...env, server: nodeId(name), timeoutMs: 500 });

const withRedisLock: WithLocks = (body) =>
  simWorld().run(
    (env) => {
      const book = new EpochBook();
      const lockOf = (): RedisLock =>
        new RedisLock({ ...env, redis: client(env, "redis"), epochOf: (id) => Promise.resolve(book.epochOf(id)) });
      return body({ env, lock: lockOf(), second: lockOf(), silence: () => silence(env, ["redis"]) });
    },
    { redis: server },
  );

const FIVE = ["r1", "r2", "r3", "r4", "r5"];

const withRedlock: WithLocks = (body) =>
  simWorld().run(
    (env) => {
      const lockOf = (): Redlock => new Redlock({ ...env, servers: FIVE.map((name) => client(env, name)) });
      return body({ env, lock: lockOf(), second: lockOf(), silence: () => silence(env, FIVE.slice(0, 3)) });
    },
    Object.fromEntries(FIVE.map((name) => [name, server])),
  );

const member: Body = async (env) => {
  new LockMember(deafened(env));
};

const withRaftLock: WithLocks = (body) =>
  simWorld().run(
    async (env) => {
      const own = new LockMember(env);
      await sleep(env.timers, 3_000);
      return body({ env, lock: own.lock, second: own.otherLock(), silence: () => silence(env, ["n2", "n3"]) });
    },
    { n2: member, n3: member },
  );

describeLock("RedisLock, simulated Redis", withRedisLock);
describeLock("Redlock, five simulated Redis servers", withRedlock, { mayTie: true, mayTransfer: false });
describeLock("RaftLock, simulated group", withRaftLock);
