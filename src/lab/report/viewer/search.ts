import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { fateText } from "./event-text.ts";
import { firstAfter } from "../state-at.ts";

/** Of each kind of record no more than this are listed; all are counted. */
const LISTED_MAX = 400;
const LIT_MAX = 20_000;
const OUTCOMES = ["ok", "fail", "info", "never returned"];
const IN_FLIGHT = "in flight";

export type EventKind = "message" | "state" | "point" | "call" | "fault" | "violation";

/** A record that a search found. */
export interface Found {
  readonly kind: EventKind;
  readonly time: number;
  /** −1 for what has none. */
  readonly record: number;
  readonly who: string;
  readonly what: string;
  readonly end: string;
}

export interface SearchResult {
  readonly count: number;
  readonly counts: Readonly<Record<EventKind, number>>;
  /** The first of each kind, in order of time. */
  readonly found: readonly Found[];
  /** Rows of messages found, to light them up. */
  readonly rows: readonly number[];
  readonly records: ReadonlySet<number>;
}

/** One word of a query: a test for messages by their columns, and one for all the rest by what they say. */
interface Term {
  readonly message: (row: number) => boolean;
  readonly event: (event: Found) => boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds records by words that must all match: a name, a type, any text; `n1->n3`, `type:vote`, `node:n1`, `client:c1`, `kind:state`,
 * `cause:cut`, `term:2`, `key:x`, `dropped`, `violation`, `9s..14s`; with `-` before it, those that do not match.
 */
export function searchRun(model: ReportModel, query: string): SearchResult {
  const counts: Record<EventKind, number> = { message: 0, state: 0, point: 0, call: 0, fault: 0, violation: 0 };
  const found: Found[] = [];
  const rows: number[] = [];
  const records = new Set<number>();
  let range: Range = { from: 0, to: model.endTime };
  const terms: Term[] = [];
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const span = rangeOf(word);
    if (span === undefined) terms.push(termOf(model, word));
    else range = span;
  }
  const take = (event: Found): void => {
    if (event.time < range.from || event.time > range.to || !terms.every((term) => term.event(event))) return;
    if (++counts[event.kind] <= LISTED_MAX) found.push(event);
    if (event.record >= 0) records.add(event.record);
  };
  const { sent } = model.messages;
  for (let row = firstAfter(sent, range.from - 1); row < sent.length && (sent[row] as number) <= range.to; row++) {
    if (!terms.every((term) => term.message(row))) continue;
    if (++counts.message <= LISTED_MAX) found.push(messageFound(model, row));
    if (rows.length < LIT_MAX) rows.push(row);
  }
  for (const event of otherEvents(model)) take(event);
  found.sort((a, b) => a.time - b.time || a.record - b.record);
  const count = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return { count, counts, found, rows, records };
}

function rangeOf(word: string): Range | undefined {
  const match = /^(\d+(?:\.\d+)?)s?\.\.(\d+(?:\.\d+)?)s?$/.exec(word);
  return match === null ? undefined : { from: Number(match[1]) * 1_000_000, to: Number(match[2]) * 1_000_000 };
}

function termOf(model: ReportModel, word: string): Term {
  if (word.length > 1 && (word.startsWith("-") || word.startsWith("!"))) {
    const term = termOf(model, word.slice(1));
    return { message: (row) => !term.message(row), event: (event) => !term.event(event) };
  }
  const { messages, names } = model;
  const link = /^(.+?)->?(.+)$/.exec(word);
  if (link !== null) {
    const [from, to] = [link[1] as string, link[2] as string].map((name) =>
      names.findIndex((known) => known.toLowerCase() === name),
    ) as [number, number];
    return { message: (row) => messages.from[row] === from && messages.to[row] === to, event: () => false };
  }
  const field = /^(type|node|client|kind|cause|term|key):(.+)$/.exec(word);
  return field === null ? wordTerm(model, word) : fieldTerm(model, field[1] as string, field[2] as string);
}

function wordTerm(model: ReportModel, word: string): Term {
  const { fate } = model.messages;
  if (word === "dropped" || word === "lost")
    return { message: (row) => (fate[row] as number) >= 0, event: () => false };
  if (word === "violation") return { message: () => false, event: ({ kind }) => kind === "violation" };
  const isType = typesWith(model, word);
  const isName = model.names.map((name) => name.toLowerCase().includes(word));
  const isEnd = endsWith(model, word);
  const { type, from, to } = model.messages;
  return {
    message: (row) =>
      isType[type[row] as number] === true ||
      isName[from[row] as number] === true ||
      isName[to[row] as number] === true ||
      isEnd[(fate[row] as number) + 2] === true,
    event: (event) => `${event.kind} ${event.who} ${event.what} ${event.end}`.toLowerCase().includes(word),
  };
}

function fieldTerm(model: ReportModel, field: string, value: string): Term {
  const { type, from, to, fate } = model.messages;
  const never = (): boolean => false;
  switch (field) {
    case "type": {
      const isType = typesWith(model, value);
      return { message: (row) => isType[type[row] as number] === true, event: never };
    }
    case "kind":
      return { message: () => value === "message", event: ({ kind }) => kind === value };
    case "cause": {
      const isEnd = endsWith(model, value);
      return {
        message: (row) => isEnd[(fate[row] as number) + 2] === true,
        event: ({ kind, who }) => kind === "fault" && who === value,
      };
    }
    case "term":
      return {
        message: never,
        event: ({ what }) => new RegExp(`\\bterm[ =]${value.replace(/\D/g, "")}\\b`).test(what),
      };
    case "key":
      return {
        message: never,
        event: ({ kind, what }) => {
          const parts = what.toLowerCase().split(" ");
          return kind === "call" ? parts.some((part) => part.split("=")[0] === value) : parts.includes(`key=${value}`);
        },
      };
    default: {
      const lane = model.names.findIndex((name) => name.toLowerCase() === value);
      return {
        message: (row) => from[row] === lane || to[row] === lane,
        event: ({ who }) => who.toLowerCase().split(" ").includes(value),
      };
    }
  }
}

function typesWith(model: ReportModel, word: string): boolean[] {
  return model.messageTypes.map(({ name, many }) => `${name} ${many}`.toLowerCase().includes(word));
}

/** Fates that a word names, in flight and delivered first. */
function endsWith(model: ReportModel, word: string): boolean[] {
  const causes = model.dropCauses.map(({ words, reason, fault }) => `${words} ${reason} ${fault}`);
  return [IN_FLIGHT, "delivered", ...causes].map((text) => text.toLowerCase().includes(word));
}

function messageFound(model: ReportModel, row: number): Found {
  const { messages, names, messageTypes } = model;
  return {
    kind: "message",
    time: messages.sent[row] as number,
    record: messages.record[row] as number,
    who: `${names[messages.from[row] as number] ?? ""} → ${names[messages.to[row] as number] ?? ""}`,
    what: messageTypes[messages.type[row] as number]?.name ?? "",
    end: fateText(model, row),
  };
}

function* otherEvents(model: ReportModel): Generator<Found> {
  for (const finding of model.findings) {
    const who = finding.nodes.map((node) => model.names[node] ?? "").join(" ");
    yield {
      kind: "violation",
      time: finding.time,
      record: finding.record,
      who,
      what: finding.message,
      end: finding.title,
    };
  }
  for (const fault of model.faults) {
    const end = fault.isOpen ? "to the end" : `until ${formatSeconds(fault.to)}`;
    yield { kind: "fault", time: fault.from, record: -1, who: fault.id, what: fault.words, end };
  }
  for (const lane of model.nodes)
    for (const { key, bands } of lane.states)
      for (const { from, to, record, words } of bands)
        yield {
          kind: "state",
          time: from,
          record,
          who: lane.id,
          what: `${key}: ${words}`,
          end: `for ${formatSeconds(to - from)}`,
        };
  const { at, node, words: said, record: points, texts } = model.points;
  for (let place = 0; place < at.length; place++)
    yield {
      kind: "point",
      time: at[place] as number,
      record: points[place] as number,
      who: model.names[node[place] as number] ?? "",
      what: texts[said[place] as number] ?? "",
      end: "",
    };
  for (const { id, operations } of model.clients) {
    const { call, end, outcome, words, record } = operations;
    for (let place = 0; place < call.length; place++) {
      const time = call[place] as number;
      yield {
        kind: "call",
        time,
        record: record[place] as number,
        who: id,
        what: model.operationWords[words[place] as number] ?? "",
        end: `${OUTCOMES[outcome[place] as number] ?? ""} after ${formatSeconds((end[place] as number) - time)}`,
      };
    }
  }
}
