import { isSeed } from "../run/seed.ts";
import { ScenarioError } from "../scenario/problems.ts";

/** Seeds in order, none of them kept in memory but those that were named one by one. */
export interface SeedList {
  /** As it is written shortest: `1..2000`, `7,12,30..40`. Equal lists have equal texts. */
  readonly text: string;
  readonly count: number;
  /** @param place  0 … count − 1. */
  at(place: number): string;
}

interface Part {
  readonly from: number;
  readonly count: number;
  /** A seed that is no number of a range. */
  readonly name?: string;
}

const RANGE = /^(0|[1-9]\d*)\.\.(0|[1-9]\d*)$/;
const NUMBER = /^(0|[1-9]\d*)$/;

/** Seeds of one sweep at most: as many as a place of several scenarios still counts exactly. */
const COUNT_MAX = 1_000_000_000;

/**
 * Reads `1..2000`, `7`, `7,nightly-3,30..40`. Both ends of a range belong to it.
 *
 * @throws {ScenarioError} `SEEDS` for anything else, and for a seed that is named twice.
 */
export function parseSeeds(text: string): SeedList {
  const parts: Part[] = [];
  for (const piece of text.split(",").map((one) => one.trim())) {
    const part = partOf(piece);
    if (part === undefined) throw bad(text, "ranges and seeds, as 1..2000 or 7,nightly-3,30..40");
    const last = parts.at(-1);
    // Neighbours become one range, so that a list is written in one way.
    if (
      last !== undefined &&
      last.name === undefined &&
      part.name === undefined &&
      last.from + last.count === part.from
    )
      parts[parts.length - 1] = { from: last.from, count: last.count + part.count };
    else parts.push(part);
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  if (count > COUNT_MAX) throw bad(text, `at most ${String(COUNT_MAX)} seeds`);
  if (hasTwice(parts)) throw bad(text, "each seed once");
  return { text: parts.map(textOf).join(","), count, at: (place) => seedAt(parts, place) };
}

function partOf(piece: string): Part | undefined {
  const range = RANGE.exec(piece);
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    return Number.isSafeInteger(to) && from <= to ? { from, count: to - from + 1 } : undefined;
  }
  if (!isSeed(piece) || piece.includes("..")) return undefined;
  if (NUMBER.test(piece) && Number.isSafeInteger(Number(piece))) return { from: Number(piece), count: 1 };
  return { from: 0, count: 1, name: piece };
}

function hasTwice(parts: readonly Part[]): boolean {
  const names = parts.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (new Set(names).size < names.length) return true;
  const ranges = parts.filter(({ name }) => name === undefined).toSorted((a, b) => a.from - b.from);
  return ranges.some((range, i) => {
    const next = ranges[i + 1];
    return next !== undefined && range.from + range.count > next.from;
  });
}

function textOf({ from, count, name }: Part): string {
  return name ?? (count === 1 ? String(from) : `${String(from)}..${String(from + count - 1)}`);
}

function seedAt(parts: readonly Part[], place: number): string {
  let left = place;
  for (const part of parts) {
    if (left < part.count) return part.name ?? String(part.from + left);
    left -= part.count;
  }
  throw new RangeError(`There is no seed at place ${String(place)}.`);
}

function bad(text: string, expected: string): ScenarioError {
  return new ScenarioError([
    { code: "SEEDS", path: [], file: "--seeds", message: "These are no seeds.", expected, got: JSON.stringify(text) },
  ]);
}
