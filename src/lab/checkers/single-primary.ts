import type { Micros, PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { watchClockRate } from "./lease-disjointness.ts";
import { intOf } from "./views/fields.ts";

/** What fencing may take when the scenario states no bound. */
const FENCE_LATENCY: Micros = 250_000;

interface Accepted {
  readonly epoch: number;
  readonly node: number;
  readonly record: number;
  readonly time: Micros;
}

/**
 * With leases, a node may write from `writable=yes` until it says no, its process ends, or its lease ends in true time. Without
 * them only its own word ends it, and two may overlap for `2·ET + poll + fence latency` of running time an incident. Writes that
 * the gates accepted are held against the epochs that other gates accepted before.
 */
export const singlePrimary = defineChecker("single-primary", {
  invariant: "I08",
  title: "At most one node may write",
  rule: "At every instant at most one node may write; without leases two may for at most D_max = 2·ET + poll + fence latency after a split.",
  triggers: ["state:writable", "point:store.accept", "state:process", "state:clock"],
  create: (context) => (context.cluster.usesLeases ? new Strict(context) : new Compat(context)),
});

class Strict implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #leases;
  #newest: Accepted | undefined;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#claims = context.views.claims;
    this.#leases = context.views.leases;
  }

  on(record: TraceRecord): void {
    watchClockRate(this.#context, record);
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onAccept(member, record);
    else if (record.kind !== "state" || record.key !== "writable" || record.value !== "yes") return;
    else this.#rivals(member, record, "may write");
  }

  #onAccept(member: number, record: PointRecord): void {
    const epoch = intOf(record.fields["epoch"]);
    const newest = this.#newest;
    if (newest !== undefined && epoch < newest.epoch && newest.node !== member) {
      this.#context.judged();
      staleAccept(this.#context, record, newest, 0);
      return;
    }
    if (newest === undefined || epoch > newest.epoch)
      this.#newest = { epoch, node: member, record: record.id, time: record.time };
    this.#rivals(member, record, "accepted a write");
  }

  #rivals(member: number, record: TraceRecord, what: string): void {
    this.#context.judged();
    for (let other = 0; other < this.#context.cluster.size; other++) {
      if (other === member || this.#claims.value(other, "writable") !== "yes") continue;
      // A node that never had a lease has only its own word.
      const until = this.#leases.term(other) < 0 ? Infinity : this.#leases.until(other, record.time);
      if (until <= record.time) continue;
      const id = this.#context.cluster.id(other);
      this.#context.violated({
        record: record.id,
        time: record.time,
        nodes: [id, record.node],
        message: `${record.node} ${what} at ${formatSeconds(record.time)} while ${id} may write since ${formatSeconds(this.#claims.since(other, "writable"))}${until === Infinity ? "" : ` and until its lease ends at ${formatSeconds(until)}`}`,
        expected: "one node that may write",
        observed: `${id} and ${record.node}`,
        related: [this.#claims.record(other, "writable")],
      });
    }
  }
}

class Compat implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #world;
  readonly #limit: Micros;
  readonly #deadline;
  /** Running time that two nodes have overlapped in this incident, and since when they do now. */
  #overlapped: Micros = 0;
  #overlapSince: Micros = Infinity;
  #incidentSince: Micros = 0;
  #pair: readonly [number, number] = [-1, -1];
  #newest: Accepted | undefined;

  constructor(context: CheckerContext) {
    const { cluster, views } = context;
    this.#context = context;
    this.#claims = views.claims;
    this.#world = views.world;
    this.#limit = context.bound(2 * cluster.electionTimeout + cluster.poll + FENCE_LATENCY);
    this.#deadline = views.deadlines.create((due) => this.#tooLong(due));
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") {
      this.#onAccept(member, record);
      return;
    }
    if (record.kind !== "state" || record.key === "clock") return;
    if (record.key === "writable" && record.value === "yes") this.#context.judged();
    this.#measure(record.time);
  }

  #onAccept(member: number, record: PointRecord): void {
    const epoch = intOf(record.fields["epoch"]);
    const newest = this.#newest;
    this.#context.judged();
    if (newest === undefined || epoch > newest.epoch) {
      this.#newest = { epoch, node: member, record: record.id, time: record.time };
    } else if (epoch < newest.epoch && newest.node !== member && record.time - newest.time > this.#limit) {
      // A pause is not the program's doing: what it accepts right after one is judged by the overlap, which leaves pauses out.
      const awake = Math.max(newest.time, this.#world.runningSince(member));
      if (record.time - awake > this.#limit) staleAccept(this.#context, record, newest, this.#limit);
    }
  }

  /** Starts or stops the clock of an overlap after any change. */
  #measure(time: Micros): void {
    const writers = this.#writers();
    const isOverlap = writers.length > 1;
    if (isOverlap && this.#overlapSince === Infinity) {
      if (this.#overlapped === 0) this.#incidentSince = time;
      this.#overlapSince = time;
      this.#pair = [writers[0] as number, writers[1] as number];
      this.#deadline.arm(time + this.#limit - this.#overlapped);
    } else if (!isOverlap && this.#overlapSince !== Infinity) {
      this.#overlapped += time - this.#overlapSince;
      this.#overlapSince = Infinity;
      this.#deadline.cancel();
    }
    // The incident is over when one of the two has said no itself.
    if (!isOverlap && !this.#pair.every((one) => one >= 0 && this.#claims.value(one, "writable") === "yes"))
      this.#overlapped = 0;
  }

  #writers(): number[] {
    return this.#context.cluster.ids.flatMap((_, member) =>
      this.#claims.value(member, "writable") === "yes" && this.#world.isRunning(member) ? [member] : [],
    );
  }

  #tooLong(due: Micros): void {
    const [a, b] = this.#pair.map((one) => this.#context.cluster.id(one)) as [string, string];
    const late =
      this.#claims.since(this.#pair[0], "writable") > this.#claims.since(this.#pair[1], "writable")
        ? this.#pair[0]
        : this.#pair[1];
    this.#context.violated({
      record: this.#claims.record(late, "writable"),
      time: due,
      nodes: [a, b],
      message: `${a} and ${b} both may write since ${formatSeconds(this.#incidentSince)}, still at ${formatSeconds(due)}, longer than D_max = ${formatSeconds(this.#limit)}`,
      expected: `an overlap of at most ${formatSeconds(this.#limit)}`,
      observed: `an overlap of more than ${formatSeconds(this.#limit)}`,
    });
  }
}

function staleAccept(context: CheckerContext, record: PointRecord, newest: Accepted, limit: Micros): void {
  const other = context.cluster.id(newest.node);
  const epoch = intOf(record.fields["epoch"]);
  context.violated({
    record: record.id,
    time: record.time,
    nodes: [other, record.node],
    message: `${record.node} accepted a write of epoch ${String(epoch)} at ${formatSeconds(record.time)}, but ${other} has accepted writes of epoch ${String(newest.epoch)} since ${formatSeconds(newest.time)}`,
    expected:
      limit === 0
        ? `no write of an epoch below ${String(newest.epoch)}`
        : `none of an epoch below ${String(newest.epoch)} later than ${formatSeconds(newest.time + limit)}`,
    observed: `epoch ${String(epoch)}`,
    related: [newest.record],
    facts: { epoch, otherEpoch: newest.epoch },
  });
}
