import type { Micros, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsElection, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { Cluster } from "./cluster.ts";
import type { RunFacts } from "./facts.ts";
import { findClique } from "./views/clique.ts";

/** Why bounds on time cannot be asked of this run; `undefined` when they can. */
export function livenessPremise(run: RunFacts, cluster: Cluster): string | undefined {
  return needsHaNode(run, cluster) ?? needsElection(run, cluster) ?? networkPremise(run, cluster);
}

/** Why no bound holds on this run's network, without any fault; `undefined` when they do. */
export function networkPremise({ network }: RunFacts, cluster: Cluster): string | undefined {
  if (network === undefined) return undefined;
  const shortest =
    1_000 * Math.min(...cluster.settings.map((one) => Math.min(one.electionTimeoutMs - one.leaseMs, one.heartbeatMs)));
  if (network.latencyUsHigh > shortest)
    return `the network's latency reaches ${formatSeconds(network.latencyUsHigh)}, more than the time bounds allow for`;
  if (network.lossPpm > 20_000)
    return `the network loses ${String(network.lossPpm / 10_000)} % of all messages by itself; bounds are stated for up to 2 %`;
  return undefined;
}

/**
 * A window is a set of voters, a quorum, all running and each linked to each other both ways, that lasts; it starts anew when one
 * of its members is disturbed. A leader is a member that claims to lead and reaches a quorum.
 */
export const leaderExists = defineChecker("leader-exists", {
  invariant: "I41",
  countsVoters: true,
  title: "A connected quorum has a leader",
  rule: "A leader exists within 10·ET after some quorum is mutually connected and stable.",
  triggers: ["state:role"],
  premises: livenessPremise,
  create: (context) => new LeaderExists(context),
});

class LeaderExists implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #claims;
  readonly #deadline;
  readonly #limit: Micros;
  #quorum: readonly number[] = [];
  #quorumSince: Micros = Infinity;
  /** Since when the window has had no leader; `Infinity` while it has one. */
  #leaderlessSince: Micros = Infinity;
  #lastRole = -1;

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#world = views.world;
    this.#claims = views.claims;
    this.#limit = context.bound(10 * cluster.electionTimeout);
    this.#deadline = views.deadlines.create((due) => this.#leaderless(due));
    this.#world.watch({ after: (time) => this.#update(time) });
  }

  on(record: TraceRecord): void {
    if (this.#context.cluster.number(record.node) < 0) return;
    this.#lastRole = record.id;
    this.#update(record.time);
  }

  #update(time: Micros): void {
    const { cluster } = this.#context;
    if (!this.#isWindow(this.#quorum)) {
      this.#quorum = findClique({
        size: cluster.size,
        wanted: cluster.quorum,
        isMember: (one) => this.#isUsable(one),
        isLinked: (a, b) => this.#world.isLinked(a, b),
      });
      this.#quorumSince = this.#quorum.length > 0 ? time : Infinity;
      this.#leaderlessSince = this.#quorumSince;
      this.#deadline.arm(this.#quorumSince + this.#limit);
    }
    if (this.#quorumSince === Infinity) return;
    const hasLeader = this.#hasLeader(time);
    if (hasLeader && this.#leaderlessSince !== Infinity) {
      // A window that begins with its leader, one change of many at this instant, has asked nothing yet.
      if (time > this.#leaderlessSince) this.#context.judged();
      this.#leaderlessSince = Infinity;
      this.#deadline.cancel();
    } else if (!hasLeader && this.#leaderlessSince === Infinity) {
      this.#leaderlessSince = time;
      this.#deadline.arm(time + this.#limit);
    }
  }

  #isUsable(member: number): boolean {
    return (
      this.#context.cluster.of(member).isVoter &&
      this.#world.isRunning(member) &&
      this.#world.calmSince(member) !== Infinity
    );
  }

  #isWindow(members: readonly number[]): boolean {
    if (members.length === 0) return false;
    return members.every((a) => this.#isUsable(a) && members.every((b) => a === b || this.#world.isLinked(a, b)));
  }

  #hasLeader(time: Micros): boolean {
    for (let member = 0; member < this.#context.cluster.size; member++) {
      if (this.#claims.isLeader(member) && this.#world.isRunning(member) && this.#world.reachesQuorum(member, time))
        return true;
    }
    return false;
  }

  #leaderless(due: Micros): void {
    const members = this.#quorum.map((one) => this.#context.cluster.id(one));
    this.#context.judged();
    this.#context.violated({
      record: this.#lastRole,
      time: due,
      nodes: members,
      message: `${members.join(", ")} have been connected with each other since ${formatSeconds(this.#quorumSince)}, but there was no leader from ${formatSeconds(this.#leaderlessSince)} to ${formatSeconds(due)}`,
      expected: `a leader within ${formatSeconds(this.#limit)}`,
      observed: `none for ${formatSeconds(due - this.#leaderlessSince)}`,
    });
  }
}
