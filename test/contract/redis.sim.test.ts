import { SimRedisClient } from "../../src/system/programs/redis/client.ts";
import { redisServer } from "../../src/system/programs/redis/server.ts";
import { nodeId } from "../../src/system/ports/node.ts";
import { describeRedis, type WithRedis } from "./redis.contract.ts";
import { simWorld } from "./sim-world.ts";
import { sleep } from "./world.ts";

const withRedis: WithRedis = (body) =>
  simWorld().run(
    (env, control) => {
      const server = nodeId("redis");
      return body({
        env,
        redis: new SimRedisClient({ ...env, server, timeoutMs: 500 }),
        second: new SimRedisClient({ ...env, server, timeoutMs: 500 }),
        restartServer: async () => {
          control.restart("redis");
          await sleep(env.timers, 50);
        },
        pauseServer: async () => {
          env.transport.send(server, { type: "test.silence", isSilent: true });
          await sleep(env.timers, 50);
          return () => env.transport.send(server, { type: "test.silence", isSilent: false });
        },
      });
    },
    {
      redis: async (env) => {
        let isSilent = false;
        const { transport } = env;
        transport.subscribe((_from, message) => {
          if (message.type === "test.silence") isSilent = message["isSilent"] === true;
        });
        redisServer.start(
          {
            ...env,
            transport: {
              send: (to, message) => transport.send(to, message),
              subscribe: (handler) =>
                transport.subscribe((from, message) => {
                  if (!isSilent) handler(from, message);
                }),
            },
          },
          {},
        );
      },
    },
  );

describeRedis("simulated", withRedis);
