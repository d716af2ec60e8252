import { SimOfdClient } from "../../src/system/programs/ofd/client.ts";
import { ofdServer } from "../../src/system/programs/ofd/server.ts";
import { nodeId } from "../../src/system/ports/node.ts";
import { describeOfd, type WithOfd } from "./ofd.contract.ts";
import { simWorld } from "./sim-world.ts";
import { sleep } from "./world.ts";

const withOfd: WithOfd = (body, config = {}) => {
  const server = nodeId("ofd");
  const accepted: string[] = [];
  const stamps: string[] = [];
  let attempts = 0;
  return simWorld().run(
    async (env, control) => {
      await sleep(env.timers, 50);
      return body({
        env,
        ofd: new SimOfdClient({ ...env, server, onStamp: (hlc) => stamps.push(hlc) }),
        second: new SimOfdClient({ ...env, server }),
        stamps,
        setMode: async (mode) => {
          env.transport.send(server, { type: "ofd.mode", ...mode });
          await sleep(env.timers, 10);
        },
        accepted: async () => [...accepted],
        attempts: async () => attempts,
        restartServer: async () => {
          control.restart("ofd");
          await sleep(env.timers, 50);
        },
      });
    },
    {
      ofd: async (env) => {
        const point: typeof env.observer.point = (name, fields = {}) => {
          if (name === "ofd.accept") accepted.push(String(fields["key"]));
          if (name === "ofd.attempt") attempts++;
        };
        const running = ofdServer.start(
          { ...env, observer: { ...env.observer, point, state: () => undefined } },
          config,
        );
        // A scenario's word to the program, which this node passes on.
        env.transport.subscribe((_from, message) => {
          if (message.type === "ofd.mode") running.control?.(message);
        });
      },
    },
  );
};

describeOfd("simulated", withOfd);
