import type { Micros, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import { NoSilentLoss } from "./no-silent-loss.ts";

interface Acked {
  readonly command: number;
  readonly name: string;
  readonly key: string;
  readonly client: string;
  readonly record: number;
  readonly time: Micros;
}

/**
 * Writes are compared by (client, seq) and log index, never by value: a key that was written again later has lost nothing.
 *
 * Judged once, at the end: the newest leader that has committed an entry of its own term has thereby committed everything that
 * ever was, so an acknowledged write above its commit index is lost; and what each live node has applied at the write's index
 * must be that write.
 */
export const noLostAck = defineChecker("no-lost-ack", {
  invariant: "I11",
  unexercised: "no write was acknowledged",
  title: "No acknowledged write is lost",
  rule: "At the end every acknowledged write is in the log of the newest leader's commits and in the store of every live node that has come that far; where one disk was enough (durability: async) it may instead be listed in a divergence and kept in lost+found.",
  triggers: ["delivered:kv.reply"],
  premises: needsHaNode,
  create: (context) => (context.cluster.isAsync ? new NoSilentLoss(context) : new NoLostAck(context)),
});

class NoLostAck implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #requests;
  readonly #store;
  readonly #logs;
  readonly #claims;
  readonly #world;
  readonly #acked: Acked[] = [];
  readonly #seen = new Set<number>();

  constructor(context: CheckerContext) {
    const { views } = context;
    this.#context = context;
    this.#requests = views.requests;
    this.#store = views.store;
    this.#logs = views.logs;
    this.#claims = views.claims;
    this.#world = views.world;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "delivered") return;
    const write = this.#requests.acknowledged(record.node, record.message);
    if (write === undefined) return;
    const command = this.#store.number(write.client, write.seq);
    if (this.#seen.has(command)) return;
    this.#seen.add(command);
    const name = `${write.client}#${String(write.seq)}`;
    this.#acked.push({ command, name, key: write.key, client: record.node, record: record.id, time: record.time });
  }

  end(endTime: Micros): void {
    if (this.#acked.length === 0) return;
    const leader = this.#settledLeader();
    if (leader < 0) {
      this.#context.inconclusive(
        `${String(this.#acked.length)} writes were acknowledged, but at the end no leader of the newest term had committed an entry of its own`,
      );
      return;
    }
    for (const acked of this.#acked) {
      this.#context.judged();
      const index = this.#store.index(acked.command);
      const id = this.#context.cluster.id(leader);
      if (index === 0 || index > this.#logs.commit(leader)) {
        const observed =
          index === 0
            ? "it never took effect"
            : `${id}, leader of term ${String(this.#claims.term[leader])}, has committed up to ${String(this.#logs.commit(leader))} only, and the write was entry ${String(index)}`;
        this.#lost(acked, endTime, [id], observed);
        return;
      }
      for (let member = 0; member < this.#context.cluster.size; member++) {
        if (
          !this.#world.isRunning(member) ||
          this.#store.applied(member) < index ||
          this.#store.at(member, index) === acked.command
        )
          continue;
        const node = this.#context.cluster.id(member);
        this.#lost(acked, endTime, [node], `${node} has applied another command as entry ${String(index)}`);
        return;
      }
    }
  }

  #settledLeader(): number {
    const { cluster } = this.#context;
    for (let member = 0; member < cluster.size; member++) {
      const term = this.#claims.term[member] as number;
      if (!this.#world.isRunning(member) || !this.#claims.isLeader(member) || term !== this.#claims.leaderTermMax)
        continue;
      const commit = this.#logs.commit(member);
      if (commit > 0 && this.#logs.term(member, commit) === term) return member;
    }
    return -1;
  }

  #lost(acked: Acked, endTime: Micros, nodes: readonly string[], observed: string): void {
    this.#context.violated({
      record: acked.record,
      time: endTime,
      nodes: [acked.client, ...nodes],
      message: `write ${acked.name} of "${acked.key}" was acknowledged to ${acked.client} at ${formatSeconds(acked.time)} and is lost at ${formatSeconds(endTime)}: ${observed}`,
      expected: `${acked.name} in the store of every live node`,
      observed,
      related: [],
      facts: { write: acked.name, index: this.#store.index(acked.command) },
    });
  }
}
