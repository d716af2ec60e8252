import type { Micros } from "../../../trace/record.ts";
import { formatDuration, parseDuration } from "../../../trace/units.ts";

/** How the records of one part of a query stand to those of the next. */
export interface Relation {
  /** Whether the other comes before; else after. */
  readonly isBefore: boolean;
  /** Whether there must be none. */
  readonly isNot: boolean;
  /** No further away than this. */
  readonly within: Micros;
}

/** A word of a query, and which it is, from 1. */
export interface QueryWord {
  readonly text: string;
  readonly place: number;
}

/** Words that must all match, and how what they find stands to what the next part finds. */
export interface QueryPart {
  readonly words: readonly QueryWord[];
  /** `undefined` for the last part. */
  readonly relation: Relation | undefined;
}

/** A query that cannot be asked: which word, and what was expected there. */
export interface QueryProblem {
  readonly problem: string;
}

/**
 * Cuts a query into parts at `preceded by`, `not preceded by`, `followed by` and `not followed by`; each of them may end with
 * `within 2s`. Words are in small letters.
 */
export function parseQuery(query: string): readonly QueryPart[] | QueryProblem {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((text, index) => ({ text, place: index + 1 }));
  const parts: QueryPart[] = [];
  let part: QueryWord[] = [];
  let open: Omit<Relation, "within"> | undefined;
  let openAt = 1;
  let within: Micros | undefined;
  const close = (): void => {
    const last = parts[parts.length - 1];
    if (last !== undefined && open !== undefined)
      parts[parts.length - 1] = { ...last, relation: { ...open, within: within ?? Infinity } };
    parts.push({ words: part, relation: undefined });
    part = [];
    within = undefined;
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as QueryWord;
    const isNot = word.text === "not" && isRelation(words[at + 1]?.text);
    const name = isNot ? (words[at + 1] as QueryWord) : word;
    if (isRelation(name.text)) {
      const by = words[at + (isNot ? 2 : 1)];
      if (by?.text !== "by")
        return wrong(name, `"by" was expected after it, as in A ${isNot ? "not " : ""}${name.text} by B within 2s`);
      if (part.length === 0)
        return wrong(
          word,
          `it stands between two searches, as in type:vote ${isNot ? "not " : ""}${name.text} by dropped`,
        );
      close();
      open = { isBefore: name.text === "preceded", isNot };
      openAt = name.place;
      at += isNot ? 2 : 1;
      continue;
    }
    const next = words[at + 1];
    if (word.text === "within" && (open !== undefined || parseDuration(next?.text ?? "") !== undefined)) {
      const time = parseDuration(next?.text ?? "");
      if (open === undefined) return wrong(word, "it belongs to a relation, as in A preceded by B within 2s");
      if (time === undefined || time <= 0)
        return wrong(
          next ?? word,
          `a time above zero with its unit was expected ${next === undefined ? "after it" : "here"}: within 2s, within 500ms`,
        );
      within = time;
      at++;
      continue;
    }
    if (within !== undefined)
      return wrong(
        word,
        `nothing but a relation may follow within ${formatDuration(within)}; put the word before within`,
      );
    part.push(word);
  }
  if (part.length === 0 && open !== undefined)
    return wrong(
      words[openAt - 1] as QueryWord,
      `what comes ${open.isBefore ? "before" : "after"} was expected behind "by", as in ${open.isBefore ? "preceded" : "followed"} by kind:state leader`,
    );
  close();
  return parts;
}

/** A problem at a word of a query. */
export function wrong({ text, place }: QueryWord, expected: string): QueryProblem {
  return { problem: `Word ${String(place)}, "${text}": ${expected}.` };
}

function isRelation(text: string | undefined): boolean {
  return text === "preceded" || text === "followed";
}
