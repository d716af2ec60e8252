import type { Failure } from "./failure.ts";
import type { Span } from "./plan.ts";
import { addTallies, EMPTY_TALLY, type Tally } from "./tally.ts";

/** What runs next to one another gave: of a unit, or of as much of it as was done. Plain data. */
export interface Part extends Span {
  /** By the scenario's place in the plan. */
  readonly tallies: Readonly<Record<number, Tally>>;
  /** In order of places. */
  readonly failures: readonly Failure[];
}

/** Adds up runs, and parts, in any order. What it keeps grows with the failures alone. */
export class PartSum {
  readonly #tallies: Record<number, Tally> = {};
  readonly #failures: Failure[] = [];

  add(scenario: number, tally: Tally, failures: readonly Failure[]): void {
    this.#tallies[scenario] = addTallies(this.#tallies[scenario] ?? EMPTY_TALLY, tally);
    this.#failures.push(...failures);
  }

  addPart(part: Pick<Part, "tallies" | "failures">): void {
    for (const [scenario, tally] of Object.entries(part.tallies)) this.add(Number(scenario), tally, []);
    for (const failure of part.failures) this.#failures.push(failure);
  }

  get tallies(): Readonly<Record<number, Tally>> {
    return this.#tallies;
  }

  failures(): readonly Failure[] {
    return this.#failures.toSorted((a, b) => a.place - b.place);
  }
}
