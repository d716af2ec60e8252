import type { Micros, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";

interface Acked {
  readonly client: string;
  readonly seq: number;
  readonly key: string;
  readonly by: string;
  readonly record: number;
  readonly time: Micros;
}

/**
 * The half of {@link noLostAck} for writes that one disk alone had when they were acknowledged. They may be lost, but not silently.
 *
 * Judged once, at the end: an acknowledged write is on the last primary's chain, or a replica listed it in a `divergence` and kept
 * it in a file that the world saw become durable. What only a node has that is away cannot be decided.
 */
export class NoSilentLoss implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #requests;
  readonly #replication;
  readonly #claims;
  readonly #world;
  readonly #acked = new Map<string, Acked>();

  constructor(context: CheckerContext) {
    const { views } = context;
    this.#context = context;
    this.#requests = views.requests;
    this.#replication = views.replication;
    this.#claims = views.claims;
    this.#world = views.world;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "delivered") return;
    const write = this.#requests.acknowledged(record.node, record.message);
    if (write === undefined) return;
    const { client, seq, key } = write;
    const name = `${client}#${String(seq)}`;
    if (this.#acked.has(name)) return;
    this.#acked.set(name, { client, seq, key, by: record.node, record: record.id, time: record.time });
  }

  end(endTime: Micros): void {
    if (this.#acked.size === 0) return;
    const primary = this.#lastPrimary();
    if (primary < 0) {
      this.#context.inconclusive(
        `${String(this.#acked.size)} writes were acknowledged, but at the end no primary was there to have them`,
      );
      return;
    }
    const chain = this.#replication.chain(this.#replication.tip(primary));
    for (const [name, acked] of this.#acked) {
      this.#context.judged();
      const transactions = this.#replication.transactionsOf(acked.client, acked.seq);
      if (transactions.some((one) => chain.has(one) || this.#isKept(one))) continue;
      const away = this.#holderAway(transactions, primary);
      if (away !== undefined) {
        this.#context.inconclusive(`write ${name} is known to ${away} alone, which is away at the end`);
        return;
      }
      this.#lost(name, acked, endTime, transactions, primary);
      return;
    }
  }

  #lastPrimary(): number {
    let primary = -1;
    for (let member = 0; member < this.#context.cluster.size; member++) {
      if (!this.#world.isRunning(member) || this.#claims.value(member, "writable") !== "yes") continue;
      if (primary < 0 || (this.#claims.term[member] as number) > (this.#claims.term[primary] as number))
        primary = member;
    }
    return primary;
  }

  #isKept(transaction: number): boolean {
    return this.#replication.divergences.some((one) => one.kept.has(transaction));
  }

  /** A member that has it and cannot be asked. */
  #holderAway(transactions: readonly number[], primary: number): string | undefined {
    const { cluster } = this.#context;
    return cluster.ids.find((_, member) => {
      const isAway = !this.#world.isRunning(member) || !this.#world.isLinked(member, primary);
      return isAway && transactions.some((one) => this.#replication.isOnChain(one, this.#replication.tip(member)));
    });
  }

  #lost(name: string, acked: Acked, endTime: Micros, transactions: readonly number[], primary: number): void {
    const id = this.#context.cluster.id(primary);
    const isListed = this.#replication.divergences.some((one) => transactions.some((each) => one.lost.has(each)));
    const observed =
      transactions.length === 0
        ? "no primary ever made it durable"
        : isListed
          ? "a replica said that it is lost, and kept it nowhere"
          : `${id}, primary at the end, does not have it, and no replica said that it is lost`;
    this.#context.violated({
      record: acked.record,
      time: endTime,
      nodes: [acked.by, id],
      message: `write ${name} of "${acked.key}" was acknowledged to ${acked.by} at ${formatSeconds(acked.time)} and is lost silently at ${formatSeconds(endTime)}: ${observed}`,
      expected: `${name} on the chain of ${id}, or listed in a divergence and kept in lost+found`,
      observed,
      facts: { write: name },
    });
  }
}
