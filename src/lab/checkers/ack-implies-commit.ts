import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode } from "./checker.ts";

/** Judged when the answer leaves the node, which is before any client can see it. */
export const ackImpliesCommit = defineChecker("ack-implies-commit", {
  invariant: "I10",
  countsVoters: true,
  unexercised: "no write was acknowledged",
  title: "An answer means committed",
  rule: "A write is acknowledged only after its entry is durable on a strict majority of the voters and has taken effect.",
  triggers: ["sent:kv.reply"],
  premises: (run, cluster) =>
    needsHaNode(run, cluster) ?? (cluster.isAsync ? "one disk is enough here (durability: async)" : undefined),
  create(context) {
    const { cluster, views } = context;
    const { requests, store, logs } = views;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "sent" || cluster.number(record.node) < 0) return;
        const write = requests.acknowledged(record.to, record.message);
        if (write === undefined) return;
        context.judged();
        const command = store.number(write.client, write.seq);
        const index = store.index(command);
        const holders = index === 0 ? 0 : logs.holders(index, store.term(command));
        if (holders >= cluster.quorum) return;
        const name = `${write.client}#${String(write.seq)}`;
        const where =
          index === 0
            ? "it has taken effect nowhere"
            : `entry ${String(index)}, which holds it, is durable on ${String(holders)} of ${String(cluster.voters)} voters`;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node, record.to],
          message: `${record.node} acknowledged write ${name} of "${write.key}" to ${record.to} at ${formatSeconds(record.time)} while ${where}`,
          expected: `durable on at least ${String(cluster.quorum)} of ${String(cluster.voters)} voters`,
          observed: index === 0 ? "not committed" : `durable on ${String(holders)}`,
          facts: { client: write.client, seq: write.seq, index, holders },
        });
      },
    };
  },
});
