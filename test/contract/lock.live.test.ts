import { Redis } from "ioredis";
import { spawnSync } from "node:child_process";
import { describe, it } from "vitest";
import { EpochBook } from "../../src/system/components/lock/epoch-book.ts";
import { RedisLock } from "../../src/system/components/lock/redis-lock.ts";
import { IoRedisClient } from "../../src/system/live/ioredis-client.ts";
import { liveWorld } from "./live-world.ts";
import { describeLock, type WithLocks } from "./lock.contract.ts";
import { RedisServer } from "./redis-server.ts";

const withLocks: WithLocks = async (body) => {
  const server = await RedisServer.start();
  const clients: Redis[] = [];
  try {
    return await liveWorld().run((env) => {
      const book = new EpochBook();
      const lockOf = (): RedisLock => {
        const client = new Redis({ port: server.port, retryStrategy: () => 20, maxRetriesPerRequest: null });
        client.on("error", () => undefined);
        clients.push(client);
        const redis = new IoRedisClient(client, { timeoutMs: 500 });
        return new RedisLock({ ...env, redis, epochOf: (id) => Promise.resolve(book.epochOf(id)) });
      };
      const silence = async (): Promise<() => void> => {
        server.signal("SIGSTOP");
        return () => server.signal("SIGCONT");
      };
      return body({ env, lock: lockOf(), second: lockOf(), silence });
    });
  } finally {
    for (const client of clients) client.disconnect();
    await server.stop();
  }
};

if (spawnSync("redis-server", ["--version"]).status === 0)
  describeLock("RedisLock, ioredis and redis-server", withLocks);
else describe.skip("Lock contract: RedisLock, ioredis and redis-server", () => it("needs redis-server in the PATH"));
