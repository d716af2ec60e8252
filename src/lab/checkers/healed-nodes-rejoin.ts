import type { Micros, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { livenessPremise } from "./leader-exists.ts";

const T_REINTEGRATE: Micros = 5_000_000;

/**
 * A window begins when the last fault is healed: every running member is linked with every other and nothing disturbs one of
 * them; any change of the world begins it anew. Within the bound each running member must have been, at one moment, a follower or
 * the leader, with a healthy coordinator, and have learned of everything that was committed when the window began.
 */
export const healedNodesRejoin = defineChecker("healed-nodes-rejoin", {
  invariant: "I43",
  countsVoters: true,
  unexercised: "nothing had to rejoin",
  title: "Healed nodes rejoin",
  rule: "Every healed node is follower or leader, caught up and its coordinator healthy within 5 s of the heal.",
  triggers: ["state:role", "state:coordinator", "point:raft.commit"],
  premises: livenessPremise,
  create: (context) => new HealedNodesRejoin(context),
});

class HealedNodesRejoin implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #claims;
  readonly #logs;
  readonly #limit: Micros;
  readonly #deadline;
  /** 1 once a member has rejoined in this window. */
  readonly #hasRejoined: Uint8Array;
  #since: Micros = Infinity;
  #target = 0;
  /** Something was cut, stopped or disturbed since the last judged window. */
  #hasHealed = false;
  #lastRecord = -1;

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#world = views.world;
    this.#claims = views.claims;
    this.#logs = views.logs;
    this.#limit = context.bound(Math.max(T_REINTEGRATE, 16 * cluster.electionTimeout));
    this.#deadline = views.deadlines.create((due) => this.#judge(due));
    this.#hasRejoined = new Uint8Array(cluster.size);
    this.#world.watch({ after: (time) => this.#begin(time) });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0 || this.#since === Infinity || this.#hasRejoined[member] === 1) return;
    this.#lastRecord = record.id;
    if (this.#missing(member) === undefined) this.#hasRejoined[member] = 1;
  }

  #begin(time: Micros): void {
    const { cluster } = this.#context;
    const wasWhole = this.#since !== Infinity;
    this.#since = this.#isWhole() ? time : Infinity;
    if (this.#since === Infinity) {
      if (wasWhole || time > 0) this.#hasHealed = true;
      this.#deadline.cancel();
      return;
    }
    if (!this.#hasHealed) return;
    this.#target = this.#logs.commitMax;
    for (let member = 0; member < cluster.size; member++)
      this.#hasRejoined[member] = this.#missing(member) === undefined ? 1 : 0;
    this.#deadline.arm(time + this.#limit);
  }

  #isWhole(): boolean {
    const { cluster } = this.#context;
    const running = cluster.ids.flatMap((_, member) => (this.#world.isRunning(member) ? [member] : []));
    if (running.filter((one) => cluster.of(one).isVoter).length < cluster.quorum) return false;
    return running.every(
      (a) => this.#world.calmSince(a) !== Infinity && running.every((b) => a === b || this.#world.isLinked(a, b)),
    );
  }

  /** What keeps a member from having rejoined; `undefined` when nothing does. */
  #missing(member: number): string | undefined {
    const role = this.#claims.value(member, "role");
    if (role !== "follower" && role !== "leader") return `role=${role}`;
    const coordinator = this.#claims.value(member, "coordinator");
    if (coordinator !== "healthy" && coordinator !== "") return `coordinator=${coordinator}`;
    const commit = this.#logs.commit(member);
    return commit < this.#target ? `commit index ${String(commit)} of ${String(this.#target)}` : undefined;
  }

  #judge(due: Micros): void {
    const { cluster } = this.#context;
    this.#hasHealed = false;
    for (let member = 0; member < cluster.size; member++) {
      if (!this.#world.isRunning(member)) continue;
      this.#context.judged();
      const missing = this.#hasRejoined[member] === 1 ? undefined : this.#missing(member);
      if (missing === undefined) continue;
      const id = cluster.id(member);
      this.#context.violated({
        record: this.#lastRecord,
        time: due,
        nodes: [id],
        message: `${id} has not rejoined by ${formatSeconds(due)} although everything was healed at ${formatSeconds(this.#since)}: ${missing}`,
        expected: `follower or leader, coordinator=healthy, commit index ${String(this.#target)} within ${formatSeconds(this.#limit)}`,
        observed: missing,
      });
      return;
    }
  }
}
