import { Redis } from "ioredis";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { IoRedisClient } from "../../src/system/live/ioredis-client.ts";
import { RedisError } from "../../src/system/ports/redis.ts";
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

const isThere = spawnSync("redis-server", ["--version"]).status === 0;

if (isThere) describeRedis("redis-server, ioredis", withRedis);
else describe.skip("Redis contract: redis-server, ioredis", () => it("needs redis-server in the PATH"));

/** What the simulated client cannot know: that nobody is there, or has gone. */
describe.skipIf(!isThere)("ioredis", () => {
  const quiet = (client: Redis): Redis => client.on("error", () => undefined);
  const codeOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "answered",
      (error: unknown) => (error instanceof RedisError ? [error.code, error.definite] : error),
    );

  it("knows at once that a command was not sent, when it may not queue and when it is closed", async () => {
    const server = await RedisServer.start();
    const client = quiet(new Redis(server.port, { enableOfflineQueue: false, retryStrategy: () => 10_000 }));
    try {
      await once(client, "ready");
      expect(await codeOf(new IoRedisClient(client).get("a"))).toBe("answered");
      const closed = once(client, "close");
      await server.stop();
      await closed;
      expect(await codeOf(new IoRedisClient(client).get("a"))).toEqual(["REDIS_UNAVAILABLE", true]);
      client.disconnect();
      expect(await codeOf(new IoRedisClient(client).get("a"))).toEqual(["REDIS_UNAVAILABLE", true]);
    } finally {
      client.disconnect();
      await server.stop();
    }
  });

  it("does not know whether a command took effect whose connection broke", async () => {
    const server = await RedisServer.start();
    const client = quiet(new Redis(server.port, { autoResendUnfulfilledCommands: false, retryStrategy: () => null }));
    try {
      await once(client, "ready");
      server.signal("SIGSTOP");
      const asked = codeOf(new IoRedisClient(client, { timeoutMs: 10_000 }).set("a", "1"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await server.stop();
      expect(await asked).toEqual(["REDIS_LOST", false]);
    } finally {
      client.disconnect();
      await server.stop();
    }
  });
});
