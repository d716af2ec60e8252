import type { CompleteRecord, Micros, PointRecord, RecordId, StateRecord, TraceRecord } from "../../trace/record.ts";
import type { StoryLine } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { formatDuration, formatSeconds } from "../../trace/units.ts";
import { ASIDE_TRIGGERS, Asides } from "./story-asides.ts";
import { tellLines, type Draft } from "./story-lines.ts";
import { Returns } from "./story-returns.ts";
import { Roster, type NodeFacts } from "./story-roster.ts";
import { FirstWrites } from "./story-waiting.ts";
import { beginning, ending, list, readFault, whatDetected, whyNoWrites, type ToldFault } from "./story-words.ts";

/** A fault under way, and what its consequences still lack. */
interface Incident {
  readonly fault: ToldFault;
  readonly startedAt: Micros;
  stoppedAt: Micros;
  /** Who led when it started, `""` for nobody. */
  readonly ledBy: string;
  /** How a node stopped being the leader: its fence and its step-down are one line. */
  readonly falls: Map<string, { readonly line: Draft; readonly isFenced: boolean; to: string }>;
  /** Nodes that lost something and must come back after the end. */
  readonly returns: Returns;
  endLine: Draft | undefined;
  leaderLost: Micros;
}

/** Limits the story writes in grey after a line: `state key=value` of a scenario's expectations, and `lease`. */
export interface StoryLimits {
  readonly lease?: Micros;
  /** `"fence=fenced"` → how long after the fault. */
  readonly states: ReadonlyMap<string, Micros>;
}

/**
 * Tells a run from its records alone: who led, what broke, when the old leader stopped taking writes, was fenced, who was
 * elected, when the first write was acknowledged and how long clients had waited, and what healed. A step that should be and is
 * not gets a line too. For programs that record none of these states it tells the faults and the processes.
 */
export class StoryTeller implements TraceListener {
  readonly triggers = [
    "fault",
    "state:role",
    "state:fence",
    "state:coordinator",
    "state:replica",
    "point:stale-leadership",
    ...ASIDE_TRIGGERS,
    "invoke:write",
    "complete:ok",
    "delivered:kv.reply",
  ];
  readonly #limits: StoryLimits;
  readonly #roster = new Roster();
  readonly #lines: Draft[] = [];
  readonly #incidents: Incident[] = [];
  readonly #asides = new Asides();
  #electionsTold = 0;
  #electionsUntold = 0;
  readonly #firstWrites = new FirstWrites();

  constructor(limits: StoryLimits = { states: new Map() }) {
    this.#limits = limits;
  }

  on(record: TraceRecord): void {
    switch (record.kind) {
      case "fault":
        if (record.phase === "start") this.#begin(readFault(record.fault, record.fields), record.time, record.id);
        else if (record.phase === "stop") this.#end(record.fault, record.time, record.id);
        return;
      case "state":
        this.#state(record);
        this.#aside(record);
        return;
      case "point":
        if (record.name === "stale-leadership") this.#detected(record);
        else this.#aside(record);
        return;
      case "invoke":
        this.#firstWrites.begun(record.id);
        return;
      case "delivered":
        this.#firstWrites.answered(record);
        return;
      case "complete":
        this.#acknowledged(record);
        return;
      default:
        return;
    }
  }

  /** The fault that is the likeliest reason of what happens now: the last to start or stop. */
  get #current(): Incident | undefined {
    return this.#incidents.at(-1);
  }

  #say(
    time: Micros,
    record: RecordId,
    text: string,
    options: { limit?: string; since?: Micros; weight?: number } = {},
  ): Draft {
    const incident = this.#current;
    const anchor = incident === undefined || incident.stoppedAt >= 0 ? -1 : time - incident.startedAt;
    const { limit = "", since = anchor, weight = 0 } = options;
    const line = { time, record, text, limit, since, weight };
    this.#lines.push(line);
    return line;
  }

  #limitOf(state: string): string {
    const limit = this.#limits.states.get(state);
    return limit === undefined ? "" : `limit ${formatSeconds(limit)}`;
  }

  #begin(fault: ToldFault, time: Micros, record: RecordId): void {
    const leader = this.#roster.leader();
    const led = leader === "" ? "" : ` ${leader} leads${this.#roster.ofTerm(leader, " term")}.`;
    const unknown = leader === "" && this.#roster.hasRoles() ? " Nobody leads." : "";
    // What happens from now on follows from this fault.
    for (const { returns } of this.#incidents) returns.close();
    this.#incidents.push({
      fault,
      startedAt: time,
      stoppedAt: -1,
      ledBy: leader,
      falls: new Map(),
      returns: new Returns(),
      endLine: undefined,
      leaderLost: -1,
    });
    this.#say(time, record, beginning(fault) + led + unknown, { since: -1 });
  }

  #end(id: string, time: Micros, record: RecordId): void {
    const incident = this.#incidents.findLast((candidate) => candidate.fault.id === id && candidate.stoppedAt < 0);
    if (incident === undefined) return;
    this.#leaderlessLine(incident, time, record);
    incident.stoppedAt = time;
    const text = ending(incident.fault);
    if (text === "") return;
    incident.endLine = this.#say(time, record, text, { since: -1 });
    const leader = this.#roster.leader();
    if (leader !== "" && leader === incident.ledBy && incident.leaderLost < 0)
      incident.endLine.text += ` ${leader} has led${this.#roster.ofTerm(leader, " term")} throughout.`;
    this.#whoIsBehind(incident, leader);
  }

  /** Old leaders, and everybody who does not follow the leader of now. */
  #whoIsBehind(incident: Incident, leader: string): void {
    for (const [node, facts] of this.#roster) {
      // Who never told whom it follows cannot be behind.
      if (!facts.tellsLeader || (facts.role === "" && !facts.isDown)) continue;
      const isHealthy = facts.coordinator === "healthy" || facts.coordinator === "";
      const follows = leader !== "" && facts.role === "follower" && facts.leader === leader ? leader : "";
      const isBehind = follows === "" || (incident.returns.has(node) && !isHealthy);
      if (node === leader || !isBehind) incident.returns.forget(node);
      else incident.returns.found(node, { follows, isHealthy });
    }
    incident.returns.end(incident.stoppedAt);
  }

  #leaderlessLine(incident: Incident, time: Micros, record: RecordId): void {
    if (incident.leaderLost < 0 || this.#roster.leader() !== "") return;
    this.#say(time, record, `No leader was elected in ${formatSeconds(time - incident.leaderLost)}.`);
    incident.leaderLost = -1;
  }

  #state(record: StateRecord): void {
    const facts = this.#roster.of(record.node);
    switch (record.key) {
      case "role":
        this.#role(record, facts);
        return;
      case "writable":
        if (facts.writable && record.value === "no") this.#stoppedWriting(record);
        facts.writable = record.value === "yes";
        return;
      case "fence":
        if (facts.fence !== record.value && (record.value === "fenced" || record.value === "failed"))
          this.#fenced(record);
        facts.fence = record.value;
        return;
      case "coordinator":
        facts.coordinator = record.value;
        if (record.value !== "healthy") return;
        for (const { returns } of this.#incidents) returns.healthy(record.node, record.time);
        return;
      case "process":
        this.#process(record, facts);
        return;
      case "replica":
        if (record.value !== "streaming") return;
        for (const { returns } of this.#incidents) returns.streams(record.node, record.time);
        return;
      default:
        return;
    }
  }

  #aside(record: StateRecord | PointRecord): void {
    const aside = this.#asides.tell(record);
    if (aside === undefined || this.#current === undefined || !this.#room(aside.about, aside.what)) return;
    this.#say(record.time, record.id, aside.text, { weight: aside.weight });
  }

  #role(record: StateRecord, facts: NodeFacts): void {
    const before = facts.role;
    facts.role = record.value;
    facts.term = Number(record.fields["term"] ?? facts.term);
    facts.leader = String(record.fields["leader"] ?? "");
    facts.tellsLeader ||= record.fields["leader"] !== undefined;
    const incident = this.#current;
    if (record.value === "leader" && before !== "leader") this.#elected(record, facts, incident);
    else if (before === "leader" && record.value !== "leader") this.#steppedDown(record, incident);
    if (record.value !== "follower" || facts.leader === "") return;
    for (const { returns } of this.#incidents) returns.follows(record.node, facts.leader, record.time);
  }

  #elected(record: StateRecord, facts: NodeFacts, incident: Incident | undefined): void {
    const votes = String(record.fields["votes"] ?? "");
    const by = votes === "" ? "" : ` by ${list(votes.split(","))}`;
    const how = facts.term < 0 && by === "" ? "becomes leader" : "is elected leader";
    const text = `${record.node} ${how}${this.#roster.ofTerm(record.node, " of term")}${by}.`;
    if (incident !== undefined) {
      incident.leaderLost = -1;
      incident.returns.forget(record.node);
      incident.falls.delete(record.node);
      for (const [node, other] of this.#roster)
        if (node !== record.node && other.role === "leader" && !other.isDown) incident.returns.lost(node);
    }
    if (incident === undefined) this.#say(record.time, record.id, text, { weight: 1 });
    else if (this.#electionsTold++ < 8)
      this.#say(record.time, record.id, text, { limit: this.#limitOf("role=leader"), weight: 1 });
    else this.#electionsUntold++;
    this.#firstWrites.await(record.node);
  }

  #steppedDown(record: StateRecord, incident: Incident | undefined): void {
    if (incident === undefined) return;
    if (this.#roster.leader() === "") incident.leaderLost = record.time;
    incident.returns.lost(record.node);
    const fall = incident.falls.get(record.node);
    if (fall !== undefined) {
      if (fall.to !== "") return;
      fall.to = record.value;
      fall.line.text = fallText(record.node, fall);
    } else if (this.#room(record.node, "falls")) {
      this.#fall(incident, record, { isFenced: false, to: record.value });
    }
  }

  #fall(incident: Incident, record: StateRecord, fall: { isFenced: boolean; to: string }): void {
    const limit = fall.isFenced ? this.#limitOf("fence=fenced") : this.#limitOf(`role=${fall.to}`);
    const line = this.#say(record.time, record.id, fallText(record.node, fall), { limit, weight: 2 });
    incident.falls.set(record.node, { ...fall, line });
  }

  /** Each kind of line about a node is told a few times, not at every flap. */
  #room(node: string, what: string): boolean {
    const key = `${node} ${what}`;
    const told = this.#told.get(key) ?? 0;
    this.#told.set(key, told + 1);
    return told < 2;
  }
  readonly #told = new Map<string, number>();

  #stoppedWriting(record: StateRecord): void {
    if (this.#current === undefined || !this.#room(record.node, "writes")) return;
    const reason = String(record.fields["reason"] ?? "");
    const heir = reason === "no-lease" ? this.#asides.handsOverTo(record.node) : "";
    const why = heir === "" ? whyNoWrites(reason) : `it hands leadership over to ${heir}`;
    const limit =
      reason === "no-lease" && heir === "" && this.#limits.lease !== undefined
        ? `limit ${formatSeconds(this.#limits.lease)}`
        : this.#limitOf("writable=no");
    this.#say(record.time, record.id, `${record.node} stops taking writes${why === "" ? "" : `: ${why}`}.`, {
      limit,
      weight: 2,
    });
  }

  #detected(record: PointRecord): void {
    const { reason } = record.fields;
    // Everybody may see two leaders; the story is about the one that should not be.
    if (this.#current === undefined || this.#roster.of(record.node).role !== "leader") return;
    if (reason === "dual-leader" && record.fields["node"] !== record.node) return;
    if (!this.#room(record.node, "detects")) return;
    this.#say(record.time, record.id, `${record.node} notices that it ${whatDetected(String(reason))}.`, { weight: 3 });
  }

  #fenced(record: StateRecord): void {
    const incident = this.#current;
    if (incident === undefined) return;
    if (record.value === "failed") {
      if (this.#room(record.node, "fails")) this.#say(record.time, record.id, `${record.node} could not be fenced.`);
      return;
    }
    if (record.value !== "fenced") return;
    incident.returns.lost(record.node);
    const fall = incident.falls.get(record.node);
    if (fall === undefined) {
      if (this.#room(record.node, "falls")) this.#fall(incident, record, { isFenced: true, to: "" });
    } else if (!fall.isFenced && incident.stoppedAt < 0) {
      // It stepped down a moment before its fence was verified: one fact, told at the fence.
      this.#lines.splice(this.#lines.indexOf(fall.line), 1);
      this.#fall(incident, record, { isFenced: true, to: fall.to });
    }
  }

  #process(record: StateRecord, facts: NodeFacts): void {
    if (record.value !== "down") {
      facts.isDown = false;
      return;
    }
    const wasLeader = facts.role === "leader" && !facts.isDown;
    this.#roster.down(record.node);
    const incident = this.#current;
    if (incident !== undefined) {
      if (wasLeader && this.#roster.leader() === "") incident.leaderLost = record.time;
      incident.returns.lost(record.node);
    }
    const reason = record.fields["reason"];
    if (reason === "uncaught")
      this.#say(
        record.time,
        record.id,
        `${record.node} dies of an uncaught error: ${String(record.fields["error"] ?? "unknown").split("\n")[0] ?? ""}`,
      );
    else if (reason === "fail-stop")
      this.#say(record.time, record.id, `${record.node} stops itself because going on would be unsafe.`);
    else if (reason === "watchdog") this.#say(record.time, record.id, `${record.node} is ended by its watchdog.`);
  }

  #acknowledged(record: CompleteRecord): void {
    const first = this.#firstWrites.ended(record);
    if (first === undefined || this.#current === undefined || this.#electionsUntold > 0) return;
    const text = `${first.leader} acknowledges its first write. Clients had waited ${formatSeconds(first.waited)} for one.`;
    this.#say(record.time, record.id, text, { weight: 3 });
  }

  /** Call it once, at the end of the run. */
  finish(endTime: Micros): StoryLine[] {
    for (const incident of this.#incidents) {
      this.#leaderlessLine(incident, endTime, -1);
      if (incident.endLine === undefined) continue;
      incident.endLine.text += incident.returns.text();
      const missing = incident.returns
        .missing()
        .filter((node) => this.#roster.of(node).tellsLeader && this.#roster.of(node).role !== "leader");
      if (missing.length === 0 || this.#roster.leader() === "") continue;
      const has = missing.length === 1 ? "has" : "have";
      const text = `${list(missing)} ${has} not rejoined in ${formatSeconds(endTime - incident.stoppedAt)}.`;
      this.#say(endTime, -1, text, { since: -1 });
    }
    if (this.#electionsUntold > 0) {
      this.#say(endTime, -1, `${String(this.#electionsUntold)} more elections by ${formatDuration(endTime)}.`, {
        since: -1,
      });
    }
    // Elections before anything broke are said by "X leads term N" of the first fault.
    return tellLines(this.#lines, this.#incidents[0]?.startedAt ?? 0);
  }
}

function fallText(node: string, fall: { readonly isFenced: boolean; readonly to: string }): string {
  const steps = fall.to === "" ? "" : `steps down to ${fall.to}`;
  return `${node} ${[fall.isFenced ? "fences itself" : "", steps].filter((part) => part !== "").join(" and ")}.`;
}
