import type { Fields } from "./plain.ts";
import type { Micros, RecordId } from "./record.ts";

/**
 * `holds`: judged and right. `violated`: judged and wrong. `inconclusive`: it was asked for and could not be decided.
 * `not-exercised`: nothing triggered it, or a fault broke one of its premises.
 */
export type VerdictKind = "holds" | "violated" | "inconclusive" | "not-exercised";

/** What a checker found wrong, in data. */
export interface Violation {
  /** The first offending record. */
  readonly record: RecordId;
  readonly time: Micros;
  readonly nodes: readonly string[];
  /** One sentence: what happened, with names, values and both times. Shown as it is. */
  readonly message: string;
  readonly expected: string;
  readonly observed: string;
  /** Other records the reader needs (the other leader's election, the write it contradicts). */
  readonly related?: readonly RecordId[];
  readonly facts?: Fields;
}

/** An order in which what clients did could have taken effect, each call at one moment between its invocation and its answer. */
export interface EffectOrder {
  /** What the calls touch. */
  readonly key: string;
  /** Calls, by their invocations, first to last: all that need a place, or the longest beginning that is legal. */
  readonly calls: readonly RecordId[];
  /** The first call that no order holds, by its invocation; −1 when every one has its place. */
  readonly misfit: RecordId;
}

export interface Verdict {
  /** Name of the checker, kebab-case. */
  readonly checker: string;
  /** Number of the invariant it checks (`I08`), `""` for a user's own. */
  readonly invariant: string;
  /** The rule in one sentence. */
  readonly rule: string;
  /** A few words for the grid of the report ("At most one node may write"). */
  readonly title: string;
  readonly verdict: VerdictKind;
  /** How many records (or moments) it judged. */
  readonly judged: number;
  /** Why it is `inconclusive` or `not-exercised`. */
  readonly reason?: string;
  readonly violation?: Violation;
  /** One a key, where calls of clients are judged and the records of the run are kept. */
  readonly orders?: readonly EffectOrder[];
}
