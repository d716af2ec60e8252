import { markShown, standingOn } from "../../components/proxy/chain-standing.ts";
import type { ProxyNode } from "../../components/proxy/proxy-node.ts";
import type { NodeEnv, Program, RunningProgram } from "../../ports/node.ts";
import { startHaNode, type HaNodeFacts } from "../ha-node/ha-node.ts";
import type { RywProxyConfig } from "./config.ts";
import { KvApp } from "./kv-app.ts";
import { MessageProxy } from "./message-proxy.ts";

/**
 * A node that serves a web application: an `ha-node` whose replicas follow its primary, an application on its key-value store, and the
 * read-your-writes proxy before that.
 */
export const rywProxy: Program<RywProxyConfig> = {
  name: "ryw-proxy",
  start(env: NodeEnv, config: RywProxyConfig): RunningProgram {
    const { proxy = {}, ...own } = config;
    const { facts, ...running } = startHaNode(env, { ...own, durability: "async" });
    new KvApp(env);
    new MessageProxy({ env, node: proxyNode(env, facts), config: proxy });
    return running;
  },
};

function proxyNode({ id }: NodeEnv, facts: HaNodeFacts): ProxyNode {
  return {
    id,
    get isPrimary() {
      return facts.isPrimary;
    },
    get epoch() {
      return facts.epoch;
    },
    get lagMs() {
      return facts.replication?.lagMs ?? Infinity;
    },
    primary: () => (facts.leader === "" ? undefined : facts.leader),
    position: () => (facts.replication === undefined ? undefined : markShown(facts.replication.database)),
    standing: (mark) => (facts.replication === undefined ? "behind" : standingOn(facts.replication.database, mark)),
  };
}
