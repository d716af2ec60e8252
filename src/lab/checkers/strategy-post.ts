import type { PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

/** A member that ends itself, or has. */
interface Ending {
  /** It said that everything is durable. */
  isFlushed: boolean;
  hasEnded: boolean;
  record: number;
}

/**
 * A rollback is held against the chains of the run's primaries and against the files that the world saw become durable. A shutdown
 * is held against the world: a power loss after it takes nothing that it said is durable, and the node stays away until somebody
 * has cleared it.
 */
export const strategyPost = defineChecker("strategy-post", {
  invariant: "I39",
  unexercised: "nobody was rolled back or shut down",
  title: "Strategies leave what they promise",
  rule: "After a rollback a node is on its primary's chain and what it left is kept; a safe shutdown leaves no leadership, no lock, nothing unflushed, and a node that stays down until it is cleared.",
  triggers: [
    "point:repl.rollback",
    "point:shutdown.step",
    "point:shutdown.cleared",
    "point:disk.lost",
    "state:shutdown",
    "state:role",
    "state:process",
  ],
  create: (context) => new StrategyPost(context),
});

class StrategyPost implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #replication;
  readonly #claims;
  readonly #locks;
  readonly #endings: (Ending | undefined)[] = [];

  constructor(context: CheckerContext) {
    const { views } = context;
    this.#context = context;
    this.#replication = views.replication;
    this.#claims = views.claims;
    this.#locks = views.locks;
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onPoint(member, record);
    else if (record.kind === "state") this.#onState(member, record);
  }

  #onPoint(member: number, record: PointRecord): void {
    const ending = this.#endings[member];
    if (record.name === "repl.rollback") this.#onRollback(member, record);
    else if (record.name === "shutdown.cleared") this.#endings[member] = undefined;
    else if (record.name === "shutdown.step") {
      const isDone = textOf(record.fields["result"]) === "done";
      if (ending !== undefined && textOf(record.fields["step"]) === "leave") ending.isFlushed = isDone;
    } else if (record.name === "disk.lost" && ending?.hasEnded === true && ending.isFlushed) {
      if (textOf(record.fields["what"]) !== "bytes") return;
      const path = textOf(record.fields["path"]);
      const bytes = String(intOf(record.fields["bytes"]));
      this.#violated(
        record,
        `${record.node} had shut itself down and said that everything is durable, but at ${formatSeconds(record.time)} its disk loses ${bytes} bytes of ${path}`,
        "nothing unflushed after a safe shutdown",
        `${bytes} bytes of ${path} lost`,
        [ending.record],
      );
    }
  }

  #onRollback(member: number, record: PointRecord): void {
    this.#context.judged();
    const { fields } = record;
    const epoch = intOf(fields["epoch"]);
    const to = this.#replication.at(fields);
    const end = this.#replication.end(epoch);
    const where = `${record.node} went back to transaction ${textOf(fields["txid"])} at ${formatSeconds(record.time)}`;
    if (end >= 0 && !this.#replication.isOnChain(to, end)) {
      this.#violated(
        record,
        `${where}, which is not on the chain of the primary of epoch ${String(epoch)}`,
        `a transaction of the chain that ends with ${String(this.#replication.txid(end))} in epoch ${String(epoch)}`,
        "a transaction of another chain",
      );
      return;
    }
    const from = textOf(fields["from"]);
    const divergence = this.#replication.divergences.findLast((one) => one.member === member && one.from === from);
    const left = this.#replication.recordOf(this.#replication.atPosition(from));
    const missing = divergence === undefined ? [] : [...divergence.lost].filter((one) => !divergence.kept.has(one));
    if (divergence !== undefined && missing.length === 0) return;
    this.#violated(
      record,
      `${where} and dropped what came after, which ${divergence === undefined ? "it had listed nowhere" : "it had listed, and kept nowhere"}`,
      "every dropped transaction in a durable file of lost+found",
      divergence === undefined
        ? "no record of what was dropped"
        : `${String(missing.length)} transactions kept nowhere`,
      left === undefined ? [] : [left],
    );
  }

  #onState(member: number, record: StateRecord): void {
    const ending = this.#endings[member];
    if (record.key === "shutdown") {
      if (record.value === "under-way")
        this.#endings[member] = { isFlushed: false, hasEnded: false, record: record.id };
      else if (record.value === "ended" && ending !== undefined) this.#onEnded(member, ending, record);
    } else if (record.key === "role" && ending?.hasEnded === true) {
      this.#violated(
        record,
        `${record.node} takes part again (role=${record.value}) at ${formatSeconds(record.time)}, although it shut itself down and nobody has cleared it`,
        "the node stays away until an operator has cleared it",
        `role=${record.value}`,
        [ending.record],
      );
    } else if (record.key === "process" && record.value === "down" && ending?.hasEnded === false) {
      // Something else was quicker: what it had promised by then is nothing.
      this.#endings[member] = undefined;
    }
  }

  #onEnded(member: number, ending: Ending, record: StateRecord): void {
    this.#context.judged();
    ending.hasEnded = true;
    ending.record = record.id;
    const wrong: string[] = [];
    if (this.#claims.isLeader(member)) wrong.push(`role=leader in term ${String(this.#claims.term[member])}`);
    if (this.#claims.value(member, "writable") === "yes") wrong.push("writable=yes");
    for (const key of this.#locks.keys())
      if (this.#locks.claim(key, record.node) !== undefined) wrong.push(`it holds the lock "${key}"`);
    if (wrong.length === 0) return;
    this.#violated(
      record,
      `${record.node} ends its process at ${formatSeconds(record.time)} as safely shut down, but ${wrong.join(", ")}`,
      "not leader, not writable, no lock",
      wrong.join(", "),
    );
  }

  #violated(
    record: PointRecord | StateRecord,
    message: string,
    expected: string,
    observed: string,
    related: readonly number[] = [],
  ): void {
    const { id, time, node } = record;
    this.#context.violated({ record: id, time, nodes: [node], message, expected, observed, related });
  }
}
