import { Redis } from "ioredis";
import { spawnSync } from "node:child_process";
import { describe, it } from "vitest";
import { IoRedisClient } from "../../src/system/live/ioredis-client.ts";
import { liveWorld } from "./live-world.ts";
import { RedisServer } from "./redis-server.ts";
import { describeRedis, type WithRedis } from "./redis.contract.ts";

const withRedis: WithRedis = async (body) => {
  const server = await RedisServer.start();
  const connect = (): Redis => {
    const client = new Redis({ port: server.port, retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on("error", () => undefined);
    return client;
  };
  const clients = [connect(), connect()] as const;
  try {
    return await liveWorld().run((env) =>
      body({
        env,
        redis: new IoRedisClient(clients[0], { timeoutMs: 500 }),
        second: new IoRedisClient(clients[1], { timeoutMs: 500 }),
        restartServer: () => server.restart(),
        pauseServer: async () => {
          server.signal("SIGSTOP");
          return () => server.signal("SIGCONT");
        },
      }),
    );
  } finally {
    for (const client of clients) client.disconnect();
    await server.stop();
  }
};

if (spawnSync("redis-server", ["--version"]).status === 0) describeRedis("redis-server, ioredis", withRedis);
else describe.skip("Redis contract: redis-server, ioredis", () => it("needs redis-server in the PATH"));
