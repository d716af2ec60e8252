import { checkUp, eventText, WriterOf, type Leak } from "../run/checkup.ts";
import type { FinishedRun } from "../run/run-scenario.ts";
import { placeOf } from "../run/stack-frames.ts";
import { firstDivergence } from "../run/verify.ts";
import type { LoadedScenario } from "../scenario/model.ts";
import type { Trace } from "../../trace/trace.ts";
import { runElsewhere, type Elsewhere, type Runtime } from "./doctor-process.ts";
import { ALL_SURROUNDINGS, SURROUNDINGS, type Surroundings } from "./doctor-surroundings.ts";
import { drawn, runScenario } from "./drawn.ts";

export interface DoctorOptions {
  readonly seed: string;
  /** The script that runs a scenario in another process: `src/cli/doctor-run.ts` or its compiled form. */
  readonly script: string;
  /** Other Nodes to compare with. */
  readonly runtimes: readonly Runtime[];
  /** Hears of each check when it is done. */
  readonly onCheck?: (check: Check) => void;
}

/** One comparison of a run with another that should be the same. */
export interface Check {
  readonly name: "traps" | "same process" | "other process" | "other surroundings" | "other Node";
  /** `failed`: the other run did not come about. `skipped`: a run that leaks differs anyway. */
  readonly outcome: "ok" | "differs" | "failed" | "skipped";
  /** For people: the digest, the runtime, what is unlike, or what went wrong. */
  readonly note: string;
}

/** The first record in which two runs of one scenario and seed differ, and what wrote it. */
export interface Parting {
  readonly check: Check["name"];
  readonly record: number;
  readonly first: string;
  readonly second: string;
  readonly node: string;
  readonly timeUs: number;
  /** What the node was handling; `""` for nothing. */
  readonly event: string;
  readonly place?: string;
  readonly stack: readonly string[];
  /** Of what surrounds a process, that which alone makes the run another one. */
  readonly suspects: readonly string[];
}

/** Everything found out about one scenario and seed. */
export interface Examination {
  readonly scenario: string;
  readonly path: string;
  readonly seed: string;
  readonly digest: string;
  readonly events: number;
  readonly checks: readonly Check[];
  readonly leaks: readonly Leak[];
  readonly partings: readonly Parting[];
}

/** Whether a run depends on nothing but its scenario and its seed. */
export function isClean({ leaks, checks }: Pick<Examination, "leaks" | "checks">): boolean {
  return leaks.length === 0 && checks.every(({ outcome }) => outcome === "ok");
}

/**
 * Looks for whatever makes a run of a scenario depend on more than its seed: first where a program leaves the simulation; when it
 * does nowhere, by comparing the run with others, of which each is made somewhere else.
 */
export async function examine(loaded: LoadedScenario, options: DoctorOptions): Promise<Examination> {
  if (loaded.source === undefined) throw new Error("A scenario that is no file cannot be run in another process.");
  return new Doctor(await drawn(loaded, options.seed), loaded.source.path, options).examine();
}

interface Other {
  readonly digest: string;
  readonly trace: Trace;
}

class Doctor {
  readonly #loaded: LoadedScenario;
  readonly #path: string;
  readonly #options: DoctorOptions;
  readonly #checks: Check[] = [];
  readonly #partings: Parting[] = [];

  constructor(loaded: LoadedScenario, path: string, options: DoctorOptions) {
    this.#loaded = loaded;
    this.#path = path;
    this.#options = options;
  }

  async examine(): Promise<Examination> {
    const { leaks, run } = await checkUp(this.#loaded, this.#options);
    const { events } = run.result.counts;
    const escapes = leaks.filter(({ kind }) => kind !== "rejection");
    const found = escapes.length === 0 ? "no program left the simulation" : `${String(escapes.length)} found`;
    this.#tell("traps", escapes.length === 0 ? "ok" : "differs", found);
    if (escapes.length === 0) await this.#compare();
    else for (const name of COMPARISONS) this.#tell(name, "skipped", "a run that leaks differs anyway");
    const { digest } = run.result;
    const { scenario } = this.#loaded;
    const { seed } = this.#options;
    const [checks, partings] = [this.#checks, this.#partings];
    return { scenario: scenario.name, path: this.#path, seed, digest, events, checks, leaks, partings };
  }

  async #compare(): Promise<void> {
    const own = await this.#run();
    const trace = own.trace as Trace;
    const first: Other = { digest: own.result.digest, trace };
    await this.#check("same process", first, async (writer) => {
      const { result, trace: second } = await this.#run(writer);
      return { digest: result.digest, trace: second as Trace };
    });
    await this.#elsewhere("other process", first, {});
    if (this.#checks.at(-1)?.outcome !== "ok") {
      for (const name of ["other surroundings", "other Node"] as const)
        this.#tell(name, "skipped", "it differs in any other process");
      return;
    }
    await this.#elsewhere("other surroundings", first, { surroundings: ALL_SURROUNDINGS });
    await this.#findSuspects(first);
    for (const runtime of this.#options.runtimes) await this.#elsewhere("other Node", first, { runtime });
  }

  #run(writer?: WriterOf): Promise<FinishedRun> {
    const listeners = writer === undefined ? [] : [writer];
    return runScenario(this.#loaded, { seed: this.#options.seed, keepTrace: true, listeners });
  }

  async #elsewhere(name: Check["name"], first: Other, how: Pick<Elsewhere, "runtime" | "surroundings">): Promise<void> {
    const note = how.runtime === undefined ? describe(how.surroundings) : `${how.runtime.version} ${how.runtime.path}`;
    await this.#check(name, first, () => runElsewhere({ ...this.#place(), ...how }), { note, how });
  }

  #place(): Pick<Elsewhere, "path" | "scenarioName" | "seed" | "script"> {
    const { seed, script } = this.#options;
    return { path: this.#path, scenarioName: this.#loaded.scenario.name, seed, script };
  }

  async #check(
    name: Check["name"],
    first: Other,
    run: (writer?: WriterOf) => Promise<Other>,
    { note = "", how }: { note?: string; how?: Pick<Elsewhere, "runtime" | "surroundings"> } = {},
  ): Promise<void> {
    let second: Other;
    try {
      second = await run();
    } catch (error) {
      this.#tell(name, "failed", [note, error instanceof Error ? error.message : String(error)].join(" ").trim());
      return;
    }
    const parting = firstDivergence(first.trace, second.trace);
    if (parting === undefined && first.digest === second.digest) {
      this.#tell(name, "ok", note === "" ? `digest ${first.digest}` : note);
      return;
    }
    this.#tell(name, "differs", note);
    if (parting === undefined) return;
    const { record } = parting;
    const writer = new WriterOf(record);
    const frames = how === undefined ? await run(writer).then(() => writer.frames) : await this.#framesAt(record, how);
    this.#partings.push(this.#parting(name, first.trace, second.trace, parting, frames));
  }

  /** Who writes a record in a run that is made as the other one was. */
  async #framesAt(record: number, how: Pick<Elsewhere, "runtime" | "surroundings">): Promise<readonly string[]> {
    const { frames } = await runElsewhere({ ...this.#place(), ...how, writerOf: record });
    return frames;
  }

  #parting(
    check: Check["name"],
    a: Trace,
    b: Trace,
    parting: { readonly record: number; readonly first: string; readonly second: string },
    stack: readonly string[],
  ): Parting {
    const trace = parting.record < a.count ? a : b;
    const { node, time: timeUs, cause } = trace.record(parting.record);
    const place = placeOf(stack);
    const event = eventText(trace, cause);
    return { check, ...parting, node, timeUs, event, stack, suspects: [], ...(place === undefined ? {} : { place }) };
  }

  /** Changes one thing after the other around the process, to say which of them it was. */
  async #findSuspects(first: Other): Promise<void> {
    const at = this.#partings.findIndex(({ check }) => check === "other surroundings");
    const failed = this.#checks.findIndex(({ name, outcome }) => name === "other surroundings" && outcome === "failed");
    if (at < 0 && failed < 0) return;
    const suspects: string[] = [];
    for (const surroundings of SURROUNDINGS) {
      const digest = await runElsewhere({ ...this.#place(), surroundings: [surroundings] }).then(
        (other) => other.digest,
        () => "",
      );
      if (digest !== first.digest) suspects.push(surroundings.name);
    }
    const parting = this.#partings[at];
    if (parting !== undefined) this.#partings[at] = { ...parting, suspects };
    const check = this.#checks[failed];
    if (check !== undefined && suspects.length > 0)
      this.#checks[failed] = { ...check, note: `${check.note} It depends on ${suspects.join(", ")}.` };
  }

  #tell(name: Check["name"], outcome: Check["outcome"], note: string): void {
    const check: Check = { name, outcome, note };
    this.#checks.push(check);
    this.#options.onCheck?.(check);
  }
}

const COMPARISONS = ["same process", "other process", "other surroundings", "other Node"] as const;

function describe(surroundings: readonly Surroundings[] | undefined): string {
  return (surroundings ?? []).map(({ name }) => name).join(", ");
}
