import type { Micros, PointRecord, SentRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { blindUntil } from "./views/blindness.ts";
import { intOf, textOf } from "./views/fields.ts";

const EDGES = new Set([
  "healthy>split_brain_detected",
  "split_brain_detected>resolved",
  "split_brain_detected>failed",
  "failed>resolved",
  "resolved>healthy",
]);

/** One resolution of one node, from its detection on. */
interface Resolution {
  state: string;
  since: Micros;
  record: number;
  /** Record whose handling detected; what the coordinator itself does in the same breath has the same cause. */
  cause: number;
  wasLeader: boolean;
  hasFenceStep: boolean;
  isFenceSettled: boolean;
  /** Highest term in which the node sent as leader. */
  ledTerm: number;
  /** When it last said itself that it had no quorum; −1 for never in this incarnation. */
  lackedQuorum: Micros;
  /** Up to when its links surely kept it from knowing a quorum. */
  cutUntil: Micros;
}

/**
 * RESOLVED is held against disk, messages and role; HEALTHY against links: a node that had not reached a quorum for longer than
 * its detector may go on believing in one cannot have seen a quorum for 2·ET.
 */
export const coordinatorEdges = defineChecker("coordinator-edges", {
  invariant: "I16",
  title: "Split-brain is resolved in order",
  rule: "The coordinator takes only its legal edges, fences before it demotes, is RESOLVED only when fenced, not leading and replica, and HEALTHY again only after 2·ET of quorum on the leader's chain.",
  triggers: [
    "state:coordinator",
    "state:fence",
    "state:role",
    "state:failover",
    "point:failover",
    "point:fence.verified",
    "sent:raft.heartbeat",
    "sent:raft.append",
    "state:process",
  ],
  create: (context) => new CoordinatorEdges(context),
});

class CoordinatorEdges implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #markers;
  readonly #logs;
  readonly #world;
  readonly #nodes: readonly Resolution[];
  readonly #reconciled;

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#claims = views.claims;
    this.#markers = views.markers;
    this.#logs = views.logs;
    this.#world = views.world;
    this.#nodes = cluster.ids.map(() => ({
      state: "",
      since: 0,
      record: -1,
      cause: -1,
      wasLeader: false,
      hasFenceStep: false,
      isFenceSettled: false,
      ledTerm: -1,
      lackedQuorum: -1,
      cutUntil: -1,
    }));
    this.#reconciled = cluster.ids.map((_, member) => views.deadlines.create((due) => this.#onReconciled(member, due)));
    this.#world.watch({ before: (time) => this.#nodes.forEach((_, member) => this.#noteCut(member, time)) });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    const node = this.#nodes[member];
    if (node === undefined) return;
    if (record.kind === "sent") this.#onSent(node, record);
    else if (record.kind === "point") {
      if (record.name === "fence.verified") node.hasFenceStep = node.isFenceSettled = true;
      else if (textOf(record.fields["type"]) !== "promoted_to_primary")
        this.#onDemotion(node, record, `failover event ${textOf(record.fields["type"])}`);
    } else if (record.kind !== "state") return;
    else if (record.key === "process") {
      if (record.origin === "world" && record.value === "down") {
        node.state = "";
        node.lackedQuorum = -1;
      }
    } else if (record.key === "coordinator") this.#onEdge(member, node, record);
    else if (record.key === "fence") onFence(node, record);
    else if (record.key === "role") this.#onRole(node, record);
    else if (record.value === "replica") this.#onDemotion(node, record, "failover=replica");
  }

  #onEdge(member: number, node: Resolution, record: StateRecord): void {
    const from = node.state;
    const to = record.value;
    if (from === to) return;
    this.#context.judged();
    const began = node.since;
    node.state = to;
    node.since = record.time;
    node.record = record.id;
    if (from !== "" && !EDGES.has(`${from}>${to}`)) {
      this.#violated(
        record,
        `the coordinator of ${record.node} went from ${from}, where it was since ${formatSeconds(began)}, to ${to} at ${formatSeconds(record.time)}`,
        `one of ${[...EDGES].filter((edge) => edge.startsWith(`${from}>`)).join(", ")}`,
        `${from}>${to}`,
      );
    } else if (to === "split_brain_detected") this.#onDetected(member, node, record);
    else if (to === "resolved" && from !== "") this.#onResolved(member, node, record);
    else if (to === "healthy" && from !== "") this.#onHealthy(member, record, began);
  }

  #onDetected(member: number, node: Resolution, record: StateRecord): void {
    node.cause = record.cause;
    if (textOf(record.fields["reason"]) === "elected-without-quorum") node.lackedQuorum = record.time;
    node.wasLeader = this.#claims.isLeader(member);
    const fence = this.#claims.value(member, "fence");
    node.isFenceSettled = fence === "fenced";
    node.hasFenceStep = node.isFenceSettled || fence === "fencing";
  }

  #onResolved(member: number, node: Resolution, record: StateRecord): void {
    const wrong: string[] = [];
    const fence = this.#claims.value(member, "fence");
    const missing = this.#markers.missingEvidence(member);
    if (fence !== "fenced") wrong.push(`fence=${fence}`);
    else if (missing !== undefined) wrong.push(`fenced in name only, ${missing}`);
    if (this.#claims.isLeader(member)) wrong.push(`role=leader in term ${String(this.#claims.term[member])}`);
    const failover = this.#claims.value(member, "failover");
    if (failover !== "replica" && failover !== "") wrong.push(`failover=${failover}`);
    if (wrong.length === 0) return;
    const detected = node.cause >= 0 ? [node.cause] : [];
    this.#violated(
      record,
      `${record.node} calls the split brain resolved at ${formatSeconds(record.time)}, but ${wrong.join(", ")}`,
      "fence=fenced, not leader, failover=replica",
      wrong.join(", "),
      detected,
    );
  }

  #onHealthy(member: number, record: StateRecord, began: Micros): void {
    this.#noteCut(member, record.time);
    const { cluster } = this.#context;
    const cutUntil = this.#nodes[member]?.cutUntil ?? -1;
    const quorumNeeded =
      Math.floor(
        (2 * cluster.of(member).electionTimeoutMs * 1_000 * 1_000_000) / (1_000_000 + this.#world.fastestPpm(member)),
      ) - 2_000;
    if (cutUntil > record.time - quorumNeeded) {
      this.#violated(
        record,
        `${record.node} went back to healthy at ${formatSeconds(record.time)} (resolved at ${formatSeconds(began)}), but it was cut off from every quorum until ${formatSeconds(cutUntil)}`,
        `a quorum seen for ${formatSeconds(quorumNeeded)} before`,
        `${formatSeconds(record.time - cutUntil)} since the links allowed one`,
      );
      return;
    }
    const lackedQuorum = this.#nodes[member]?.lackedQuorum ?? -1;
    if (lackedQuorum > record.time - quorumNeeded) {
      this.#violated(
        record,
        `${record.node} went back to healthy at ${formatSeconds(record.time)}, but it had detected that it has no quorum at ${formatSeconds(lackedQuorum)}`,
        `a quorum seen for ${formatSeconds(quorumNeeded)} before`,
        `${formatSeconds(record.time - lackedQuorum)} since it had none`,
      );
      return;
    }
    this.#reconciled[member]?.arm(record.time + cluster.electionTimeout);
  }

  /** What was reconciled in memory is on the disk one election timeout later. */
  #onReconciled(member: number, due: Micros): void {
    if (
      this.#nodes[member]?.state !== "healthy" ||
      !this.#world.isRunning(member) ||
      this.#world.calmSince(member) === Infinity
    )
      return;
    const top = Math.min(this.#logs.length(member), this.#logs.commitMax);
    const committed = this.#logs.committedTerm(top);
    if (top === 0 || committed === 0 || this.#logs.term(member, top) === committed) return;
    const id = this.#context.cluster.id(member);
    const own = String(this.#logs.term(member, top));
    this.#violated(
      { id: this.#claims.record(member, "coordinator"), time: due, node: id },
      `${id} went back to healthy at ${formatSeconds(this.#claims.since(member, "coordinator"))}, but at ${formatSeconds(due)} its entry ${String(top)} is of term ${own} and the committed one of term ${String(committed)}`,
      "a log on the leader's chain",
      `another entry ${String(top)}`,
    );
  }

  #onRole(node: Resolution, record: StateRecord): void {
    if (record.value !== "leader") this.#onDemotion(node, record, `role=${record.value}`);
    else node.wasLeader = true;
  }

  /** Anything that takes the leadership away while a resolution has not got as far as its fence. */
  #onDemotion(node: Resolution, record: StateRecord | PointRecord, what: string): void {
    if (node.state !== "split_brain_detected" || !node.wasLeader || node.isFenceSettled) return;
    // Raft may step down by itself while the fence waits for the disk; the coordinator may not, and nobody before it began.
    const isByCoordinator = record.cause === node.cause;
    if (node.hasFenceStep && !isByCoordinator) return;
    this.#violated(
      record,
      `${record.node} gave up leadership (${what}) at ${formatSeconds(record.time)}, before the fence of the split brain it detected at ${formatSeconds(node.since)}`,
      "the fence first, then demotion and transition",
      `${what} before the fence`,
      [node.record],
    );
  }

  #onSent(node: Resolution, record: SentRecord): void {
    const term = intOf(record.message["term"]);
    if (node.state === "resolved" && term <= node.ledTerm) {
      this.#violated(
        record,
        `${record.node} sent ${record.type} as leader of term ${String(term)} at ${formatSeconds(record.time)}, but it has called its split brain resolved since ${formatSeconds(node.since)}`,
        "no message as leader of a term it led before",
        `${record.type} of term ${String(term)}`,
        [node.record],
      );
      return;
    }
    if (node.state !== "resolved") node.ledTerm = Math.max(node.ledTerm, term);
  }

  /** Notes that up to `time` the links of a member have kept it from a quorum longer than any detector may overlook. */
  #noteCut(member: number, time: Micros): void {
    const node = this.#nodes[member];
    const { cluster } = this.#context;
    // With a lease the store is the quorum, and no other member has to be reached.
    if (cluster.isLeased) return;
    const reached = this.#world.lastQuorum(member, time);
    if (node !== undefined && time > blindUntil({ cluster, world: this.#world, member, reached })) node.cutUntil = time;
  }

  #violated(
    record: Pick<TraceRecord, "id" | "time" | "node">,
    message: string,
    expected: string,
    observed: string,
    related: readonly number[] = [],
  ): void {
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message,
      expected,
      observed,
      related,
    });
  }
}

function onFence(node: Resolution, record: StateRecord): void {
  node.hasFenceStep = true;
  if (record.value === "fenced" || record.value === "failed") node.isFenceSettled = true;
}
