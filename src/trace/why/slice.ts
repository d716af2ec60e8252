import type { Micros, RecordId } from "../record.ts";
import type { Trace } from "../trace.ts";
import { formatSeconds } from "../units.ts";
import type { Violation } from "../verdict.ts";
import {
  causeAt,
  dropReason,
  familyAt,
  FAULT,
  faultOf,
  isWorld,
  kindAt,
  likenessOf,
  nodeName,
  ownName,
  STATE,
  TIMER,
} from "./columns.ts";
import { FoundRecords } from "./found-records.ts";
import { silencesAt, type Moment, type Silence } from "./silences.ts";
import { triggerOf, wayBack, type Step } from "./way-back.ts";
import { eventText, faultText, silenceText, stepText } from "./why-text.ts";
import type { WhyFault, WhySlice } from "./why-slice.ts";
import { WorldLog, type FaultSpan } from "./world-log.ts";

/** What is kept when there is no room for all, from the first to the last. */
const RANK = {
  named: 0,
  decisive: 1,
  fault: 2,
  missing: 3,
  event: 4,
  timer: 4,
  aside: 5,
  cause: 6,
  namedCause: 16,
  asideCause: 46,
} as const;
/** Silences told of one moment, of each direction. */
const SILENCES_A_MOMENT = 2;
/** Records told of one way back, and of that of a state told aside; faults behind them are told however far. */
const HOPS_TOLD_MAX = 24;
const HOPS_ASIDE_MAX = 6;
/** Records told before a timer that set things going: who armed it, and what with. What was before is another matter. */
const HOPS_BEFORE_TIMER = 3;
const FAR_BACK = "far back on the way to it";
const EVENTS_A_NODE = 2;
/** Nodes whose last states are told beside what the verdict names. */
const ASIDES_MAX = 4;

/**
 * Tells why a rule was broken, from the records alone: from the violating record and those the verdict names back along their causes
 * (messages, timers, completions) to what the scenario did, with the messages whose absence explains a timer or a state that
 * stood, and what the world did to the nodes in between. The same on every run; time linear in the records up to the violation.
 *
 * @param trace All records of the run, at least up to the violation.
 */
export function whySlice(trace: Trace, violation: Violation): WhySlice {
  return new Slicer(trace, violation).slice();
}

class Slicer {
  readonly #trace: Trace;
  readonly #violation: Violation;
  /** Last record that can have to do with it. */
  readonly #end: RecordId;
  readonly #log: WorldLog;
  readonly #seen = new Set<RecordId>();
  readonly #found = new FoundRecords();
  readonly #moments: Moment[] = [];
  /** Faults that the way back leads to. */
  readonly #behind = new Set<string>();

  constructor(trace: Trace, violation: Violation) {
    this.#trace = trace;
    this.#violation = violation;
    this.#end = Math.max(lastUpTo(trace, violation.time), violation.record);
    this.#log = new WorldLog(trace, this.#end);
  }

  slice(): WhySlice {
    const { record, time, related = [] } = this.#violation;
    const named = [record, ...related].filter((id) => id >= 0 && id < this.#trace.count);
    for (const id of named) this.#root(id, id === record ? this.#verdictText() : "the verdict names it");
    for (const id of this.#asides()) this.#aside(id);
    const family = this.#family();
    for (const node of this.#violation.nodes)
      this.#moments.push({ node, explains: record, at: this.#end, since: -1, family });
    for (const silence of this.#silences()) this.#missing(silence);
    this.#tellEvents();
    const faults = this.#tellFaults();
    const { records, left } = this.#found.chosen();
    return { violation: record, time, records, faults, left };
  }

  #verdictText(): string {
    const { record, time } = this.#violation;
    if (this.#trace.time(record) >= time) return "here the rule was broken";
    return `the rule was broken at ${formatSeconds(time)}, when this was the last that counted`;
  }

  /** Family of the messages that decided; `""` where none did. */
  #family(): string {
    for (const [id, { role }] of this.#found.entries()) {
      const family = role === "decisive" ? familyAt(this.#trace, id) : "";
      if (family !== "") return family;
    }
    return "";
  }

  /** A record that the verdict names: it, and the first message or timer before it, decide. */
  #root(id: RecordId, because: string): void {
    const isSeen = this.#seen.has(id);
    const steps = wayBack(this.#trace, id, this.#seen);
    this.#found.add(id, { role: "decisive", because, explains: -1, rank: RANK.named });
    if (isSeen) return;
    const rank = id === this.#violation.record ? RANK.cause : RANK.namedCause;
    this.#tellWay(steps, rank, HOPS_TOLD_MAX);
    const decider = triggerOf(this.#trace, id);
    const trigger = steps.find(({ index }) => index === decider);
    if (trigger === undefined) return;
    const { index, explains } = trigger;
    const said = explains < 0 ? because : stepText(this.#trace, index, explains);
    this.#found.add(index, {
      role: "decisive",
      because: said,
      explains,
      rank: explains < 0 ? RANK.named : RANK.decisive,
    });
  }

  /** The last state of a node that the verdict speaks of without naming a record of it. */
  #aside(id: RecordId): void {
    const steps = wayBack(this.#trace, id, this.#seen);
    const because = `the last that ${nodeName(this.#trace, id)} had said of it`;
    this.#found.add(id, { role: "cause", because, explains: this.#violation.record, rank: RANK.aside });
    this.#tellWay(steps, RANK.asideCause, HOPS_ASIDE_MAX);
  }

  #tellWay(steps: readonly Step[], rank: number, hopsMax: number): void {
    const trace = this.#trace;
    let limit = hopsMax;
    let told = -1;
    for (const { index, explains, hops } of steps) {
      const isFault = kindAt(trace, index) === FAULT;
      if (isFault) this.#behind.add(ownName(trace, index));
      if (hops > limit) {
        if (isFault) this.#found.add(index, { role: "fault", because: FAR_BACK, explains: told, rank: RANK.fault });
        continue;
      }
      told = index;
      const because = stepText(trace, index, explains);
      if (isFault) this.#found.add(index, { role: "fault", because, explains, rank: RANK.fault });
      else if (explains >= 0)
        this.#found.add(index, { role: "cause", because, explains, rank: this.#rankOf(index, rank + hops) });
      const fault = isWorldState(trace, index) ? this.#log.faultBehind(index) : "";
      if (fault !== "") this.#behind.add(fault);
      if (kindAt(trace, index) !== TIMER) continue;
      limit = Math.min(limit, hops + HOPS_BEFORE_TIMER);
      this.#onTimer(index, hops);
    }
  }

  /** A timer that set things going on the way from the violation itself is worth more than its distance says. */
  #rankOf(id: RecordId, rank: number): number {
    return rank < RANK.namedCause && kindAt(this.#trace, id) === TIMER ? RANK.timer : rank;
  }

  /** A timer that ran out tells of what did not come while it ran; one that ticks tells of it only where it decided. */
  #onTimer(id: RecordId, hops: number): void {
    const trace = this.#trace;
    const armedAt = causeAt(trace, id);
    const ticks = armedAt >= 0 && likenessOf(trace, armedAt) === likenessOf(trace, id);
    if (ticks && hops > 2) return;
    const since = ticks ? -1 : armedAt;
    const family = armedAt < 0 ? "" : familyAt(trace, armedAt);
    this.#moments.push({ node: nodeName(trace, id), explains: id, at: id, since, family });
  }

  /** For each node of the verdict without a record of its own: its state of the violation's name, or the last that changed. */
  #asides(): RecordId[] {
    const trace = this.#trace;
    const told = new Set(this.#found.ids().map((id) => nodeName(trace, id)));
    const { record } = this.#violation;
    const key = record >= 0 && kindAt(trace, record) === STATE ? ownName(trace, record) : "";
    return this.#violation.nodes
      .filter((node) => !told.has(node))
      .slice(0, ASIDES_MAX)
      .flatMap((node) => {
        const changes = this.#log.changes.get(node);
        const id = changes?.get(key) ?? [...(changes?.values() ?? [])].at(-1);
        return id === undefined ? [] : [id];
      });
  }

  /** The silences that are told: of each moment a few, each drop once. */
  #silences(): Silence[] {
    const told: Silence[] = [];
    const counts = new Map<string, number>();
    for (const silence of silencesAt(this.#trace, this.#moments)) {
      const place = `${String(silence.moment.explains)} ${String(silence.moment.at)} ${silence.moment.node} ${String(silence.isToNode)}`;
      const count = counts.get(place) ?? 0;
      if (count >= SILENCES_A_MOMENT) continue;
      counts.set(place, count + 1);
      told.push(silence);
    }
    return told;
  }

  #missing(silence: Silence): void {
    const trace = this.#trace;
    const { drop, moment } = silence;
    // A timer that waited for it says more of it than the violation does.
    const rank = RANK.missing + (moment.explains === this.#violation.record ? 0.5 : 0);
    this.#found.add(drop, { role: "missing", because: silenceText(trace, silence), explains: moment.explains, rank });
    const fault = faultOf(trace, drop);
    if (fault !== "") this.#behind.add(fault);
    if (dropReason(trace, drop) !== "crashed") return;
    // Nothing took the message: there was nobody to hear it, and whoever saw to that is behind it.
    const outage = this.#log.events.get(nodeName(trace, drop))?.findLast(({ index }) => index < drop);
    if (outage === undefined) return;
    const because = eventText(trace, outage.index, outage.fault);
    this.#found.add(outage.index, { role: "cause", because, explains: drop, rank: RANK.event });
    if (outage.fault !== "") this.#behind.add(outage.fault);
  }

  /** What the world did to the nodes of the slice, the latest of it. */
  #tellEvents(): void {
    const trace = this.#trace;
    const named = new Set(this.#violation.nodes);
    for (const node of new Set([...named, ...this.#nodes()])) {
      const events = (this.#log.events.get(node) ?? []).slice(named.has(node) ? -EVENTS_A_NODE : -1);
      for (const { index, fault } of events) {
        const rank = RANK.event + (named.has(node) ? 0 : 0.5);
        this.#found.add(index, {
          role: "cause",
          because: eventText(trace, index, fault),
          explains: this.#violation.record,
          rank,
        });
        if (fault !== "") this.#behind.add(fault);
      }
    }
  }

  #nodes(): Set<string> {
    return new Set(
      this.#found
        .ids()
        .map((id) => nodeName(this.#trace, id))
        .filter((node) => node !== ""),
    );
  }

  /** The start of every fault that the way leads to, and of those that were in force at its nodes and touched something. */
  #tellFaults(): WhyFault[] {
    const nodes = this.#nodes();
    const told: WhyFault[] = [];
    for (const span of this.#log.faults.values()) {
      const isOnTheWay = this.#behind.has(span.id);
      if (!isOnTheWay && !(span.touch >= 0 && reaches(span, nodes))) continue;
      told.push({ id: span.id, kind: span.kind, isOnTheWay });
      const because = faultText(this.#trace, span, isOnTheWay);
      const rank = RANK.fault + (isOnTheWay ? 0 : 0.5);
      this.#found.add(span.start, { role: "fault", because, explains: this.#effectOf(span), rank });
    }
    return told;
  }

  /** The first record of the slice that a fault led to; the violation where none says so. */
  #effectOf(span: FaultSpan): RecordId {
    const trace = this.#trace;
    let effect = this.#violation.record;
    for (const [id, { role }] of this.#found.entries()) {
      if (role === "fault" || id >= effect || id < span.start) continue;
      const fault = role === "missing" ? faultOf(trace, id) : isWorld(trace, id) ? this.#log.faultBehind(id) : "";
      if (fault === span.id) effect = id;
    }
    return effect;
  }
}

function isWorldState(trace: Trace, id: RecordId): boolean {
  return kindAt(trace, id) === STATE && isWorld(trace, id);
}

function reaches(span: FaultSpan, nodes: ReadonlySet<string>): boolean {
  return span.nodes.size === 0 || [...span.nodes].some((node) => nodes.has(node));
}

/** The last record at or before a time. */
function lastUpTo(trace: Trace, time: Micros): RecordId {
  let low = 0;
  let high = trace.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (trace.time(middle) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
