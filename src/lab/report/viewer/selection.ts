import type { ReportModel } from "../model.ts";
import { coneOf, type Cone } from "./cone.ts";

/** The record that a click or a link chose and the one under the pointer, and what is lit with them. */
export class Selection {
  readonly #model: ReportModel;
  #chosen = -1;
  #hovered = -1;
  #cone: { readonly record: number; readonly to: number; readonly cone: Cone } | undefined;

  constructor(model: ReportModel) {
    this.#model = model;
  }

  /** The chosen record, −1 for none. */
  get record(): number {
    return this.#chosen;
  }

  choose(record: number): void {
    this.#chosen = record;
    this.#cone = undefined;
  }

  /** @returns Whether another record is under the pointer than before. */
  hover(record: number): boolean {
    if (record === this.#hovered) return false;
    this.#hovered = record;
    return true;
  }

  /** What led to a record and what came of it up to a moment; `undefined` for no record. */
  coneOf(record: number, to: number): Cone | undefined {
    if (record < 0) return undefined;
    if (this.#cone?.record !== record || this.#cone.to !== to)
      this.#cone = { record, to, cone: coneOf(this.#model, record, to) };
    return this.#cone.cone;
  }

  /** Causes and effects of the record under the pointer, else those of the chosen one. */
  lit(to: number): Cone | undefined {
    for (const record of [this.#hovered, this.#chosen]) {
      const cone = this.coneOf(record, to);
      if (cone !== undefined && (cone.records.size > 1 || record === this.#chosen)) return cone;
    }
    return undefined;
  }
}
