import type { DeliveredRecord, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsElection, type CheckerContext, type CheckerFold } from "./checker.ts";
import { weightOf, type VoterSide } from "./views/config-view.ts";
import { intOf, textOf } from "./views/fields.ts";

/**
 * Counts the evidence itself: granted votes delivered to the candidate, logs in which the entry is durable, answers that
 * reached the leader after its lease began. What a node says it counted is not looked at.
 *
 * Judged by the configuration in force at the node that takes the quorum: the founding one as the scenario has it, then what its
 * log holds. Each configuration must be a legal step from the one before, and the same wherever its entry is.
 */
export const quorumLegality = defineChecker("quorum-legality", {
  invariant: "I06",
  title: "Every quorum is a majority",
  rule: "Each election, commit and lease rests on a strict majority, by weight, of the voters of the configuration in force, of both sides while it changes; learners are never counted, exactly half never suffices, and the quorums of consecutive configurations meet.",
  triggers: [
    "delivered:raft.vote-reply",
    "state:role",
    "state:lease",
    "state:process",
    "point:raft.commit",
    "point:raft.config",
  ],
  premises: needsElection,
  create: (context) => new QuorumLegality(context),
});

class QuorumLegality implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #logs;
  readonly #contacts;
  readonly #configs;
  readonly #world;
  /** For each member as candidate: the term it gathers votes for, who granted one, and the disk that remembers it. */
  readonly #granted: { term: number; readonly by: Map<number, string> }[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#claims = context.views.claims;
    this.#logs = context.views.logs;
    this.#contacts = context.views.contacts;
    this.#configs = context.views.configs;
    this.#world = context.views.world;
    this.#granted = context.cluster.ids.map(() => ({ term: -1, by: new Map<number, string>() }));
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "delivered") this.#onVote(member, record);
    else if (record.kind === "point") {
      if (record.name === "raft.commit") this.#onCommit(member, record);
      else this.#onConfig(record);
    } else if (record.kind !== "state") return;
    else if (record.key === "role") this.#onRole(member, record);
    else if (record.key === "lease") this.#onLease(member, record);
    else if (record.origin === "world" && record.value === "down") this.#votes(member, -1);
  }

  #onVote(member: number, record: DeliveredRecord): void {
    const voter = this.#context.cluster.number(record.from);
    if (voter < 0 || record.message["granted"] !== true) return;
    const term = intOf(record.message["term"]);
    const held = this.#granted[member];
    if (held !== undefined && term >= held.term) this.#votes(member, term).set(voter, textOf(record.message["disk"]));
  }

  #onRole(member: number, record: StateRecord): void {
    if (record.value !== "leader") return;
    const term = intOf(record.fields["term"]);
    const votes = this.#votes(member, term);
    const has = (voter: number, disk: string): boolean => voter === member || votes.get(voter) === disk;
    this.#judge(record, member, has, {
      what: "votes",
      term,
      message: () => {
        const names = this.#namesOf(member, has);
        return `${record.node} became leader of term ${String(term)} at ${formatSeconds(record.time)} with the votes of ${names.join(", ") || "nobody"}`;
      },
    });
  }

  #onCommit(member: number, record: PointRecord): void {
    if (!this.#claims.isLeader(member)) return;
    const index = intOf(record.fields["index"]);
    const term = intOf(record.fields["entryTerm"]);
    const has = (voter: number, disk: string): boolean =>
      this.#logs.mayHold(voter, index, term) && (voter === member || this.#contacts.diskOf(member, voter) === disk);
    this.#judge(record, member, has, {
      what: "durable copies",
      term,
      message: (count, voters) =>
        `${record.node} committed entry ${String(index)} of term ${String(term)} at ${formatSeconds(record.time)} while ${String(count)} of ${String(voters)} voters held it durably`,
    });
  }

  /** A lease that is valid for `leftMs` more began `leaseMs − leftMs` ago: since then a majority must have answered. */
  #onLease(member: number, record: StateRecord): void {
    const { leaseMs, leases } = this.#context.cluster.of(member);
    if (record.value !== "valid" || leases === "off") return;
    const term = intOf(record.fields["term"]);
    const leftMs = intOf(record.fields["leftMs"]);
    const began = record.time - this.#world.longest(member, leaseMs - leftMs + 1);
    const has = (voter: number, disk: string): boolean =>
      voter === member ||
      (this.#contacts.hasAnswered(member, voter, term, began) && this.#contacts.diskOf(member, voter) === disk);
    this.#judge(record, member, has, {
      what: "answers",
      term,
      message: (count, voters) =>
        `${record.node} took a lease of term ${String(term)} at ${formatSeconds(record.time)} with ${String(leftMs)} ms left of ${String(leaseMs)}, while ${String(count)} of ${String(voters)} voters had answered since ${formatSeconds(began)}`,
    });
  }

  #onConfig(record: PointRecord): void {
    this.#context.judged();
    const fault = this.#configs.lastFault;
    if (fault === undefined) return;
    const { fields, node, time } = record;
    const describe = `voters ${textOf(fields["voters"])}${textOf(fields["old"]) === "" ? "" : `, before ${textOf(fields["old"])}`}`;
    this.#context.violated({
      record: record.id,
      time,
      nodes: [node],
      message: `${node} put the configuration of entry ${String(intOf(fields["index"]))} of term ${String(intOf(fields["term"]))} in force at ${formatSeconds(time)} (${describe}): ${fault}`,
      expected: "the same entry everywhere, and voters that change only by way of a joint configuration",
      observed: fault,
      facts: { index: intOf(fields["index"]), term: intOf(fields["term"]) },
    });
  }

  #judge(
    record: TraceRecord,
    member: number,
    has: (voter: number, disk: string) => boolean,
    certificate: { what: string; term: number; message: (count: number, voters: number) => string },
  ): void {
    const { voters, old } = this.#configs.of(member);
    this.#context.judged();
    const side = [old, voters].find((one) => one !== undefined && weightOf(one, has) * 2 <= one.total);
    if (side === undefined) return;
    const { what, term } = certificate;
    const count = weightOf(side, has);
    const quorum = Math.floor(side.total / 2) + 1;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${certificate.message(count, side.total)}${this.#sideName(side, old)}`,
      expected: `${what} of at least ${String(quorum)} of ${String(side.total)} voters`,
      observed: `${what} of ${String(count)}`,
      facts: { term, count, quorum },
    });
  }

  #sideName(side: VoterSide, old: VoterSide | undefined): string {
    const names = side.members.map((member) => this.#context.cluster.id(member)).join(", ");
    if (old === undefined) return this.#configs.hasChanged ? ` (the voters are ${names})` : "";
    return ` (while the group changes, of the voters ${side === old ? "before" : "after"}: ${names})`;
  }

  /** Voters of either side of whom `has` is true, in the order of the run's nodes. */
  #namesOf(member: number, has: (voter: number, disk: string) => boolean): string[] {
    const { voters, old } = this.#configs.of(member);
    const numbers = new Set<number>();
    for (const side of [old, voters])
      side?.members.forEach((voter, i) => {
        if (has(voter, side.disks[i] as string)) numbers.add(voter);
      });
    return [...numbers].sort((a, b) => a - b).map((one) => this.#context.cluster.id(one));
  }

  /** Votes of a member's candidacy in `term`; those of an earlier one are void. */
  #votes(member: number, term: number): Map<number, string> {
    const held = this.#granted[member] as { term: number; readonly by: Map<number, string> };
    if (held.term !== term) held.by.clear();
    held.term = term;
    return held.by;
  }
}
