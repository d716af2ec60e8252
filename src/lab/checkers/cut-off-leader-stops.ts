import type { Micros, PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import { LeaseHolderStops, STORE_TRIGGERS } from "./lease-holder-stops.ts";
import type { Deadline } from "./views/deadlines.ts";
import { intOf } from "./views/fields.ts";

const FENCE_LATENCY: Micros = 250_000;
/** From the end of a lease to the word that says so. */
const GRACE: Micros = 20_000;

/**
 * The last moment at which a member had reached a quorum, both ways, is where its last lease can begin; whatever its gate lets in
 * later than one lease after it was let in without a quorum. A pause delays the node's word, not what its gate may do afterwards.
 */
export const cutOffLeaderStops = defineChecker("cut-off-leader-stops", {
  invariant: "I42",
  countsVoters: true,
  unexercised: "no leader was cut off",
  title: "A cut-off leader stops writing",
  rule: "A leader without a quorum accepts no write later than one lease after it last reached one; without leases, later than D_max = 2·ET + poll + fence latency; with the lease of a store, later than one lease after it asked what the store last answered.",
  triggers: ["state:writable", "point:store.accept", ...STORE_TRIGGERS],
  premises: (run, cluster) =>
    needsHaNode(run, cluster) ?? (cluster.isStatic ? "the primary is designated, not elected" : undefined),
  create: (context) => (context.cluster.isLeased ? new LeaseHolderStops(context) : new CutOffLeaderStops(context)),
});

class CutOffLeaderStops implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #claims;
  readonly #deadlines: readonly Deadline[];
  /** Per member: the moment of its last reach for which this incident was judged. */
  readonly #judgedAt: Float64Array;

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#world = views.world;
    this.#claims = views.claims;
    this.#deadlines = cluster.ids.map((_, member) => views.deadlines.create((due) => this.#stillWritable(member, due)));
    this.#judgedAt = new Float64Array(cluster.size).fill(-1);
    this.#world.watch({ after: (time) => this.#deadlines.forEach((_, member) => this.#arm(member, time)) });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onAccept(member, record);
    else if (record.kind === "state") this.#arm(member, record.time);
  }

  /** How long a member may go on writing after it last reached a quorum. */
  #limit(member: number): Micros {
    const { cluster } = this.#context;
    if (cluster.usesLeases) return this.#context.bound(this.#world.longest(member, cluster.of(member).leaseMs + 1));
    return this.#context.bound(2 * cluster.electionTimeout + cluster.poll + FENCE_LATENCY);
  }

  #onAccept(member: number, record: PointRecord): void {
    const reached = this.#world.lastQuorum(member, record.time);
    if (reached === record.time || reached === Infinity) return;
    // Compat has no clock in its gate: what a paused node missed it may still do until it has run for as long as the bound.
    const from = this.#context.cluster.usesLeases ? reached : Math.max(reached, this.#world.runningSince(member));
    const until = from + this.#limit(member);
    this.#judge(member, reached);
    if (record.time <= until) return;
    this.#violated(
      member,
      record.id,
      record.time,
      reached,
      until,
      `accepted a write of epoch ${String(intOf(record.fields["epoch"]))}`,
    );
  }

  #arm(member: number, time: Micros): void {
    const deadline = this.#deadlines[member];
    const reached = this.#world.lastQuorum(member, time);
    const isCutOff = !this.#world.reachesQuorum(member, time);
    if (isCutOff && this.#claims.value(member, "writable") === "yes" && this.#world.isRunning(member)) {
      deadline?.arm(Math.max(reached + this.#limit(member), this.#world.runningSince(member)) + GRACE);
      return;
    }
    deadline?.cancel();
    // It stopped by its own word before the deadline: that is what is asked of it.
    const hasStopped =
      this.#claims.value(member, "writable") === "no" && this.#claims.since(member, "writable") === time;
    if (isCutOff && hasStopped && time - reached <= this.#limit(member) + GRACE) this.#judge(member, reached);
  }

  #stillWritable(member: number, due: Micros): void {
    if (this.#world.calmSince(member) === Infinity) return;
    const reached = this.#world.lastQuorum(member, due);
    this.#judge(member, reached);
    this.#violated(member, this.#claims.record(member, "writable"), due, reached, due, "still says writable=yes");
  }

  #judge(member: number, reached: Micros): void {
    if (this.#judgedAt[member] === reached) return;
    this.#judgedAt[member] = reached;
    this.#context.judged();
  }

  #violated(member: number, record: number, time: Micros, reached: Micros, until: Micros, what: string): void {
    const id = this.#context.cluster.id(member);
    this.#context.violated({
      record,
      time,
      nodes: [id],
      message: `${id} ${what} at ${formatSeconds(time)}, but it last reached a quorum at ${formatSeconds(reached)}`,
      expected: `no write after ${formatSeconds(until)}`,
      observed: what,
    });
  }
}
