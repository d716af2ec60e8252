import { Redis } from "ioredis";
import { spawnSync } from "node:child_process";
import { describe, it } from "vitest";
import { RedisLock } from "../../src/system/components/lock/redis-lock.ts";
import { RedisLeaseNotes } from "../../src/system/components/replication/lease-notes.ts";
import { LockLeaser } from "../../src/system/components/replication/lock-leaser.ts";
import { START } from "../../src/system/components/replication/position.ts";
import { IoRedisClient } from "../../src/system/live/ioredis-client.ts";
import { nodeId } from "../../src/system/ports/node.ts";
import { describeLeaser, type WithLeasers } from "./leaser.contract.ts";
import { liveWorld } from "./live-world.ts";
import { RedisServer } from "./redis-server.ts";
import { sleep } from "./world.ts";

const TTL_MS = 1_000;

const withLeasers: WithLeasers = async (body) => {
  const server = await RedisServer.start();
  const clients: Redis[] = [];
  try {
    await liveWorld().run(async (env) => {
      const leaserOf = (id: string): LockLeaser => {
        const client = new Redis({ port: server.port, retryStrategy: () => 20, maxRetriesPerRequest: null });
        client.on("error", () => undefined);
        clients.push(client);
        const redis = new IoRedisClient(client, { timeoutMs: TTL_MS / 4 });
        const { clock, timers } = env;
        const lock = new RedisLock({ ...env, redis });
        const notes = new RedisLeaseNotes(redis, "lease");
        const standing = () => ({ maxEpoch: 0, epoch: 0, position: START });
        return new LockLeaser({ id: nodeId(id), clock, timers, lock, notes, ttlMs: TTL_MS, standing });
      };
      const [primary, other] = [leaserOf("n1"), leaserOf("n2")];
      await body({
        primary: {
          type: primary.type,
          acquire: async () => {
            const lease = await primary.acquire();
            await other.refresh();
            return lease;
          },
          acquireExisting: (lease) => primary.acquireExisting(lease),
          primaryInfo: () => primary.primaryInfo(),
          clusterId: () => primary.clusterId(),
          setClusterId: (id) => primary.setClusterId(id),
        },
        other,
        primaryId: "n1",
        ready: () => Promise.resolve(),
        cutOff: async () => {
          server.signal("SIGSTOP");
          await sleep(env.timers, TTL_MS + 50);
        },
        pass: (ms) => sleep(env.timers, ms),
      });
    });
  } finally {
    server.signal("SIGCONT");
    for (const client of clients) client.disconnect();
    await server.stop();
  }
};

if (spawnSync("redis-server", ["--version"]).status === 0)
  describeLeaser("a lock that a redis-server keeps", withLeasers);
else describe.skip("leaser: a lock that a redis-server keeps", () => it("needs redis-server in the PATH"));
