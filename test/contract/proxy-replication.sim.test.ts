import { HttpSender } from "../../src/system/programs/ryw-proxy/http-sender.ts";
import type { HttpRequest } from "../../src/system/programs/ryw-proxy/protocol.ts";
import { rywProxy } from "../../src/system/programs/ryw-proxy/ryw-proxy.ts";
import { nodeId, type NodeEnv, type RunningProgram } from "../../src/system/ports/node.ts";
import { describeReplicatedProxy, IDS, NODE_CONFIG, type WithReplication } from "./proxy-replication.contract.ts";
import { simWorld } from "./sim-world.ts";

const withReplication: WithReplication = (body, proxy = {}) => {
  const running = new Map<string, RunningProgram>();
  const start = async (env: NodeEnv): Promise<void> => {
    const peers = IDS.filter((id) => id !== env.id).map(nodeId);
    running.set(env.id, rywProxy.start({ ...env, peers }, { ...NODE_CONFIG, proxy }));
  };
  let asked = 0;
  return simWorld().run(
    async (env) => {
      const sender = new HttpSender(env);
      return body({
        env,
        transfer: (from, to) => running.get(from)?.control?.({ type: "raft.transfer", to }),
        ask: async (id, { method, path, headers = {}, body: content = "" }) => {
          const request: HttpRequest = {
            type: "http.request",
            hop: "client",
            session: `client-${String(++asked)}`,
            id: 1,
            ...{ method, path, headers: Object.entries(headers), body: content },
          };
          const answer = await sender.send(nodeId(id), request, new AbortController().signal);
          return {
            status: answer.status,
            body: answer.body,
            header: (wanted) => answer.headers.find(([one]) => one === wanted)?.[1],
            cookies: answer.headers.filter(([one]) => one === "set-cookie").map(([, value]) => value),
          };
        },
      });
    },
    Object.fromEntries(IDS.map((id) => [id, start])),
  );
};

describeReplicatedProxy("simulated", withReplication);
