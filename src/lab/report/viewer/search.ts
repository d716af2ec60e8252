import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";
import { listWords } from "../words.ts";
import { EVENT_KINDS, messageFound, otherEvents, type EventKind, type Found } from "./search-events.ts";
import { parseQuery, type Relation } from "./search-query.ts";
import { filterOf, type Filter, type OwnWords, type SaidWord } from "./search-words.ts";

/** Of each kind of record no more than this are listed; all are counted. */
const LISTED_MAX = 400;
const LIT_MAX = 20_000;
const VALUES_TOLD = 8;

export interface SearchResult {
  readonly count: number;
  readonly counts: Readonly<Record<EventKind, number>>;
  /** The first of each kind, in order of time. */
  readonly found: readonly Found[];
  /** Rows of messages found, to light them up. */
  readonly rows: readonly number[];
  readonly records: ReadonlySet<number>;
  /** Why the query cannot be asked: which word, and what was expected; `""` when it can. */
  readonly problem: string;
  /** What the reader must know of an answer: where a word was looked for, and where it could not be. */
  readonly note: string;
}

/**
 * Finds records by words that must all match: a name, a type, any text; `n1->n3`, `type:vote`, `node:n1`, `client:c1`, `kind:state`,
 * `cause:cut`, `term:2`, `key:x`, `dropped`, `violation`, `9s..14s`; with `-` before it, those that do not match.
 *
 * Two such searches with `preceded by` between them find what the first finds where something that the second finds came before it,
 * with `not` where nothing did, with `within 2s` no further away; `followed by` looks the other way. What is found is compared by
 * its time, then by its record; a message by its sending.
 *
 * @param own  Words that only the page of this search knows.
 */
export function searchRun(model: ReportModel, query: string, own: OwnWords = () => undefined): SearchResult {
  const parts = parseQuery(query);
  if ("problem" in parts) return nothing(parts.problem);
  const filters: Filter[] = [];
  for (const part of parts) {
    const filter = filterOf(model, part, own);
    if ("problem" in filter) return nothing(filter.problem);
    filters.push(filter);
  }
  // From the last part to the second: what it finds where what follows in the query holds.
  let related: Related = anything;
  for (let place = filters.length - 1; place > 0; place--) {
    const moments = momentsOf(model, filters[place] as Filter, related);
    related = relatedTo(parts[place - 1]?.relation, moments);
  }
  const listing = new Listing(model, related);
  eachMatch(model, filters[0] as Filter, listing);
  return { ...listing.result(), problem: "", note: noteOf(model, filters) };
}

/** How a record stands to the one it is asked to stand to, in words; `undefined` where it does not. */
type Related = (time: number, record: number) => { readonly words: string } | undefined;

const PLAIN = { words: "" };
function anything(): { readonly words: string } {
  return PLAIN;
}

/** Times and records in order of both. */
interface Moments {
  readonly times: Float64Array;
  readonly records: Float64Array;
}

interface Taker {
  message(row: number): void;
  event(event: Found): void;
}

function eachMatch(model: ReportModel, { from, to, message, event }: Filter, taker: Taker): void {
  const { sent } = model.messages;
  for (let row = firstAfter(sent, from - 1); row < sent.length && (sent[row] as number) <= to; row++)
    if (message(row)) taker.message(row);
  for (const found of otherEvents(model))
    if (found.time >= from && found.time <= to && event(found)) taker.event(found);
}

function momentsOf(model: ReportModel, filter: Filter, related: Related): Moments {
  const { sent, record } = model.messages;
  const found: { readonly time: number; readonly record: number }[] = [];
  const take = (time: number, id: number): void => {
    if (related(time, id) !== undefined) found.push({ time, record: id });
  };
  eachMatch(model, filter, {
    message: (row) => {
      take(sent[row] as number, record[row] as number);
    },
    event: (event) => {
      take(event.time, event.record);
    },
  });
  found.sort((a, b) => a.time - b.time || a.record - b.record);
  return {
    times: Float64Array.from(found, ({ time }) => time),
    records: Float64Array.from(found, (one) => one.record),
  };
}

function relatedTo(relation: Relation | undefined, { times, records }: Moments): Related {
  if (relation === undefined) return anything;
  const { isBefore, isNot, within } = relation;
  return (time, record) => {
    // The first that is not before it; those behind it begin where neither time nor record is the same.
    let place = firstAfter(times, time - 1);
    while (place < times.length && times[place] === time && (records[place] as number) < record) place++;
    if (isBefore) place--;
    else while (place < times.length && times[place] === time && records[place] === record) place++;
    const other = times[place];
    const isThere = other !== undefined && Math.abs(time - other) <= within;
    if (isThere === isNot) return undefined;
    if (!isThere) return PLAIN;
    const name = (records[place] as number) < 0 ? "a fault" : `e${String(records[place])}`;
    return { words: `${formatSeconds(Math.abs(time - other))} ${isBefore ? "after" : "before"} ${name}` };
  };
}

/** Counts everything it is given and lists the first of each kind. */
class Listing implements Taker {
  readonly #model: ReportModel;
  readonly #related: Related;
  readonly #counts: Record<EventKind, number> = noCounts();
  readonly #found: Found[] = [];
  readonly #rows: number[] = [];
  readonly #records = new Set<number>();

  constructor(model: ReportModel, related: Related) {
    this.#model = model;
    this.#related = related;
  }

  message(row: number): void {
    const { sent, record } = this.#model.messages;
    const relation = this.#related(sent[row] as number, record[row] as number);
    if (relation === undefined) return;
    if (++this.#counts.message <= LISTED_MAX) this.#list(messageFound(this.#model, row), relation.words);
    if (this.#rows.length < LIT_MAX) this.#rows.push(row);
  }

  event(event: Found): void {
    const relation = this.#related(event.time, event.record);
    if (relation === undefined) return;
    if (++this.#counts[event.kind] <= LISTED_MAX) this.#list(event, relation.words);
    if (event.record >= 0) this.#records.add(event.record);
  }

  #list(found: Found, words: string): void {
    const end = words === "" ? found.end : `${found.end}${found.end === "" ? "" : " · "}${words}`;
    this.#found.push({ ...found, end });
  }

  result(): Omit<SearchResult, "problem" | "note"> {
    return {
      count: EVENT_KINDS.reduce((sum, kind) => sum + this.#counts[kind], 0),
      counts: this.#counts,
      found: this.#found.sort((a, b) => a.time - b.time || a.record - b.record),
      rows: this.#rows,
      records: this.#records,
    };
  }
}

function noCounts(): Record<EventKind, number> {
  return { message: 0, state: 0, point: 0, call: 0, fault: 0, violation: 0 };
}

function nothing(problem: string): SearchResult {
  return { count: 0, counts: noCounts(), found: [], rows: [], records: new Set(), problem, note: "" };
}

/** Of each word for what records say that nothing says: where it was looked for, what is said instead, and where it may still be. */
function noteOf(model: ReportModel, filters: readonly Filter[]): string {
  const notes: string[] = [];
  for (const word of filters.flatMap(({ said }) => said)) {
    const { isThere, values } = saidIn(model, word);
    if (isThere) continue;
    const instead = values.length === 0 ? `None says ${word.field}.` : `What they say of it: ${listWords(values)}.`;
    notes.push(
      `${word.field}:${word.value} is looked for in what states, points and calls say, and none says it. ${instead} What messages carry is not in this page; faultline report <run> --format ndjson writes it.`,
    );
  }
  return notes.join(" ");
}

/** Whether any record that is no message says a word, and if not, the first values it has. */
function saidIn(model: ReportModel, { field, isIn, value }: SaidWord): { isThere: boolean; values: readonly string[] } {
  const pattern = new RegExp(`\\b${field.replace(/[.-]/g, "\\$&")}[ =]([^\\s,;]+)`);
  const values = new Set<string>();
  for (const { kind, what } of otherEvents(model)) {
    const text = what.toLowerCase();
    if (isIn(text)) return { isThere: true, values: [] };
    if (field === "key" && kind === "call") {
      const keys = text.split(" ").map((part) => part.split("=")[0] ?? "");
      if (keys.includes(value)) return { isThere: true, values: [] };
      if (values.size < VALUES_TOLD) values.add(keys[keys.length - 1] ?? "");
      continue;
    }
    const other = pattern.exec(text)?.[1];
    if (other !== undefined && values.size < VALUES_TOLD) values.add(other);
  }
  return { isThere: false, values: [...values] };
}
