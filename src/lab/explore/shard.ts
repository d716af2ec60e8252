import { ScenarioError } from "../scenario/problems.ts";

/** One of several machines that share a sweep; `index` from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

const SHARDS_MAX = 10_000;

/**
 * Reads `2/4`.
 *
 * @throws {ScenarioError} `SHARD` for anything else.
 */
export function parseShard(text: string): Shard {
  const match = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text);
  const shard = { index: Number(match?.[1]), of: Number(match?.[2]) };
  if (match !== null && shard.index <= shard.of && shard.of <= SHARDS_MAX) return shard;
  const expected = `which of how many, from 1, as 2/4; at most ${String(SHARDS_MAX)}`;
  const message = "This is no shard.";
  throw new ScenarioError([{ code: "SHARD", path: [], file: "--shard", message, expected, got: JSON.stringify(text) }]);
}
