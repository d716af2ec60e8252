import { HttpReceiver } from "../../src/system/programs/ryw-proxy/http-receiver.ts";
import { HttpSender } from "../../src/system/programs/ryw-proxy/http-sender.ts";
import { MessageProxy } from "../../src/system/programs/ryw-proxy/message-proxy.ts";
import type { HttpRequest } from "../../src/system/programs/ryw-proxy/protocol.ts";
import { nodeId, type NodeEnv } from "../../src/system/ports/node.ts";
import { describeProxy, type App, type Place, type Seen, type WithProxies } from "./proxy.contract.ts";
import { simWorld } from "./sim-world.ts";
import { StagedNode } from "./staged-node.ts";
import { sleep } from "./world.ts";

const withProxies: WithProxies = (body, config = {}) => {
  const nodes = { p1: new StagedNode("p1"), p2: new StagedNode("p2") };
  nodes.p1.lead(1);
  nodes.p2.follow("p1");
  const apps: Record<Place, App> = { p1: async () => ({ status: 200 }), p2: async () => ({ status: 200 }) };
  const seen: Record<Place, Seen[]> = { p1: [], p2: [] };
  let asked = 0;
  const place = (name: Place) => ({
    [name]: async (env: NodeEnv) => {
      new MessageProxy({ env, node: nodes[name], config });
      new HttpReceiver({
        transport: env.transport,
        hops: ["target"],
        handle: async ({ method, path, headers, body: content }) => {
          const request = { method, path, headers: Object.fromEntries(headers), body: content };
          seen[name].push(request);
          const answer = await apps[name](request, (ms) => sleep(env.timers, ms));
          const own = answer.body ?? "";
          return { status: answer.status, headers: answer.headers ?? [], body: method === "HEAD" ? "" : own };
        },
      });
    },
  });
  return simWorld().run(
    async (env) => {
      const sender = new HttpSender(env);
      return body({
        env,
        nodes,
        seen,
        setApp: (name, app) => (apps[name] = app),
        ask: async (name, { method, path, headers = {}, body: content = "" }) => {
          const request: HttpRequest = {
            type: "http.request",
            hop: "client",
            session: `client-${String(++asked)}`,
            id: 1,
            method,
            path,
            headers: Object.entries(headers),
            body: content,
          };
          const answer = await sender.send(nodeId(name), request, new AbortController().signal);
          return {
            status: answer.status,
            body: answer.body,
            header: (wanted) => answer.headers.find(([one]) => one === wanted)?.[1],
            cookies: answer.headers.filter(([one]) => one === "set-cookie").map(([, value]) => value),
          };
        },
      });
    },
    { ...place("p1"), ...place("p2") },
  );
};

describeProxy("simulated", withProxies);
