import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";
import { baseName, BLOCKED, PRIMARY } from "./views/marker-view.ts";

/** A `fence=open` that waits for the restore that explains it: program code may record the two in either order. */
interface Opened {
  readonly record: number;
  readonly time: Micros;
}

interface FenceState {
  epoch: number;
  since: Micros;
  isFenced: boolean;
  /** Its process ended and the next one has said nothing of its fence yet. */
  hasRestarted: boolean;
  opened: Opened | undefined;
  /** Term of the last entry this incarnation applied. */
  appliedTerm: number;
}

/** Every condition is looked up where it is true, not where the node says so: its answers, its lease, what it applied. */
export const noPrematureUnfence = defineChecker("no-premature-unfence", {
  invariant: "I15",
  countsVoters: true,
  unexercised: "no fence was lifted",
  title: "No early unfence",
  rule: "A node restores write access only as leader with a quorum and a lease, after applying an entry of its own term, with an epoch above the fence's.",
  triggers: [
    "point:fence.restore",
    "point:fence.verified",
    "state:fence",
    "point:disk.rename",
    "point:raft.apply",
    "point:store.accept",
    "state:process",
  ],
  create: (context) => new NoPrematureUnfence(context),
});

class NoPrematureUnfence implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #claims;
  readonly #leases;
  readonly #contacts;
  readonly #world;
  readonly #markers;
  readonly #states: readonly FenceState[];

  constructor(context: CheckerContext) {
    const { views } = context;
    this.#context = context;
    this.#claims = views.claims;
    this.#leases = views.leases;
    this.#contacts = views.contacts;
    this.#world = views.world;
    this.#markers = views.markers;
    this.#states = context.cluster.ids.map(() => ({
      epoch: -1,
      since: 0,
      isFenced: false,
      hasRestarted: false,
      opened: undefined,
      appliedTerm: -1,
    }));
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    const state = this.#states[member];
    if (state === undefined) return;
    if (record.kind === "state") this.#onState(member, state, record);
    else if (record.kind === "point") {
      if (record.name !== "fence.restore") this.#explainOpen(state, record.node, record.time);
      this.#onPoint(member, state, record);
    }
  }

  end(endTime: Micros): void {
    this.#states.forEach((state, member) => this.#explainOpen(state, this.#context.cluster.id(member), endTime + 1));
  }

  #onState(member: number, state: FenceState, record: StateRecord): void {
    if (record.key === "process") {
      if (record.origin !== "world" || record.value !== "down") return;
      state.appliedTerm = -1;
      state.hasRestarted = true;
      return;
    }
    if (record.value === "fenced") fence(state, record);
    else if (record.value === "open" && state.isFenced) {
      // A restore that died after its marker was written and before it could say so had lifted the fence.
      if (state.hasRestarted && this.#markers.isLifted(member)) state.isFenced = false;
      else state.opened = { record: record.id, time: record.time };
    }
    state.hasRestarted = false;
  }

  #onPoint(member: number, state: FenceState, record: PointRecord): void {
    switch (record.name) {
      case "fence.verified":
        fence(state, record);
        return;
      case "raft.apply":
        state.appliedTerm = intOf(record.fields["term"]);
        return;
      case "disk.rename":
        if (baseName(textOf(record.fields["from"])) !== BLOCKED || baseName(textOf(record.fields["to"])) !== PRIMARY)
          return;
        this.#context.judged();
        this.#violated(
          record,
          record.time,
          record.node,
          `${record.node} unfenced itself at ${formatSeconds(record.time)} by renaming its blocked marker back, without any epoch`,
          "a restore with a higher epoch",
          "the old marker renamed back",
        );
        return;
      case "fence.restore":
        this.#onRestore(member, state, record);
        return;
      default:
    }
  }

  #onRestore(member: number, state: FenceState, record: PointRecord): void {
    const epoch = intOf(record.fields["epoch"]);
    const fenceEpoch = Math.max(state.isFenced ? state.epoch : -1, intOf(record.fields["fenceEpoch"]));
    this.#context.judged();
    state.isFenced = false;
    state.opened = undefined;
    const wrong = this.#missing(member, state, record, epoch);
    if (epoch <= fenceEpoch)
      wrong.unshift(`epoch ${String(epoch)} is not above the fence's epoch ${String(fenceEpoch)}`);
    if (wrong.length === 0) return;
    const fenced = state.since > 0 ? ` (fenced at ${formatSeconds(state.since)})` : "";
    this.#violated(
      record,
      record.time,
      record.node,
      `${record.node} restored write access with epoch ${String(epoch)} at ${formatSeconds(record.time)}${fenced}: ${wrong.join("; ")}`,
      "leader, quorum, lease, own entry applied, higher epoch",
      wrong.join("; "),
    );
  }

  #missing(member: number, state: FenceState, record: PointRecord, epoch: number): string[] {
    const wrong: string[] = [];
    const { cluster } = this.#context;
    const role = this.#claims.value(member, "role");
    const term = this.#claims.term[member] as number;
    if (role !== "leader") wrong.push(`it is ${role === "" ? "nothing" : role}`);
    else if (term !== epoch) wrong.push(`it leads term ${String(term)}`);
    if (cluster.usesLeases && !this.#leases.isHeld(member, record.time)) wrong.push("it holds no lease");
    // Nobody votes for who has the lease of a store, and nothing has to be agreed on.
    if (cluster.isLeased) return wrong;
    const window = this.#world.longest(
      member,
      cluster.usesLeases ? cluster.of(member).leaseMs + 1 : 2 * cluster.of(member).electionTimeoutMs,
    );
    const answered = this.#contacts.answered(member, epoch, record.time - window);
    if (answered < cluster.quorum)
      wrong.push(
        `only ${String(answered)} of ${String(cluster.voters)} voters answered it since ${formatSeconds(record.time - window)}`,
      );
    if (state.appliedTerm !== epoch) wrong.push(`it has applied no entry of term ${String(epoch)}`);
    return wrong;
  }

  /** Judges a `fence=open` once something later happens at the node and no restore has come with it. */
  #explainOpen(state: FenceState, node: string, time: Micros): void {
    const opened = state.opened;
    if (opened === undefined || time <= opened.time) return;
    state.opened = undefined;
    this.#context.judged();
    this.#violated(
      { id: opened.record },
      opened.time,
      node,
      `${node} says fence=open at ${formatSeconds(opened.time)} without a restore, but it has been fenced for epoch ${String(state.epoch)} since ${formatSeconds(state.since)}`,
      "fence.restore first",
      "no restore",
    );
  }

  #violated(
    record: { readonly id: number },
    time: Micros,
    node: string,
    message: string,
    expected: string,
    observed: string,
  ): void {
    this.#context.violated({ record: record.id, time, nodes: [node], message, expected, observed });
  }
}

function fence(state: FenceState, record: StateRecord | PointRecord): void {
  if (!state.isFenced) state.since = record.time;
  state.isFenced = true;
  state.opened = undefined;
  state.epoch = Math.max(state.epoch, intOf(record.fields["epoch"]));
}
