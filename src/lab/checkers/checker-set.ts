import type { Micros, TraceRecord } from "../../trace/record.ts";
import type { TraceListener, TraceTarget } from "../../trace/listeners.ts";
import type { EffectOrder, Verdict, Violation } from "../../trace/verdict.ts";
import type { Checker, CheckerContext, CheckerFold } from "./checker.ts";
import { Cluster } from "./cluster.ts";
import type { RunFacts } from "./facts.ts";
import { nearestName } from "./nearest.ts";
import { Views } from "./views/views.ts";

/** A name in `checks` that no checker has. */
export class UnknownCheckerError extends Error {
  override name = "UnknownCheckerError";
  readonly code = "UNKNOWN_CHECKER";
  readonly got: string;
  readonly known: readonly string[];
  readonly nearest: string | undefined;
  constructor(got: string, known: readonly string[]) {
    const nearest = nearestName(got, known);
    const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    super(`UNKNOWN_CHECKER: no checker is called "${got}".${hint} Known: ${known.join(", ")}.`);
    this.got = got;
    this.known = known;
    this.nearest = nearest;
  }
}

/**
 * The checkers of one run. Give {@link listeners} to a `TraceWriter` (online) or to `replayTrace` (offline), then call
 * {@link finish}: both give the same verdicts.
 */
export class CheckerSet {
  /** In the order in which they must see a record: shared folds first. */
  readonly listeners: readonly TraceListener[];
  /** Hears that one of the listeners needs to see no more. */
  onDone: (() => void) | undefined;
  readonly #views: Views;
  readonly #runs: readonly CheckerRun[];

  /**
   * @param checks  `"all"`, or the names of the checkers to run, which then must judge something.
   * @param isKept  Whether the records of the run are kept: verdicts then hold what a reader of them wants to see. Default false.
   * @throws {UnknownCheckerError} for a name that is not in `catalogue`.
   */
  constructor(options: {
    run: RunFacts;
    checks: "all" | readonly string[];
    catalogue: readonly Checker[];
    isKept?: boolean;
  }) {
    const { run, checks, catalogue, isKept = false } = options;
    const cluster = new Cluster(run);
    this.#views = new Views(cluster);
    const chosen = checks === "all" ? catalogue : checks.map((name) => find(name, catalogue));
    this.#runs = chosen.map(
      (checker) =>
        new CheckerRun(checker, {
          run,
          cluster,
          views: this.#views,
          named: checks !== "all",
          isKept,
          onDone: () => this.onDone?.(),
        }),
    );
    this.listeners = [...this.#views.listeners(), ...this.#runs.filter((one) => !one.isDone)];
  }

  /** True as soon as any checker has found a violation: a sweep may stop the run there. */
  get hasViolation(): boolean {
    return this.#runs.some((one) => one.violation !== undefined);
  }

  /** Ends the run at `endTime` and gives one verdict a checker, in the order of the catalogue or of `checks`. Call it once. */
  finish(endTime: Micros): Verdict[] {
    this.#views.end(endTime);
    return this.#runs.map((one) => one.finish(endTime));
  }
}

function find(name: string, catalogue: readonly Checker[]): Checker {
  const checker = catalogue.find((one) => one.name === name);
  if (checker === undefined) {
    throw new UnknownCheckerError(
      name,
      catalogue.map((one) => one.name),
    );
  }
  return checker;
}

/** A node's log holds another configuration than the founding one, or held one. */
const GROUP_CHANGE = "point:raft.config";

class CheckerRun implements TraceListener, CheckerContext {
  readonly triggers: readonly string[];
  readonly run: RunFacts;
  readonly cluster: Cluster;
  readonly views: Views;
  readonly isKept: boolean;
  readonly target: TraceTarget;
  isDone = false;
  violation: Violation | undefined;
  readonly #checker: Checker;
  readonly #named: boolean;
  readonly #fold: CheckerFold | undefined;
  readonly #countsVoters: boolean;
  readonly #onDone: () => void;
  readonly #orders: EffectOrder[] = [];
  #judged = 0;
  #broken: string | undefined;
  #undecided: string | undefined;

  constructor(
    checker: Checker,
    options: {
      run: RunFacts;
      cluster: Cluster;
      views: Views;
      named: boolean;
      isKept: boolean;
      onDone: () => void;
    },
  ) {
    this.#checker = checker;
    this.#onDone = options.onDone;
    this.isKept = options.isKept;
    this.triggers = checker.countsVoters === true ? [...checker.triggers, GROUP_CHANGE] : checker.triggers;
    this.run = options.run;
    this.cluster = options.cluster;
    this.views = options.views;
    this.#named = options.named;
    const isWeighted = checker.countsVoters === true && options.cluster.isWeighted;
    const broken = isWeighted ? "the voters have weights" : checker.premises?.(options.run, options.cluster);
    this.#countsVoters = checker.countsVoters === true;
    if (broken === undefined) this.#fold = checker.create(this);
    else this.premiseBroken(broken);
    this.target = this.#targetOf(this.#fold);
  }

  /** The fold itself, unless something is to be seen before it sees it. */
  #targetOf(fold: CheckerFold | undefined): TraceTarget {
    if (fold === undefined) return this;
    if (!this.#countsVoters) return fold;
    return fold.onMessage === undefined ? this : { on: this.on.bind(this), onMessage: fold.onMessage.bind(fold) };
  }

  on(record: TraceRecord): void {
    if (this.isDone) return;
    if (this.#countsVoters && record.kind === "point" && record.name === "raft.config") this.#onConfig(record.node);
    else this.#fold?.on(record);
  }

  #onConfig(node: string): void {
    if (this.cluster.number(node) >= 0) this.premiseBroken("the members of the group changed");
  }

  bound(own: Micros): Micros {
    return this.run.bounds[this.#checker.name]?.bound ?? own;
  }
  judged(count = 1): void {
    if (!this.isDone) this.#judged += count;
  }
  ordered(order: EffectOrder): void {
    if (!this.isDone) this.#orders.push(order);
  }
  violated(violation: Violation): void {
    if (this.isDone) return;
    this.violation = violation;
    this.#end();
  }
  inconclusive(reason: string): void {
    if (this.isDone) return;
    this.#undecided = reason;
    this.#end();
  }
  premiseBroken(reason: string): void {
    if (this.isDone) return;
    this.#broken = reason;
    this.#end();
  }

  #end(): void {
    this.isDone = true;
    this.#onDone();
  }

  finish(endTime: Micros): Verdict {
    if (!this.isDone) this.#fold?.end?.(endTime);
    const { name, invariant, rule, title } = this.#checker;
    const base = { checker: name, invariant, rule, title, judged: this.#judged };
    // A named checker was asked a question: silence is not an answer.
    const silent = this.#named ? "inconclusive" : "not-exercised";
    const orders = this.#orders.length === 0 ? {} : { orders: this.#orders };
    if (this.violation !== undefined) return { ...base, verdict: "violated", violation: this.violation, ...orders };
    if (this.#broken !== undefined) return { ...base, verdict: silent, reason: this.#broken };
    if (this.#undecided !== undefined) return { ...base, verdict: "inconclusive", reason: this.#undecided };
    if (this.#judged === 0) return { ...base, verdict: silent, reason: this.#silence() };
    return { ...base, verdict: "holds", ...orders };
  }

  /** Few words where nobody asked; who asked by name also learns what the checker waits for. */
  #silence(): string {
    const reason = this.#checker.unexercised ?? "nothing to judge";
    return this.#named ? `${reason}; it judges ${this.#checker.triggers.join(", ")}` : reason;
  }
}
