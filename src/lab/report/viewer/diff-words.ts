import type { DiffModel } from "../diff-model.ts";
import type { Found } from "./search-events.ts";
import type { OwnWords, Term } from "./search-words.ts";

/** Marks as their numbers in a {@link DiffModel}. */
const [ONLY, OTHER, MOVED] = [0, 1, 2];

/** What of one run is not the same in the other, by record and by what has none. */
export class DiffWords {
  readonly #diff: DiffModel;
  readonly #run: 0 | 1;
  readonly #marks: readonly Set<number>[] = [new Set(), new Set(), new Set()];

  constructor(diff: DiffModel, run: 0 | 1) {
    this.#diff = diff;
    this.#run = run;
    const { mark, record } = diff.marks[run];
    for (let place = 0; place < mark.length; place++) this.#marks[mark[place] as number]?.add(record[place] as number);
  }

  /** `in:A`, `only-B`, `changed` and `moved` as tests of what is in this run. */
  readonly own: OwnWords = (word) => {
    const [name, run] = /^(in:|only-)([ab])$/.exec(word)?.slice(1) ?? [word];
    const isHere = run === (this.#run === 0 ? "a" : "b");
    if (name === "in:") return { message: () => isHere, event: () => isHere };
    if (name === "only-") return isHere ? this.#term(ONLY) : { message: () => false, event: () => false };
    if (name === "changed") return this.#term(OTHER);
    return name === "moved" ? this.#term(MOVED) : undefined;
  };

  #term(mark: number): Term {
    const { record } = this.#diff.runs[this.#run].messages;
    return {
      message: (row) => this.#marks[mark]?.has(record[row] as number) === true,
      event: (found) => this.#markOf(found, mark),
    };
  }

  #markOf(found: Found, mark: number): boolean {
    if (found.kind === "fault") return this.#faultMark(found) === mark;
    if (found.kind !== "violation") return this.#marks[mark]?.has(found.record) === true;
    const others = this.#diff.runs[1 - this.#run]?.findings ?? [];
    const twin = others.find(({ title, message }) => title === found.end && message === found.what);
    return (twin === undefined ? ONLY : twin.time === found.time ? -1 : MOVED) === mark;
  }

  #faultMark({ who, what, time }: Found): number {
    const twin = this.#diff.runs[1 - this.#run]?.faults.find(({ id }) => id === who);
    if (twin === undefined) return ONLY;
    return twin.from !== time ? MOVED : twin.words === what ? -1 : OTHER;
  }

  /** What stands before a row: what is not the same about it in the other run. */
  readonly head = (found: Found): string => {
    const mark = [ONLY, OTHER, MOVED].find((candidate) => this.#markOf(found, candidate));
    if (mark !== undefined) return ["▲ only here", "■ other", "○ moved"][mark] ?? "";
    const { at, left } = this.#diff.marks[this.#run];
    return left > 0 && found.time > (at[at.length - 1] ?? 0) ? "?" : "= same";
  };
}
