import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import { HALF_OPEN_TRIGGERS, HalfOpenEnds } from "./half-open-ends.ts";
import { networkPremise } from "./leader-exists.ts";
import { TransferCatchUp } from "./transfer-catch-up.ts";
import { TRANSIENTS, type Stay, type Transient } from "./transients.ts";
import type { Deadline } from "./views/deadlines.ts";
import { textOf } from "./views/fields.ts";

/** Clocks that show whole ms, and what happens at one instant. */
const SLACK: Micros = 20_000;

/**
 * The time of a stay counts while its node runs, and from when on what the state waits for has been there without a gap: its disk,
 * the leader, the primary. The transfer of leadership ends by the leader's own timer; one that is given up because the target was
 * never found to have everything, though it was within reach all along, was a state without end too.
 */
export const transientStatesEnd = defineChecker("transient-states-end", {
  invariant: "I50",
  unexercised: "nobody was in a transient state",
  title: "Transient states end",
  rule: "Nobody stays a candidate for more than 2·ET, a pre-candidate beside a leader for 10·ET, in a detected split for 2·ET + 200 ms and 4 polls, in fencing for 2·ET + 200 ms, in a transfer for ET, in a snapshot or without a primary's answer for 5 s, in a shutdown for 6 s, or half-open after its probes.",
  triggers: [
    "state:role",
    "state:coordinator",
    "state:fence",
    "state:replica",
    "state:snapshot",
    "state:shutdown",
    "state:writable",
    "state:process",
    "point:raft.transfer",
    "point:raft.config",
    ...HALF_OPEN_TRIGGERS,
  ],
  create(context) {
    const halfOpen = new HalfOpenEnds(context);
    // Bounds of a group need one whose network is no worse than they allow for; a breaker's are its own node's.
    const { run, cluster } = context;
    const isJudged = needsHaNode(run, cluster) === undefined && networkPremise(run, cluster) === undefined;
    const members = isJudged ? new MemberStates(context) : undefined;
    return {
      on(record) {
        halfOpen.on(record);
        members?.on(record);
      },
    };
  },
});

/** One transient state of one member. */
interface Watch {
  readonly transient: Transient;
  readonly member: number;
  readonly deadline: Deadline;
  stay: Stay | undefined;
  /** From when on its time counts; `Infinity` while it does not. */
  from: Micros;
}

class MemberStates implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #claims;
  readonly #catchUp: TransferCatchUp;
  readonly #watches: readonly (readonly Watch[])[];
  /** Who is told nothing may not know that it belongs to nobody any more. */
  #hasChanged = false;

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#world = views.world;
    this.#claims = views.claims;
    this.#catchUp = new TransferCatchUp(context);
    this.#watches = cluster.ids.map((_, member) =>
      TRANSIENTS.map((transient): Watch => {
        const deadline = views.deadlines.create((due) => this.#onDue(watch, due));
        const watch: Watch = { transient, member, deadline, stay: undefined, from: Infinity };
        return watch;
      }),
    );
    this.#world.watch({ after: () => this.#updateAll() });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onPoint(member, record);
    else if (record.kind !== "state") return;
    else if (record.origin === "world") {
      if (record.value === "down") for (const watch of this.#watches[member] ?? []) this.#end(watch, false);
    } else this.#onState(member, record);
  }

  #onPoint(member: number, record: PointRecord): void {
    if (record.name === "raft.config") this.#hasChanged = true;
    if (record.name !== "raft.transfer") return;
    this.#catchUp.on(member, record);
    const watch = this.#watches[member]?.find(({ transient }) => transient.key === "transfer");
    const outcome = textOf(record.fields["outcome"]);
    if (watch === undefined || outcome === "sent") return;
    if (outcome !== "started") this.#end(watch, true);
    else this.#begin(watch, record, "");
  }

  #onState(member: number, record: StateRecord): void {
    for (const watch of this.#watches[member] ?? []) {
      const { transient, stay } = watch;
      if (transient.key !== record.key) continue;
      const name = transient.stayOf?.(record) ?? "";
      if (transient.value !== record.value) this.#end(watch, true);
      else if (stay?.name !== name) this.#begin(watch, record, name);
    }
    // Others may wait for a leader or a primary.
    if (record.key === "role" || record.key === "writable") this.#updateAll();
  }

  #begin(watch: Watch, record: StateRecord | PointRecord, name: string): void {
    this.#end(watch, true);
    const primary = textOf(record.fields["primary"]);
    watch.stay = { transient: watch.transient, name, since: record.time, record: record.id, primary };
    this.#update(watch);
  }

  #end(watch: Watch, isRight: boolean): void {
    if (watch.stay !== undefined && isRight) this.#context.judged();
    watch.stay = undefined;
    this.#update(watch);
  }

  #updateAll(): void {
    for (const watches of this.#watches) for (const watch of watches) if (watch.stay !== undefined) this.#update(watch);
  }

  #update(watch: Watch): void {
    const from = watch.stay === undefined ? Infinity : this.#countsFrom(watch.member, watch.stay);
    if (from === watch.from) return;
    watch.from = from;
    if (from === Infinity) watch.deadline.cancel();
    else watch.deadline.arm(from + this.#limit(watch) + SLACK);
  }

  #limit({ member, transient }: Watch): Micros {
    const { cluster } = this.#context;
    return this.#context.bound(this.#world.longest(member, transient.limitMs(cluster.of(member))));
  }

  /** From when on everything has been there that the state waits for; `Infinity` while it is not. */
  #countsFrom(member: number, { transient, since, primary }: Stay): Micros {
    const own = Math.max(since, this.#world.runningSince(member));
    switch (transient.waits) {
      case "alone":
        // A node that ends itself polls no more.
        return transient.key === "coordinator" && this.#isEnding(member) ? Infinity : own;
      case "disk":
        return Math.max(own, this.#world.calmSince(member));
      case "leader":
        return this.#hasChanged ? Infinity : Math.max(own, this.#leaderSince(member));
      case "primary": {
        const other = this.#context.cluster.number(primary);
        if (other < 0 || this.#claims.value(other, "writable") !== "yes") return Infinity;
        return Math.max(own, this.#claims.since(other, "writable"), this.#reachSince(member, other));
      }
    }
  }

  #isEnding(member: number): boolean {
    return (this.#watches[member] ?? []).some(
      ({ transient, stay }) => transient.key === "shutdown" && stay !== undefined,
    );
  }

  /** Since when a leader has been within reach that a quorum can reach too. */
  #leaderSince(member: number): Micros {
    const { cluster } = this.#context;
    let first = Infinity;
    for (let other = 0; other < cluster.size; other++) {
      if (other === member || !this.#claims.isLeader(other) || !this.#isConnected(other)) continue;
      first = Math.min(first, Math.max(this.#claims.since(other, "role"), this.#reachSince(member, other)));
    }
    return first;
  }

  #isConnected(leader: number): boolean {
    const { cluster } = this.#context;
    return cluster.isWeighted
      ? cluster.ids.every((_, other) => other === leader || this.#world.reaches(leader, other))
      : this.#world.steadyPeers(leader, Number.MAX_SAFE_INTEGER) >= cluster.peersNeeded(leader);
  }

  /** Since when two members have reached each other and nothing has disturbed them. */
  #reachSince(a: number, b: number): Micros {
    const world = this.#world;
    return Math.max(world.reachableSince(a, b), world.reachableSince(b, a), world.calmSince(a), world.calmSince(b));
  }

  #onDue(watch: Watch, due: Micros): void {
    const { stay, member, transient } = watch;
    if (stay === undefined) return;
    const id = this.#context.cluster.id(member);
    const limit = formatSeconds(this.#limit(watch));
    this.#context.judged();
    this.#context.violated({
      record: stay.record,
      time: due,
      nodes: [id],
      message: `${id} is still ${transient.key}=${transient.value} at ${formatSeconds(due)}, since ${formatSeconds(stay.since)}${watch.from > stay.since ? `, though what it waits for is there since ${formatSeconds(watch.from)}` : ""}`,
      expected: `an end within ${limit}`,
      observed: `${transient.key}=${transient.value} for ${formatSeconds(due - stay.since)}`,
    });
  }
}
