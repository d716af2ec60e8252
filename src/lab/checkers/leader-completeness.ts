import type { PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf } from "./views/fields.ts";

/**
 * A leader's log is compared with what was committed when it is elected and at each entry it makes durable afterwards: entries
 * it holds only in memory at its election are seen then, since a leader never replaces one.
 */
export const leaderCompleteness = defineChecker("leader-completeness", {
  invariant: "I03",
  title: "Leaders hold what is committed",
  rule: "An entry committed in a term is in the log of every leader of a later term, and a leader counts replicas only for entries of its own term.",
  triggers: ["state:role", "point:raft.append", "point:raft.commit"],
  create: (context) => new LeaderCompleteness(context),
});

class LeaderCompleteness implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #logs;
  readonly #claims;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#logs = context.views.logs;
    this.#claims = context.views.claims;
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "state") {
      if (record.value === "leader") this.#onElected(member, record);
    } else if (record.kind === "point") {
      if (record.name === "raft.commit") this.#onCommit(member, record);
      else if (this.#claims.isLeader(member)) this.#compare(member, intOf(record.fields["index"]), record);
    }
  }

  #onElected(member: number, record: TraceRecord): void {
    const top = Math.min(this.#logs.length(member), this.#logs.commitMax);
    if (this.#logs.commitMax > 0) this.#context.judged();
    this.#compare(member, top, record);
  }

  #onCommit(member: number, record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    const entryTerm = intOf(record.fields["entryTerm"]);
    const first = this.#logs.committedTerm(index);
    this.#context.judged();
    if (first !== 0 && first !== entryTerm) {
      this.#violated(
        record,
        `${record.node} takes entry ${String(index)} of term ${String(entryTerm)} as committed at ${formatSeconds(record.time)}, but that of term ${String(first)} was committed before`,
        index,
        first,
        entryTerm,
      );
      return;
    }
    const term = intOf(record.fields["term"]);
    if (this.#claims.isLeader(member) && this.#claims.term[member] === term && entryTerm < term) {
      // §5.4.2: only entries of the leader's own term are committed by counting replicas.
      this.#violated(
        record,
        `${record.node}, leader of term ${String(term)}, committed entry ${String(index)} of term ${String(entryTerm)} by itself at ${formatSeconds(record.time)}`,
        index,
        term,
        entryTerm,
      );
      return;
    }
    for (let other = 0; other < this.#context.cluster.size; other++) {
      if (other === member || !this.#claims.isLeader(other) || (this.#claims.term[other] as number) <= term) continue;
      if (index <= this.#logs.length(other)) this.#compare(other, index, record);
    }
  }

  /** Compares one entry of a leader's log with what is committed there. */
  #compare(member: number, index: number, record: TraceRecord): void {
    if (index < 1 || index > this.#logs.commitMax) return;
    const committed = this.#logs.committedTerm(index);
    const own = this.#logs.term(member, index);
    // A committed entry of a leader's own or a later term says nothing about its election.
    if (committed === 0 || own === committed || committed > (this.#claims.term[member] as number)) return;
    const id = this.#context.cluster.id(member);
    const term = String(this.#claims.term[member]);
    this.#violated(
      record,
      `${id}, leader of term ${term}, does not hold entry ${String(index)} of term ${String(committed)}, which was committed before: its own is of term ${String(own)} (seen at ${formatSeconds(record.time)})`,
      index,
      committed,
      own,
      id,
    );
  }

  #violated(
    record: TraceRecord,
    message: string,
    index: number,
    expected: number,
    observed: number,
    node = record.node,
  ): void {
    const by = this.#logs.committedBy(index);
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [node],
      message,
      expected: `entry ${String(index)} of term ${String(expected)}`,
      observed: `entry ${String(index)} of term ${String(observed)}`,
      related: by >= 0 && by !== record.id ? [by] : [],
      facts: { index, expectedTerm: expected, observedTerm: observed },
    });
  }
}
