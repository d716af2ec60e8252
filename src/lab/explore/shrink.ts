import type { Plain } from "../../trace/plain.ts";
import { formatDuration, parseDuration } from "../../trace/units.ts";
import type { FaultInput, ScenarioInput } from "../scenario/model.ts";
import { ddmin } from "./ddmin.ts";
import { shorterDurations, weakerFaults } from "./weaken.ts";

/** What a run of a candidate gave. */
export interface Attempt {
  readonly fingerprint: string;
  /** When the failure was seen, µs; the end of the run where it is only seen then. */
  readonly time: number;
}

export interface ShrinkOptions {
  /** The scenario that fails, its faults with their ids. */
  readonly input: ScenarioInput;
  /** How it fails. */
  readonly target: Attempt;
  /** Runs a candidate. */
  attempt(input: ScenarioInput): Promise<Attempt | "passes" | "invalid">;
  /** Runs at most; default 500. */
  readonly runsMax?: number;
  readonly signal?: AbortSignal;
  onStep?(step: ShrinkStep): void;
}

/** A candidate that fails as the whole did. */
export interface ShrinkStep {
  readonly runs: number;
  readonly faults: number;
  readonly what: string;
}

export interface Shrunk {
  readonly input: ScenarioInput;
  readonly runs: number;
  /** No fault can be taken away; false when the runs ran out, or somebody ended it. */
  readonly isMinimal: boolean;
}

const RUNS_MAX = 500;

/** Makes a failing scenario smaller for as long as it fails in the same way: fewer faults, then less of everything else. */
export async function shrink(options: ShrinkOptions): Promise<Shrunk> {
  const shrinker = new Shrinker(options);
  let isMinimal = true;
  try {
    await shrinker.all();
  } catch (error) {
    if (!(error instanceof NoMoreRuns)) throw error;
    isMinimal = false;
  }
  return { input: shrinker.best, runs: shrinker.runs, isMinimal };
}

/** Ends the search where it is. */
class NoMoreRuns extends Error {}

class Shrinker {
  best: ScenarioInput;
  runs = 0;
  #time: number;
  readonly #options: ShrinkOptions;
  /** Candidates that do not fail in this way: each pass over what is left would ask for most of them again. */
  readonly #refused = new Set<string>();

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.best = options.input;
    this.#time = options.target.time;
  }

  async all(): Promise<void> {
    // What is cheap to run is found first: fewer faults and a shorter run make every later step faster.
    await this.#cutTail();
    await this.#dropExpects();
    for (let before = ""; before !== JSON.stringify(this.best);) {
      before = JSON.stringify(this.best);
      await this.#dropFaults();
      await this.#cutTail();
      await this.#weakenFaults();
      await this.#dropSurroundings();
    }
  }

  /** Runs a candidate and keeps it if it fails in the same way. */
  async #try(candidate: ScenarioInput, what: string): Promise<boolean> {
    const { target, runsMax = RUNS_MAX, signal } = this.#options;
    const text = JSON.stringify(candidate);
    if (this.#refused.has(text)) return false;
    if (this.runs >= runsMax || signal?.aborted === true) throw new NoMoreRuns();
    const outcome = await this.#options.attempt(candidate);
    if (outcome !== "invalid") this.runs++;
    if (outcome === "invalid" || outcome === "passes" || outcome.fingerprint !== target.fingerprint) {
      this.#refused.add(text);
      return false;
    }
    this.best = candidate;
    this.#time = outcome.time;
    this.#options.onStep?.({ runs: this.runs, faults: candidate.faults?.length ?? 0, what });
    return true;
  }

  async #dropFaults(): Promise<void> {
    const faults = this.best.faults ?? [];
    if (faults.length === 0) return;
    if (await this.#try(withFaults(this.best, []), "no fault")) return;
    await ddmin(faults, (kept) =>
      kept.length === 0
        ? Promise.resolve(false)
        : this.#try(withFaults(this.best, kept), `faults ${kept.map(({ id }) => id ?? "?").join(", ")}`),
    );
  }

  /** Ends the run soon after the failure. */
  async #cutTail(): Promise<void> {
    const duration = parseDuration(this.best.duration) ?? 0;
    for (const unit of [100_000, 1_000_000]) {
      const end = Math.ceil((this.#time + 1) / unit) * unit;
      if (end < duration && (await this.#try(endingAt(this.best, end), `${formatDuration(end)} long`))) return;
    }
    // A rule about what must happen moves with the end.
    for (const shorter of shorterDurations(duration).reverse())
      if (await this.#try(endingAt(this.best, shorter), `${formatDuration(shorter)} long`)) return this.#cutTail();
  }

  async #dropExpects(): Promise<void> {
    const expects = this.best.expect ?? [];
    if (expects.length === 0 || (await this.#try({ ...this.best, expect: [] }, "no expectation"))) return;
    await ddmin(expects, (kept) =>
      kept.length === 0 ? Promise.resolve(false) : this.#try({ ...this.best, expect: [...kept] }, "fewer expectations"),
    );
  }

  async #weakenFaults(): Promise<void> {
    for (let i = 0; i < (this.best.faults?.length ?? 0); i++) {
      let isWeaker = true;
      while (isWeaker) {
        isWeaker = false;
        const faults = this.best.faults ?? [];
        const fault = faults[i] as Readonly<Record<string, Plain>>;
        for (const weaker of weakerFaults(fault)) {
          const changed = faults.map((other, place) => (place === i ? (weaker as unknown as FaultInput) : other));
          isWeaker = await this.#try({ ...this.best, faults: changed }, `a weaker ${faults[i]?.id ?? "fault"}`);
          if (isWeaker) break;
        }
      }
    }
  }

  async #dropSurroundings(): Promise<void> {
    await this.#dropClients();
    await this.#dropNodes();
    if (this.best.network !== undefined)
      await this.#try(without(this.best, "network"), "the network as it is where nothing is said");
    if (this.best.disk !== undefined)
      await this.#try(without(this.best, "disk"), "disks as they are where nothing is said");
  }

  async #dropClients(): Promise<void> {
    for (let i = (this.best.workload?.length ?? 0) - 1; i >= 0; i--) {
      const workload = this.best.workload ?? [];
      const one = workload[i];
      if (one === undefined) continue;
      if (await this.#try({ ...this.best, workload: workload.filter((_, other) => other !== i) }, "fewer clients"))
        continue;
      for (const clients of smallerCounts(one.clients ?? 1)) {
        const changed = workload.map((other, place) => (place === i ? { ...other, clients } : other));
        if (await this.#try({ ...this.best, workload: changed }, "fewer clients")) break;
      }
    }
  }

  async #dropNodes(): Promise<void> {
    for (let i = this.best.nodes.length - 1; i >= 0; i--) {
      const { nodes } = this.best;
      const group = nodes[i];
      if (group === undefined) continue;
      if (
        nodes.length > 1 &&
        (await this.#try({ ...this.best, nodes: nodes.filter((_, o) => o !== i) }, "fewer nodes"))
      )
        continue;
      for (const count of smallerCounts(group.count ?? 1)) {
        const changed = nodes.map((other, place) => (place === i ? { ...other, count } : other));
        if (await this.#try({ ...this.best, nodes: changed }, "fewer nodes")) break;
      }
    }
  }
}

/** 1, 2, … below a count, at most six of them. */
function smallerCounts(count: number): number[] {
  return Array.from({ length: Math.min(6, count - 1) }, (_, i) => i + 1);
}

function without(input: ScenarioInput, key: "network" | "disk"): ScenarioInput {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== key)) as unknown as ScenarioInput;
}

/** The scenario with fewer faults, and without what it expects of those that are gone. */
function withFaults(input: ScenarioInput, faults: readonly FaultInput[]): ScenarioInput {
  const gone = (input.faults ?? []).filter((fault) => !faults.includes(fault)).map(({ id }) => id ?? "");
  const expect = (input.expect ?? []).filter((one) => {
    const text = JSON.stringify(one);
    return !gone.some((id) => id !== "" && text.includes(`${id}.`));
  });
  return { ...input, faults: [...faults], ...(input.expect === undefined ? {} : { expect }) };
}

/** The scenario that ends earlier, without the faults that would start later. */
function endingAt(input: ScenarioInput, end: number): ScenarioInput {
  const later = (fault: FaultInput): boolean => {
    const [first, last] = typeof fault.at === "string" ? [fault.at, fault.at] : fault.at;
    return (parseDuration(last) ?? 0) >= end || (parseDuration(first) ?? 0) >= end;
  };
  const kept = (input.faults ?? []).filter((fault) => !later(fault));
  const until = formatDuration(end);
  // Clients that say nothing rest for the last seconds of a run: so that what goes before the new end stays what it was, they say it.
  const workload = input.workload?.map((clients) =>
    clients.until !== undefined && (parseDuration(clients.until) ?? 0) < end ? clients : { ...clients, until },
  );
  return {
    ...withFaults(input, kept),
    ...(workload === undefined ? {} : { workload }),
    duration: until,
  };
}
