import type { PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

/**
 * Two moments are judged: a replica's word that it is on its primary's chain (`replica=streaming`), against where it stands by its
 * own records; and each transaction that it applies, against the chain of the primary that sent it. A replica that has left the
 * chain can only come back through a snapshot.
 */
export const replicaLineage = defineChecker("replica-lineage", {
  invariant: "I22",
  unexercised: "no replica followed a primary",
  title: "Replicas stay on their primary's chain",
  rule: "Every position of a replica lies on its primary's chain of transactions, or it takes a snapshot before it serves as current.",
  triggers: ["point:repl.apply", "point:repl.snapshot", "state:replica"],
  create: (context) => new ReplicaLineage(context),
});

class ReplicaLineage implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #replication;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#replication = context.views.replication;
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") {
      const epoch = intOf(record.fields[record.name === "repl.apply" ? "stream" : "epoch"]);
      const what = record.name === "repl.apply" ? "applied" : "took a snapshot that ends with";
      this.#judge(
        record,
        this.#replication.at(record.fields),
        epoch,
        `${what} transaction ${textOf(record.fields["txid"])}`,
      );
    } else if (record.kind === "state" && record.value === "streaming") {
      const tip = this.#replication.tip(member);
      const where = `transaction ${String(this.#replication.txid(tip))}`;
      this.#judge(record, tip, intOf(record.fields["epoch"]), `says that it is on the primary's chain with ${where}`);
    }
  }

  #judge(record: PointRecord | StateRecord, transaction: number, epoch: number, what: string): void {
    const end = this.#replication.end(epoch);
    // Nothing is known of a primary that has made nothing and whom nobody follows yet.
    if (end < 0) return;
    this.#context.judged();
    if (this.#replication.isOnChain(transaction, end)) return;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} ${what} at ${formatSeconds(record.time)}, but ${transaction < 0 ? "no primary made it" : `it is not on the chain of the primary of epoch ${String(epoch)}`}`,
      expected: `a transaction of the chain that ends with ${String(this.#replication.txid(end))} in epoch ${String(epoch)}`,
      observed: transaction < 0 ? "a transaction of nobody" : "a transaction of another chain",
      facts: { epoch },
    });
  }
}
