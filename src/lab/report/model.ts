import type { Micros, RecordId, RecordKind } from "../../trace/record.ts";
import type { Outcome, SummaryRow } from "../../trace/result.ts";
import type { VerdictKind } from "../../trace/verdict.ts";
import type { WhyRole } from "../../trace/why/why-slice.ts";
import type { Column } from "./columns.ts";

/** Index into {@link ReportModel.names}: nodes first, in lane order, then clients. */
export type NameIndex = number;

/** How a band is painted; decided once here so that renderers only draw. */
export type Tone = "leader" | "candidate" | "pre-candidate" | "follower" | "access" | "fence" | "plain";

/** A stretch of time during which one state of one node kept its value. */
export interface Band {
  readonly from: Micros;
  readonly to: Micros;
  readonly value: string;
  /** What is written on the band (`leader, term 2`). */
  readonly words: string;
  /** One capital that stands for the value where there is no room for words; `""` on sub-bands. */
  readonly letter: string;
  readonly tone: Tone;
  /** Whether it is drawn; the rest is only in the table of a moment. */
  readonly isShown: boolean;
  readonly record: RecordId;
  /** The message, call or fault it came from, by record; −1 for none. */
  readonly cause: RecordId;
}

/** Every value of one state key at one node, in order of time, without overlap. */
export interface StateTrack {
  readonly key: string;
  readonly bands: readonly Band[];
}

/** A stretch during which a process did not run. */
export interface ProcessSpan {
  readonly from: Micros;
  readonly to: Micros;
  readonly kind: "down" | "paused";
  /** `down 4.000 s`, `paused 1.500 s`. */
  readonly words: string;
  /** What follows when it is up again (`incarnation 2`); `""` when it stays away. */
  readonly after: string;
}

/** A number that changes at moments and keeps its value between them. Columns of equal length. */
export interface StepLine {
  readonly at: Column;
  readonly value: Column;
}

export interface NodeLane {
  readonly id: string;
  readonly program: string;
  /** What the reader needs to know of this node beside its name (`old leader`); `""` for most. */
  readonly note: string;
  /** Group in the first partition, from 0; −1 when there was none. */
  readonly group: number;
  /** Key of the state on the main band; `""` when the program has no states. */
  readonly mainKey: string;
  /** Sub-bands from top to bottom; keys in one row never overlap in what they show. */
  readonly rows: readonly (readonly string[])[];
  readonly states: readonly StateTrack[];
  readonly process: readonly ProcessSpan[];
  /** Wall clock minus true time, µs; empty when it was right all the time. */
  readonly clock: StepLine;
  /** Commit index; empty when the program has none. */
  readonly commit: StepLine;
}

/** Operations of one client in columns, ordered by call. */
export interface Operations {
  readonly call: Column;
  /** Return; the end of the run for one that never returned. */
  readonly end: Column;
  /** 0 ok, 1 fail, 2 info, 3 never returned. */
  readonly outcome: Column;
  /** Index into {@link ReportModel.operationWords}. */
  readonly words: Column;
  readonly record: Column;
  /** The message that brought its end, by record; −1 for none. */
  readonly cause: Column;
}

export interface ClientLane {
  readonly id: string;
  /** `writes to n1` when it always asks one node; else `""`. */
  readonly note: string;
  readonly operations: Operations;
}

/** An order in which the calls on one key can have taken effect. Columns of equal length. */
export interface EffectLine {
  readonly key: string;
  /** Calls by record, first to last. */
  readonly record: Column;
  /** When each can have taken effect, never falling. */
  readonly at: Column;
  /** The first call that no order holds, by record; −1 when every one that needs a place has it. */
  readonly misfit: RecordId;
}

/** How a kind of message is drawn: routine ones recede, decisive ones are ink, background and client ones wait for a zoom. */
export type MessageTone = "routine" | "append" | "decisive" | "background" | "client";

export interface MessageType {
  readonly name: string;
  /** `heartbeat`, and `heartbeats` for a burst. */
  readonly one: string;
  readonly many: string;
  readonly tone: MessageTone;
  readonly isReply: boolean;
  readonly count: number;
}

/** Why messages ended: one for each pair of reason and fault. */
export interface DropCause {
  readonly reason: string;
  readonly fault: string;
  /** Follows "9 heartbeats of n1": `lost to the cut`. */
  readonly words: string;
  readonly count: number;
}

/** One row a copy of a message, ordered by sending. All columns have the same length. */
export interface Messages {
  readonly sent: Column;
  /** Arrival or loss minus sending; for one in flight, the end of the run minus sending. */
  readonly took: Column;
  readonly from: Column;
  readonly to: Column;
  /** Index into {@link ReportModel.messageTypes}. */
  readonly type: Column;
  /** −1 delivered, −2 in flight at the end, else an index into {@link ReportModel.dropCauses}. */
  readonly fate: Column;
  /** 1: a state change of the main band depends on it. 2: a second copy. */
  readonly flags: Column;
  /** The record that sent it. */
  readonly record: Column;
  /** The message, call or fault its sender was handling, by record; −1 for none. */
  readonly cause: Column;
}

/** What happened at moments, ordered by time. Columns of equal length. */
export interface Points {
  readonly at: Column;
  readonly node: Column;
  /** Index into {@link texts}. */
  readonly words: Column;
  readonly record: Column;
  /** The message, call or fault it came from, by record; −1 for none. */
  readonly cause: Column;
  readonly texts: readonly string[];
  /** How many there was no room for: those of the commonest names. */
  readonly left: number;
}

/** Stamps of hybrid logical clocks, in the order in which they were given out. Columns of equal length; empty where nobody keeps one. */
export interface Stamps {
  readonly at: Column;
  readonly node: Column;
  /** Minus {@link epochMs}. */
  readonly ms: Column;
  readonly counter: Column;
  readonly record: Column;
  /** 1: smaller than one given out before, where neither led to the other. 2: no larger than one that led to it. */
  readonly odd: Column;
  /** The moment at which the run began, ms since the Unix epoch. */
  readonly epochMs: number;
}

/** What a page has no room for. */
export interface LeftOut {
  /** Messages further from the window and the findings than {@link radius}; 0 in all but the largest runs. */
  readonly messages: number;
  /** −1 when no message is left out. */
  readonly radius: Micros;
  /** Stamps of hybrid clocks: all of them where there are too many, else 0. */
  readonly stamps: number;
}

/** A fault from start to end. */
export interface FaultWindow {
  readonly id: string;
  readonly kind: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Whether it outlived the run. */
  readonly isOpen: boolean;
  readonly words: string;
  readonly touched: number;
  /** Row in which it is drawn, from 0; faults in one row do not overlap. */
  readonly row: number;
}

/** A fault that divides the nodes. */
export interface Partition {
  readonly fault: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Disjoint groups in order A, B, C… */
  readonly groups: readonly (readonly NameIndex[])[];
  /** When the links were cut; one stretch for most, many for flapping. */
  readonly cuts: readonly { readonly from: Micros; readonly to: Micros }[];
  /** Which way messages still pass between the first two groups. */
  readonly open: "none" | "first-to-second" | "second-to-first";
}

/** Who may write: a stretch with a constant set of writers. */
export interface WriteSpan {
  readonly from: Micros;
  readonly to: Micros;
  readonly writers: readonly NameIndex[];
}

export interface StoryItem {
  readonly number: number;
  readonly time: Micros;
  /** −1 for none. */
  readonly since: Micros;
  readonly text: string;
  readonly limit: string;
  readonly isBad: boolean;
  readonly record: RecordId;
}

/** One record on the way to a violation. */
export interface WhyStep {
  readonly record: RecordId;
  readonly time: Micros;
  readonly kind: RecordKind;
  readonly role: WhyRole;
  /** `""` for what the world did. */
  readonly node: string;
  /** The other end of a message; `""` for what is none. */
  readonly other: string;
  readonly text: string;
  readonly because: string;
  /** Place of the step it led to; −1 for none. */
  readonly explains: number;
  /** Whether it is among the few shown first. */
  readonly isShown: boolean;
  /** Whether it is the violating record. */
  readonly isLast: boolean;
}

export interface Why {
  readonly steps: readonly WhyStep[];
  /** Records that belong to it and had no room. */
  readonly left: number;
}

export interface Finding {
  readonly checker: string;
  readonly title: string;
  readonly rule: string;
  readonly time: Micros;
  readonly nodes: readonly NameIndex[];
  readonly message: string;
  readonly expected: string;
  readonly observed: string;
  readonly record: RecordId;
  /** `undefined` for a step of the story that did not happen. */
  readonly why?: Why;
}

export interface Rule {
  readonly checker: string;
  readonly title: string;
  readonly rule: string;
  readonly verdict: VerdictKind;
  readonly judged: number;
  readonly reason: string;
}

/** A fact about the run: what, and in small print what qualifies it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly small: string;
}

export interface Histogram {
  /** Width of a bucket, µs. */
  readonly bucket: Micros;
  readonly counts: readonly number[];
}

/**
 * Everything a report shows, as plain data: folded once from trace and result, drawn by any number of renderers.
 *
 * Times are µs of virtual time since the start of the run.
 */
export interface ReportModel {
  readonly scenario: string;
  readonly about: string;
  readonly seed: string;
  readonly outcome: Outcome;
  /** The verdict in a few words. */
  readonly headline: string;
  /** One or two sentences: why that verdict. */
  readonly lede: string;
  readonly facts: readonly Fact[];
  /** Figures of the run's own subject; empty where there are none. */
  readonly figures: readonly SummaryRow[];
  readonly replay: string;
  readonly story: readonly StoryItem[];
  readonly findings: readonly Finding[];
  readonly rules: readonly Rule[];
  readonly endTime: Micros;
  /** What the main timeline shows first, and where its cursor stands. */
  readonly window: { readonly from: Micros; readonly to: Micros };
  readonly cursor: Micros;
  readonly names: readonly string[];
  readonly nodes: readonly NodeLane[];
  readonly clients: readonly ClientLane[];
  readonly operationWords: readonly string[];
  /** One a key, where a rule judged in what order calls can have taken effect. */
  readonly effects: readonly EffectLine[];
  readonly faults: readonly FaultWindow[];
  readonly partitions: readonly Partition[];
  /** `undefined` when no program says who may write. */
  readonly writers: readonly WriteSpan[] | undefined;
  readonly messageTypes: readonly MessageType[];
  readonly dropCauses: readonly DropCause[];
  readonly messages: Messages;
  readonly points: Points;
  readonly stamps: Stamps;
  readonly left: LeftOut;
  /** Completion times of acknowledged writes (of all operations when none writes). */
  readonly acknowledged: Column;
  readonly acknowledgedPerSecond: Histogram;
  readonly droppedPerSecond: Histogram;
}
