import type { Micros, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { livenessPremise } from "./leader-exists.ts";
import { intOf } from "./views/fields.ts";

/** The leadership of the newest term. */
interface Reign {
  readonly member: number;
  readonly term: number;
  readonly since: Micros;
  readonly record: number;
  isJudged: boolean;
  /** It may end: somebody is in a later term already, or the leader hands over or is unhealthy. */
  mayEnd: boolean;
}

/**
 * A reign is settled once leader and links have stood for 2·ET: the leader runs undisturbed and has reached a quorum of other
 * voters, each without a gap, for that long. Nobody may end a settled reign or start a later term, whoever else comes, goes or
 * is connected in part.
 */
export const stableLeadership = defineChecker("stable-leadership", {
  invariant: "I44",
  countsVoters: true,
  unexercised: "no leader long enough",
  title: "A connected leader stays",
  rule: "No term changes while a quorum including the leader is connected and healthy, even with partially connected or rejoining nodes.",
  triggers: ["state:role", "state:health", "sent:raft.timeout-now"],
  premises: livenessPremise,
  create: (context) => new StableLeadership(context),
});

class StableLeadership implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #settle: Micros;
  #reign: Reign | undefined;
  #termMax = -1;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#world = context.views.world;
    this.#settle = 2 * context.cluster.electionTimeout;
    this.#world.watch({ before: (time) => this.#note(time) });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    const reign = this.#reign;
    if (member < 0) return;
    if (record.kind === "sent") {
      if (reign?.member === member) reign.mayEnd = true;
    } else if (record.kind !== "state") return;
    else if (record.key === "health") {
      if (reign?.member === member && record.value === "unhealthy") reign.mayEnd = true;
    } else this.#onRole(member, record);
  }

  end(endTime: Micros): void {
    this.#note(endTime);
  }

  #onRole(member: number, record: StateRecord): void {
    const term = intOf(record.fields["term"]);
    const reign = this.#reign;
    this.#note(record.time);
    if (reign !== undefined && this.#isSettled(reign, record.time)) {
      if (member === reign.member && (record.value !== "leader" || term !== reign.term))
        this.#broken(reign, record, `${record.node} gave it up (role=${record.value} in term ${String(term)})`);
      else if (term > reign.term && member !== reign.member)
        this.#broken(reign, record, `${record.node} is ${record.value} in term ${String(term)}`);
    }
    const isOver = reign?.member === member && record.value !== "leader";
    if (isOver) this.#reign = undefined;
    else if (reign !== undefined && term > reign.term) reign.mayEnd = true;
    if (record.value === "leader" && term >= this.#termMax && !(reign?.member === member && reign.term === term)) {
      this.#reign = { member, term, since: record.time, record: record.id, isJudged: false, mayEnd: false };
    }
    if (term > this.#termMax) this.#termMax = term;
  }

  #isSettled(reign: Reign, time: Micros): boolean {
    const { cluster } = this.#context;
    const since = time - this.#settle;
    if (reign.mayEnd || reign.since > since) return false;
    if (this.#world.runningSince(reign.member) > since || this.#world.calmSince(reign.member) > since) return false;
    return this.#steadyPeers(reign.member, since) >= cluster.peersNeeded(reign.member);
  }

  /** Voters that have heard the leader without a gap, and are not disturbed themselves. */
  #steadyPeers(leader: number, since: Micros): number {
    const { cluster } = this.#context;
    let count = 0;
    for (let peer = 0; peer < cluster.size; peer++) {
      if (peer === leader || !cluster.of(peer).isVoter || this.#world.calmSince(peer) > since) continue;
      if (this.#world.reachableSince(leader, peer) <= since) count++;
    }
    return count;
  }

  /** Counts a reign once it is settled; asked before anything may unsettle it. */
  #note(time: Micros): void {
    const reign = this.#reign;
    if (reign === undefined || reign.isJudged || !this.#isSettled(reign, time)) return;
    reign.isJudged = true;
    this.#context.judged();
  }

  #broken(reign: Reign, record: StateRecord, what: string): void {
    const leader = this.#context.cluster.id(reign.member);
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: record.node === leader ? [leader] : [leader, record.node],
      message: `${leader} led term ${String(reign.term)} since ${formatSeconds(reign.since)} and has reached a quorum all along, but at ${formatSeconds(record.time)} ${what}`,
      expected: `${leader} stays leader of term ${String(reign.term)}`,
      observed: what,
      related: [reign.record],
      facts: { term: reign.term },
    });
  }
}
