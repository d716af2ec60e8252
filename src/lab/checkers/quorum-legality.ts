import type { DeliveredRecord, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsElection, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf } from "./views/fields.ts";

/**
 * Counts the evidence itself: granted votes delivered to the candidate, logs in which the entry is durable, answers that
 * reached the leader after its lease began. What a node says it counted is not looked at.
 */
export const quorumLegality = defineChecker("quorum-legality", {
  invariant: "I06",
  title: "Every quorum is a majority",
  rule: "Each election, commit and lease rests on a strict majority of the voters; learners are never counted and exactly half never suffices.",
  triggers: ["delivered:raft.vote-reply", "state:role", "state:lease", "state:process", "point:raft.commit"],
  premises: needsElection,
  create: (context) => new QuorumLegality(context),
});

class QuorumLegality implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #logs;
  readonly #contacts;
  readonly #world;
  /** For each member as candidate: the term it gathers votes for and who granted one. */
  readonly #granted: { term: number; readonly by: Set<number> }[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#claims = context.views.claims;
    this.#logs = context.views.logs;
    this.#contacts = context.views.contacts;
    this.#world = context.views.world;
    this.#granted = context.cluster.ids.map(() => ({ term: -1, by: new Set<number>() }));
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "delivered") this.#onVote(member, record);
    else if (record.kind === "point") this.#onCommit(member, record);
    else if (record.kind !== "state") return;
    else if (record.key === "role") this.#onRole(member, record);
    else if (record.key === "lease") this.#onLease(member, record);
    else if (record.origin === "world" && record.value === "down") this.#votes(member, -1);
  }

  #onVote(member: number, record: DeliveredRecord): void {
    const voter = this.#context.cluster.number(record.from);
    if (voter < 0 || record.message["granted"] !== true || !this.#context.cluster.of(voter).isVoter) return;
    const term = intOf(record.message, "term");
    const held = this.#granted[member];
    if (held !== undefined && term >= held.term) this.#votes(member, term).add(voter);
  }

  #onRole(member: number, record: StateRecord): void {
    if (record.value !== "leader") return;
    const term = intOf(record.fields, "term");
    const votes = this.#votes(member, term);
    if (this.#context.cluster.of(member).isVoter) votes.add(member);
    const names = [...votes].sort((a, b) => a - b).map((one) => this.#context.cluster.id(one));
    this.#judge(
      record,
      votes.size,
      `${record.node} became leader of term ${String(term)} at ${formatSeconds(record.time)} with the votes of ${names.join(", ") || "nobody"}`,
      "votes",
      term,
    );
  }

  #onCommit(member: number, record: PointRecord): void {
    if (!this.#claims.isLeader(member)) return;
    const index = intOf(record.fields, "index");
    const term = intOf(record.fields, "entryTerm");
    const holders = this.#logs.holders(index, term);
    this.#judge(
      record,
      holders,
      `${record.node} committed entry ${String(index)} of term ${String(term)} at ${formatSeconds(record.time)} while ${String(holders)} of ${String(this.#context.cluster.voters)} voters held it durably`,
      "durable copies",
      term,
    );
  }

  /** A lease that is valid for `leftMs` more began `leaseMs − leftMs` ago: since then a majority must have answered. */
  #onLease(member: number, record: StateRecord): void {
    const { leaseMs, leases } = this.#context.cluster.of(member);
    if (record.value !== "valid" || leases === "off") return;
    const term = intOf(record.fields, "term");
    const leftMs = intOf(record.fields, "leftMs");
    const began = record.time - this.#world.longest(member, leaseMs - leftMs + 1);
    const answered = this.#contacts.answered(member, term, began);
    this.#judge(
      record,
      answered,
      `${record.node} took a lease of term ${String(term)} at ${formatSeconds(record.time)} with ${String(leftMs)} ms left of ${String(leaseMs)}, while ${String(answered)} of ${String(this.#context.cluster.voters)} voters had answered since ${formatSeconds(began)}`,
      "answers",
      term,
    );
  }

  #judge(record: TraceRecord, count: number, message: string, what: string, term: number): void {
    const { quorum, voters } = this.#context.cluster;
    this.#context.judged();
    if (count >= quorum) return;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message,
      expected: `${what} of at least ${String(quorum)} of ${String(voters)} voters`,
      observed: `${what} of ${String(count)}`,
      facts: { term, count, quorum },
    });
  }

  /** Votes of a member's candidacy in `term`; those of an earlier one are void. */
  #votes(member: number, term: number): Set<number> {
    const held = this.#granted[member] as { term: number; readonly by: Set<number> };
    if (held.term !== term) held.by.clear();
    held.term = term;
    return held.by;
  }
}
