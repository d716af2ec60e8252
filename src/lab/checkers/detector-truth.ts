import type { Message } from "../../trace/plain.ts";
import type { Micros, RecordId, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsElection, type CheckerContext, type CheckerFold } from "./checker.ts";
import { blindUntil } from "./views/blindness.ts";
import { intOf, textOf } from "./views/fields.ts";
import type { Deadline } from "./views/deadlines.ts";

/** Rounding of milliseconds and the order of things at one instant. */
const SLACK: Micros = 20_000;

interface Claim {
  readonly term: number;
  readonly leads: boolean;
}

interface Watched {
  /** What this node was told: the last claim of every member, in the words of their pings, and its own. */
  readonly claims: Map<number, Claim>;
  /** The pair of standing claims it knows, and since when; `""` for none. */
  pair: string;
  readonly pairDue: Deadline;
  pairSince: Micros;
  readonly quorumDue: Deadline;
  readonly staleDue: Deadline;
  /** When it last reported two leaders, and stale leadership of any other kind. */
  reportedDual: Micros;
  reportedStale: Micros;
  leaseEnd: Micros;
}

/**
 * Three truths. A quorum: who has not reached one, both ways, for longer than the detector's window must not claim one. A stale
 * leader: who leads on past the end of its lease must have detected itself. Two leaders: who was told of two standing claims must
 * report them; a claim stands until its claimant makes another, so a peer that fell silent as leader still counts.
 */
export const detectorTruth = defineChecker("detector-truth", {
  invariant: "I17",
  countsVoters: true,
  title: "The detector tells the truth",
  rule: "A node cut off from every quorum stops claiming one within 1.5·ET + RTT, a leader whose lease ended detects itself, and a node that knows two leadership claims reports dual-leader.",
  triggers: [
    "state:quorum",
    "state:role",
    "state:lease",
    "point:raft.transfer",
    "state:process",
    "delivered:detector.ping",
    "point:stale-leadership",
  ],
  premises: needsElection,
  create: (context) => new DetectorTruth(context),
});

class DetectorTruth implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #leases;
  readonly #world;
  readonly #nodes: readonly Watched[];

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#claims = views.claims;
    this.#leases = views.leases;
    this.#world = views.world;
    this.#nodes = cluster.ids.map((_, member) => ({
      claims: new Map<number, Claim>(),
      pair: "",
      pairSince: 0,
      pairDue: views.deadlines.create((due) => this.#pairUnreported(member, due)),
      quorumDue: views.deadlines.create((due) => this.#quorumPassed(member, due)),
      staleDue: views.deadlines.create((due) => this.#staleUnreported(member, due)),
      reportedDual: -1,
      reportedStale: -1,
      leaseEnd: -1,
    }));
    this.#world.watch({ after: (time) => this.#nodes.forEach((_, member) => this.#armQuorum(member, time)) });
  }

  on(record: TraceRecord): void {
    if (record.kind === "delivered") {
      this.onMessage("delivered", record.id, record.time, record.node, record.from, record.message);
      return;
    }
    const member = this.#context.cluster.number(record.node);
    const node = this.#nodes[member];
    if (node === undefined) return;
    if (record.kind === "point") {
      if (record.name === "raft.transfer") {
        // Its lease was not lost but given up, with the leadership: nothing is stale until it has another.
        node.staleDue.cancel();
        return;
      }
      if (textOf(record.fields["reason"]) === "dual-leader") node.reportedDual = record.time;
      node.reportedStale = record.time;
    } else if (record.kind === "state") this.#onState(member, node, record);
  }

  #onState(member: number, node: Watched, record: StateRecord): void {
    switch (record.key) {
      case "process":
        if (record.origin !== "world") return;
        // Whatever a stop or a pause delayed gets its full time again.
        node.staleDue.cancel();
        if (record.value === "down") {
          node.claims.clear();
          this.#notePair(member, node, record.time);
        } else if (record.value === "up" && node.pair !== "") this.#armPair(member, node, record.time);
        return;
      case "quorum":
        if (record.value === "yes") this.#quorumClaimed(member, record);
        this.#armQuorum(member, record.time);
        return;
      case "role":
        node.claims.set(member, { term: intOf(record.fields["term"]), leads: record.value === "leader" });
        this.#notePair(member, node, record.time);
        if (record.value !== "leader") node.staleDue.cancel();
        return;
      default:
        if (record.value !== "valid") return;
        node.leaseEnd = this.#leases.deadline(member);
        node.staleDue.arm(node.leaseEnd + SLACK);
    }
  }

  // ---- quorum ---------------------------------------------------------------------------------------------------

  #blindUntil(member: number, reached: Micros): Micros {
    const { cluster } = this.#context;
    return blindUntil({ cluster, world: this.#world, member, reached, bound: (own) => this.#context.bound(own) });
  }

  #quorumClaimed(member: number, record: StateRecord): void {
    this.#context.judged();
    const reached = this.#world.lastQuorum(member, record.time);
    if (record.time > this.#blindUntil(member, reached)) this.#falseQuorum(member, record.id, record.time, reached);
  }

  #armQuorum(member: number, time: Micros): void {
    const due = this.#nodes[member]?.quorumDue;
    if (this.#claims.value(member, "quorum") !== "yes" || !this.#world.isRunning(member)) due?.cancel();
    else due?.arm(this.#blindUntil(member, this.#world.lastQuorum(member, time)));
  }

  #quorumPassed(member: number, due: Micros): void {
    const reached = this.#world.lastQuorum(member, due);
    if (this.#blindUntil(member, reached) > due || this.#world.calmSince(member) === Infinity) {
      // It reaches a quorum: asked again at the next change of the world.
      return;
    }
    this.#context.judged();
    this.#falseQuorum(member, this.#claims.record(member, "quorum"), due, reached);
  }

  #falseQuorum(member: number, record: number, time: Micros, reached: Micros): void {
    const id = this.#context.cluster.id(member);
    this.#violated(
      member,
      record,
      time,
      `${id} claims a quorum at ${formatSeconds(time)}, but its links and peers have allowed it none since ${formatSeconds(reached)}`,
      `quorum=no by ${formatSeconds(this.#blindUntil(member, reached))}`,
      "quorum=yes",
    );
  }

  // ---- a stale leader -------------------------------------------------------------------------------------------

  #staleUnreported(member: number, due: Micros): void {
    const node = this.#nodes[member] as Watched;
    const isJudgeable =
      this.#world.runningSince(member) < node.leaseEnd - SLACK && this.#world.calmSince(member) < node.leaseEnd;
    if (!this.#claims.isLeader(member) || this.#claims.value(member, "coordinator") !== "healthy" || !isJudgeable) {
      if (node.reportedStale >= node.leaseEnd - SLACK) this.#context.judged();
      return;
    }
    this.#context.judged();
    const id = this.#context.cluster.id(member);
    const term = String(this.#claims.term[member]);
    this.#violated(
      member,
      this.#claims.record(member, "role"),
      due,
      `${id} still leads term ${term} at ${formatSeconds(due)}, but its lease ended at ${formatSeconds(node.leaseEnd)} and nothing has detected it`,
      "elected ∧ ¬has_quorum detected when the lease ends",
      "no detection, coordinator=healthy",
    );
  }

  // ---- two leaders ----------------------------------------------------------------------------------------------

  onMessage(_kind: string, _id: RecordId, time: Micros, receiver: string, sender: string, message: Message): void {
    const { cluster } = this.#context;
    const member = cluster.number(receiver);
    const node = this.#nodes[member];
    const from = cluster.number(sender);
    if (node === undefined || from < 0 || typeof message["leads"] !== "boolean") return;
    const term = intOf(message["term"]);
    const known = node.claims.get(from);
    if (known !== undefined && (term < known.term || (term === known.term && known.leads === message["leads"]))) return;
    node.claims.set(from, { term, leads: message["leads"] });
    if (known?.leads === true || message["leads"]) this.#notePair(member, node, time);
  }

  #notePair(member: number, node: Watched, time: Micros): void {
    const leaders = [...node.claims].filter(([, claim]) => claim.leads).sort(([, a], [, b]) => a.term - b.term);
    const [first] = leaders;
    const last = leaders.at(-1);
    const pair =
      first === undefined || last === undefined || first === last ? "" : this.#name(first) + " and " + this.#name(last);
    if (pair === node.pair) return;
    node.pair = pair;
    node.pairSince = time;
    if (pair === "") node.pairDue.cancel();
    else this.#armPair(member, node, time);
  }

  #armPair(member: number, node: Watched, time: Micros): void {
    node.pairDue.arm(time + this.#world.longest(member, 2 * this.#context.cluster.of(member).pollMs) + SLACK);
  }

  #name([member, claim]: readonly [number, Claim]): string {
    return `${this.#context.cluster.id(member)} (term ${String(claim.term)})`;
  }

  #pairUnreported(member: number, due: Micros): void {
    const node = this.#nodes[member] as Watched;
    // Without a coordinator's word it is still starting; a paused or disturbed one is late by right.
    const isJudgeable =
      this.#world.isRunning(member) &&
      this.#world.calmSince(member) < node.pairSince &&
      this.#claims.value(member, "coordinator") !== "";
    if (!isJudgeable) return;
    this.#context.judged();
    if (node.reportedDual >= node.pairSince) return;
    const id = this.#context.cluster.id(member);
    this.#violated(
      member,
      this.#claims.record(member, "role"),
      due,
      `${id} has known the leadership claims of ${node.pair} since ${formatSeconds(node.pairSince)}, but has not reported them by ${formatSeconds(due)}`,
      `stale-leadership with reason dual-leader by ${formatSeconds(due)}`,
      "no report",
    );
  }

  #violated(member: number, record: number, time: Micros, message: string, expected: string, observed: string): void {
    this.#context.violated({ record, time, nodes: [this.#context.cluster.id(member)], message, expected, observed });
  }
}
