import type { Micros, TraceRecord } from "../../trace/record.ts";
import type { TraceTarget } from "../../trace/listeners.ts";
import type { EffectOrder, Violation } from "../../trace/verdict.ts";
import type { Cluster } from "./cluster.ts";
import type { RunFacts } from "./facts.ts";
import type { Views } from "./views/views.ts";

/** What a checker is handed for one run, and how it reports. */
export interface CheckerContext {
  readonly run: RunFacts;
  readonly cluster: Cluster;
  /** Shared folds, each already up to date with the record that is being judged. Ask for them in `create`, not later. */
  readonly views: Views;
  /** Whether somebody will look at the run: what a verdict does without is worth its cost only then. */
  readonly isKept: boolean;
  /** The bound the scenario states for this checker, or the checker's own. */
  bound(own: Micros): Micros;
  /** `count` more records or moments were judged and found right (or are about to be found wrong). */
  judged(count?: number): void;
  /** An order of what clients did, for the reader: of each key one. */
  ordered(order: EffectOrder): void;
  /** Only the first violation is kept. */
  violated(violation: Violation): void;
  /** The run cannot be decided, whatever follows; a violation found earlier stands. */
  inconclusive(reason: string): void;
  /** A fault broke what the rule assumes; from now on nothing is judged. */
  premiseBroken(reason: string): void;
}

/** One run of a checker. */
export interface CheckerFold extends TraceTarget {
  /** Sees the records its triggers ask for, in order. */
  on(record: TraceRecord): void;
  /** The run is over; every deadline up to `endTime` has passed. */
  end?(endTime: Micros): void;
}

export interface CheckerOptions {
  /** Number of the invariant (`I08`); `""` for a user's own. */
  readonly invariant?: string;
  /** A few words for the grid of the report. */
  readonly title: string;
  /** The rule in one sentence. */
  readonly rule: string;
  /** Records it asks for: `kind`, `kind:name` or `kind:prefix*`. */
  readonly triggers: readonly string[];
  /** Why a run in which nothing triggered it has nothing to judge, in a few words ("no fence was lifted"). Default "nothing to judge". */
  readonly unexercised?: string;
  /** It counts the voters as the group is founded, each alike: a group with weights, or one that changes, ends what it can judge. */
  readonly countsVoters?: boolean;
  /** Why this run cannot exercise the rule at all (its configuration breaks what the rule assumes); `undefined` when it can. */
  premises?(run: RunFacts, cluster: Cluster): string | undefined;
  create(context: CheckerContext): CheckerFold;
}

export interface Checker extends CheckerOptions {
  readonly name: string;
  readonly invariant: string;
}

/**
 * Names a checker.
 *
 * @param name Kebab-case, unique: what `checks` in a scenario calls it.
 */
export function defineChecker(name: string, options: CheckerOptions): Checker {
  return { invariant: "", ...options, name };
}

/** Premise of rules about leaders that voters elect. */
export function needsElection(_run: RunFacts, cluster: Cluster): string | undefined {
  if (cluster.isLeased) return "the lease of a store decides who leads, no votes";
  return cluster.isStatic ? "the primary is designated, not elected" : undefined;
}

/** Premise of rules about records that only `ha-node` writes. */
export function needsHaNode(_run: RunFacts, cluster: Cluster): string | undefined {
  return cluster.runsHaNode ? undefined : "no node runs ha-node";
}
