import type { Column } from "../columns.ts";
import type { ReportModel } from "../model.ts";
import { listWords } from "../words.ts";
import { EVENT_KINDS, type Found } from "./search-events.ts";
import { wrong, type QueryPart, type QueryProblem, type QueryWord } from "./search-query.ts";

const IN_FLIGHT = "in flight";
/** Names in a message about one that is not known. */
const NAMES_TOLD = 8;

/** A part of a query as tests: for messages by their columns, and for all the rest by what they say. */
export interface Filter {
  readonly from: number;
  readonly to: number;
  readonly message: (row: number) => boolean;
  readonly event: (event: Found) => boolean;
  /** Words for what records say (`term:2`): what they were looked for in, when nothing says it. */
  readonly said: readonly SaidWord[];
}

/** A word like `term:2` or `token:7`. */
export interface SaidWord {
  readonly field: string;
  readonly value: string;
  readonly isIn: (text: string) => boolean;
}

/** One word's test. */
export interface Term {
  readonly message: (row: number) => boolean;
  readonly event: (event: Found) => boolean;
  readonly said?: SaidWord;
}

/** The test of a word that only some pages know; `undefined` for any other word. */
export type OwnWords = (word: string) => Term | undefined;

/** Turns words into tests; all of them must hold. */
export function filterOf(model: ReportModel, { words }: QueryPart, own: OwnWords): Filter | QueryProblem {
  let from = 0;
  let to = model.endTime;
  const terms: Term[] = [];
  for (const word of words) {
    const range = /^(\d+(?:\.\d+)?)s?\.\.(\d+(?:\.\d+)?)s?$/.exec(word.text);
    if (range === null) {
      const term = termOf(model, word, own);
      if ("problem" in term) return term;
      terms.push(term);
      continue;
    }
    from = Number(range[1]) * 1_000_000;
    to = Number(range[2]) * 1_000_000;
    if (to < from) return wrong(word, "it ends before it begins; the earlier time was expected first, as in 9s..14s");
  }
  return {
    from,
    to,
    message: (row) => terms.every((term) => term.message(row)),
    event: (event) => terms.every((term) => term.event(event)),
    said: terms.flatMap(({ said }) => (said === undefined ? [] : [said])),
  };
}

function termOf(model: ReportModel, word: QueryWord, own: OwnWords): Term | QueryProblem {
  const { text } = word;
  const known = own(text);
  if (known !== undefined) return known;
  if (text.length > 1 && (text.startsWith("-") || text.startsWith("!"))) {
    const term = termOf(model, { ...word, text: text.slice(1) }, own);
    return "problem" in term ? term : { message: (row) => !term.message(row), event: (event) => !term.event(event) };
  }
  const arrow = text.indexOf("->");
  if (arrow >= 0) return linkTerm(model, word, text.slice(0, arrow), text.slice(arrow + 2));
  // A name or a type may have a hyphen in it: it is a link only between two names.
  for (let at = text.indexOf("-"); at > 0; at = text.indexOf("-", at + 1))
    if (isKnown(model, text.slice(0, at)) && isKnown(model, text.slice(at + 1)))
      return linkTerm(model, word, text.slice(0, at), text.slice(at + 1));
  const field = /^([a-z][\w.-]*):(.*)$/.exec(text);
  if (field === null) return wordTerm(model, text);
  return fieldTerm(model, word, field[1] as string, field[2] as string);
}

function linkTerm(model: ReportModel, word: QueryWord, a: string, b: string): Term | QueryProblem {
  if (a === "" || b === "") return wrong(word, "a link has a name at both ends, as in n1->n3");
  for (const name of [a, b]) if (!isKnown(model, name)) return wrong(word, unknownName(model, name));
  const { from, to } = model.messages;
  const [sender, receiver] = [laneOf(model, a), laneOf(model, b)];
  return { message: (row) => from[row] === sender && to[row] === receiver, event: () => false };
}

function wordTerm(model: ReportModel, word: string): Term {
  const { type, from, to, fate } = model.messages;
  if (word === "dropped" || word === "lost")
    return { message: (row) => (fate[row] as number) >= 0, event: () => false };
  if (word === "violation") return { message: () => false, event: ({ kind }) => kind === "violation" };
  const isType = typesWith(model, word);
  const isName = model.names.map((name) => name.toLowerCase().includes(word));
  const isEnd = endsWith(model, word);
  return {
    message: (row) =>
      isType[type[row] as number] === true ||
      isName[from[row] as number] === true ||
      isName[to[row] as number] === true ||
      isEnd[(fate[row] as number) + 2] === true,
    event: (event) => `${event.kind} ${event.who} ${event.what} ${event.end}`.toLowerCase().includes(word),
  };
}

function fieldTerm(model: ReportModel, word: QueryWord, field: string, value: string): Term | QueryProblem {
  const { type, from, to, fate } = model.messages;
  const never = (): boolean => false;
  switch (field) {
    case "type": {
      if (value === "") return wrong(word, "a type of message was expected after it, as in type:vote");
      const isType = typesWith(model, value);
      return { message: (row) => isType[type[row] as number] === true, event: never };
    }
    case "kind":
      if (!EVENT_KINDS.some((kind) => kind === value))
        return wrong(word, `one of ${listWords(EVENT_KINDS)} was expected after kind:`);
      return { message: () => value === "message", event: ({ kind }) => kind === value };
    case "cause": {
      if (value === "") return wrong(word, "what a message was lost to was expected after it, as in cause:cut");
      const isEnd = endsWith(model, value);
      return {
        message: (row) => isEnd[(fate[row] as number) + 2] === true,
        event: ({ kind, who }) => kind === "fault" && who === value,
      };
    }
    case "node":
    case "client": {
      if (!isKnown(model, value)) return wrong(word, unknownName(model, value));
      const lane = laneOf(model, value);
      return { message: isAt(from, to, lane), event: ({ who }) => who.toLowerCase().split(" ").includes(value) };
    }
    default:
      return value === "" ? wordTerm(model, word.text) : saidTerm(model, field, value);
  }
}

function isAt(from: Column, to: Column, lane: number): (row: number) => boolean {
  return (row) => from[row] === lane || to[row] === lane;
}

/** What records say (`term=2`, `leader, term 2`), and the word itself as a text: a type may have a colon in it. */
function saidTerm(model: ReportModel, field: string, value: string): Term {
  const [name, wanted] = [field, value].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) as [string, string];
  const pattern = new RegExp(`\\b${name}[ =]${wanted}(?![\\w-]|\\.\\w)`);
  const plain = wordTerm(model, `${field}:${value}`);
  const isCallOf = (what: string): boolean =>
    field === "key" && what.split(" ").some((part) => part.split("=")[0] === value);
  const event = (found: Found): boolean => {
    const what = found.what.toLowerCase();
    return (found.kind === "call" && isCallOf(what)) || pattern.test(what) || plain.event(found);
  };
  return { message: plain.message, event, said: { field, value, isIn: (text) => pattern.test(text.toLowerCase()) } };
}

function isKnown(model: ReportModel, name: string): boolean {
  return laneOf(model, name) >= 0;
}

function laneOf(model: ReportModel, name: string): number {
  return model.names.findIndex((known) => known.toLowerCase() === name);
}

function unknownName(model: ReportModel, name: string): string {
  const told = model.names.slice(0, NAMES_TOLD);
  const rest = model.names.length > told.length ? " and others" : "";
  return `${name === "" ? "a name was" : `"${name}" is the name of no node and no client; one of them was`} expected: ${told.join(", ")}${rest}`;
}

function typesWith(model: ReportModel, word: string): boolean[] {
  return model.messageTypes.map(({ name, many }) => `${name} ${many}`.toLowerCase().includes(word));
}

/** Fates that a word names, in flight and delivered first. */
function endsWith(model: ReportModel, word: string): boolean[] {
  const causes = model.dropCauses.map(({ words, reason, fault }) => `${words} ${reason} ${fault}`);
  return [IN_FLIGHT, "delivered", ...causes].map((text) => text.toLowerCase().includes(word));
}
