import { appendFileSync, existsSync, fsyncSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { toolVersion } from "../run/run-scenario.ts";
import { ScenarioError, type Problem } from "../scenario/problems.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Part } from "./part.ts";
import type { SweepPlan } from "./plan.ts";

/** What the first line of a journal says: whose parts these are. */
interface Header {
  readonly schema: 1;
  readonly kind: "sweep-journal";
  readonly version: string;
  readonly plan: SweepPlan;
}

/**
 * The parts of a sweep as they were done, one a line, so that a sweep that was cut short goes on where it was. A line that a crash
 * tore is not counted, and its runs are run again.
 */
export class Journal {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Begins an empty journal in place of any other. */
  static begin(path: string, plan: SweepPlan): Journal {
    const header: Header = { schema: 1, kind: "sweep-journal", version: toolVersion(), plan };
    writeFileSync(path, `${JSON.stringify(header)}\n`);
    return new Journal(path);
  }

  /**
   * Goes on with a journal.
   *
   * @returns it, with what was done; `undefined` when there is none.
   * @throws {ScenarioError} `RESUME` when it belongs to another sweep or version.
   */
  static resume(path: string, plan: SweepPlan): { readonly journal: Journal; readonly parts: Part[] } | undefined {
    if (!existsSync(path)) return undefined;
    const whole = readFileSync(path, "utf8").split("\n");
    // What stands behind the last line end was torn.
    const lines = whole.slice(0, -1);
    const header = parsed(lines[0] ?? "") as Header | undefined;
    const difference = header?.kind === "sweep-journal" ? differenceOf(header, plan) : "is no journal of a sweep";
    if (difference !== undefined) throw new ScenarioError([refusal(path, difference)]);
    const parts = lines.slice(1).flatMap((line) => (parsed(line) as Part | undefined) ?? []);
    if (whole.at(-1) !== "") writeFileSync(path, `${lines.join("\n")}\n`);
    return { journal: new Journal(path), parts };
  }

  /** Adds a part; it is on disk when this returns. */
  add(part: Part): void {
    const descriptor = openSync(this.#path, "a");
    try {
      appendFileSync(descriptor, `${JSON.stringify(part)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function differenceOf(header: Header, plan: SweepPlan): string | undefined {
  if (header.version !== toolVersion()) return `was begun by version ${header.version}, this is ${toolVersion()}`;
  const [was, is] = [header.plan, plan];
  if (was.seeds !== is.seeds) return `is of seeds ${was.seeds}, this sweep of ${is.seeds}`;
  if (was.plans !== is.plans) return `is of ${was.plans} plans, this sweep of ${is.plans}`;
  const scenarios = ({ scenarios: list }: SweepPlan): string =>
    canonicalJson(list.map(({ name, hash }) => ({ name, hash })));
  return scenarios(was) === scenarios(is) ? undefined : "is of other scenarios, or they have changed since";
}

function refusal(path: string, difference: string): Problem {
  return {
    code: "RESUME",
    path: [],
    file: path,
    message: `The journal ${difference}.`,
    expected: "the journal of this very sweep; without --resume it is begun anew",
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
