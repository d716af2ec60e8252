import type { FaultRecord, Micros, RecordId, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { livenessPremise } from "./leader-exists.ts";
import { disturbanceOf } from "./views/disturbances.ts";
import { intOf, textOf } from "./views/fields.ts";
import { ShortCuts } from "./views/short-cuts.ts";

/** Faults that the rule allows for, as long as they are mild; of cuts, the links tell how long they lasted. */
const ALLOWED = new Set(["partition", "flap", "duplicate", "jitter", "delay", "loss"]);
const HOUR: Micros = 3_600_000_000;

/**
 * Every alarm is a false one here: judging ends with the first thing in the run that would justify one. A process that stops, a link
 * that is cut for too long to be overlooked, a fault of any other kind, or one that is not mild, leave the rest to other rules.
 *
 * Alarms count from 2·ET after the first leader on: before that nobody knows the others.
 */
export const noFalseAlarm = defineChecker("no-false-alarm", {
  invariant: "I47",
  unexercised: "no leader long enough",
  title: "No false alarms",
  rule: "Nobody is suspected, isolated or replaced, and no split is detected, while delay and jitter stay within one heartbeat interval, loss within 2 % and cuts shorter than a lease less 3 heartbeats; the bound is how often it may happen an hour (0).",
  triggers: [
    "fault",
    "state:process",
    "state:link>*",
    "state:role",
    "state:view",
    "state:coordinator",
    "state:isolates>*",
  ],
  premises: livenessPremise,
  create: (context) => new NoFalseAlarm(context),
});

class NoFalseAlarm implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #cuts: ShortCuts;
  readonly #budget: number;
  /** Faults under way that are no premise of the rule, by id. */
  readonly #others = new Map<string, string>();
  /** Whom each member took to be there. */
  readonly #views: (readonly string[])[];
  #leader = "";
  #leaderRecord: RecordId = -1;
  #settledAt: Micros = Infinity;
  #alarms = 0;

  constructor(context: CheckerContext) {
    const { cluster, run } = context;
    this.#context = context;
    this.#budget = context.bound(0);
    this.#views = cluster.ids.map(() => []);
    const latency = run.network?.latencyUsHigh ?? 0;
    const shortest = Math.min(...cluster.settings.map((one) => Math.min(one.electionTimeoutMs, one.leaseMs)));
    this.#cuts = new ShortCuts({
      limit: 1_000 * shortest - 3 * cluster.heartbeat - 2 * latency,
      gap: 2 * cluster.heartbeat,
    });
  }

  on(record: TraceRecord): void {
    const cut = this.#cuts.tooLong(record.time);
    if (cut !== undefined) this.#context.premiseBroken(`${cut} was cut for too long to be overlooked`);
    else if (record.kind === "fault") this.#onFault(record);
    else if (record.kind === "state" && record.origin === "world") this.#onWorld(record);
    else if (record.kind === "state") this.#onClaim(record);
  }

  end(endTime: Micros): void {
    const cut = this.#cuts.tooLong(endTime);
    if (cut !== undefined) this.#context.premiseBroken(`${cut} was cut for too long to be overlooked`);
    else if (endTime >= this.#settledAt) this.#context.judged();
  }

  #onFault(record: FaultRecord): void {
    if (record.phase === "start") {
      const kind = textOf(record.fields["kind"]);
      const isMild = disturbanceOf(record, this.#context.cluster.heartbeat).kind === "none";
      if (!ALLOWED.has(kind) || !isMild) this.#others.set(record.fault, kind);
    } else if (record.phase === "touch" && this.#others.has(record.fault))
      this.#context.premiseBroken(
        `a fault (${String(this.#others.get(record.fault))}) did more than the rule allows for`,
      );
  }

  #onWorld(record: StateRecord): void {
    const { cluster } = this.#context;
    if (cluster.number(record.node) < 0) return;
    if (record.key === "process") {
      if (record.value !== "up") this.#context.premiseBroken(`the process of ${record.node} was ${record.value}`);
      return;
    }
    const to = record.key.slice("link>".length);
    if (cluster.number(to) < 0) return;
    const isOver = this.#cuts.change(`${record.node}>${to}`, record.value === "cut", record.time);
    // A cut that nobody noticed.
    if (isOver && record.time >= this.#settledAt) this.#context.judged();
  }

  #onClaim(record: StateRecord): void {
    const { key, value, node } = record;
    if (key.startsWith("isolates>")) {
      if (value === "yes") this.#alarm(record, `${node} cut ${key.slice("isolates>".length)} off`);
      return;
    }
    const member = this.#context.cluster.number(node);
    if (member < 0) return;
    if (key === "role") this.#onRole(record);
    else if (key === "view") this.#onView(member, record);
    else if (value === "split_brain_detected")
      this.#alarm(record, `${node} detected a split (${textOf(record.fields["reason"])})`);
  }

  #onRole(record: StateRecord): void {
    const { node, value, time } = record;
    const term = String(intOf(record.fields["term"]));
    if (value === "leader") {
      if (this.#leader !== "")
        this.#alarm(record, `${node} became leader of term ${term} in the place of ${this.#leader}`);
      if (time < this.#settledAt) this.#settledAt = time + 2 * this.#context.cluster.electionTimeout;
      this.#leader = node;
      this.#leaderRecord = record.id;
    } else if (value !== "follower")
      this.#alarm(record, `${node} is ${value} in term ${term}, as if there were no leader`);
    else if (node === this.#leader) this.#alarm(record, `${node} leads no more`);
  }

  #onView(member: number, record: StateRecord): void {
    const before = this.#views[member] ?? [];
    const now = record.value.split(" ").filter((id) => id !== "");
    this.#views[member] = now;
    const gone = before.filter((id) => !now.includes(id));
    if (gone.length > 0) this.#alarm(record, `${record.node} suspects ${gone.join(", ")}`);
  }

  #alarm(record: StateRecord, what: string): void {
    const { node, id, time } = record;
    if (time < this.#settledAt) return;
    this.#context.judged();
    this.#alarms++;
    const allowed = this.#budget * Math.ceil(time / HOUR);
    if (this.#alarms <= allowed) return;
    this.#context.violated({
      record: id,
      time,
      nodes: [node],
      message: `${what} at ${formatSeconds(time)}, though every process ran, no link was cut for longer than ${formatSeconds(this.#cuts.limit)} and no more was late or lost than the rule allows for`,
      expected: `at most ${String(this.#budget)} alarms an hour`,
      observed: `alarm ${String(this.#alarms)}`,
      related: [this.#leaderRecord].filter((related) => related >= 0 && related !== id),
    });
  }
}
