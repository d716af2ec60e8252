import type { PlacedSet } from "./placed-set.ts";

/** Integers a chunk of the store has. */
const CHUNK = 4_096;
/** Integers of the table that go with an entry, about. */
const TABLE = 4;
/** State, first word and number of words of the window; first word and number of words of the open operations. */
const HEAD = 5;

/** Integers that caches which share it may still take; without room nothing more is remembered, which costs time, but no correctness. */
export interface CacheRoom {
  ints: number;
}

/**
 * Configurations (operations placed, state) that a search has been in. Compared in full: a hash alone would take two for one, and
 * call a good history bad.
 */
export class ConfigCache {
  readonly #room: CacheRoom;
  #ints = 0;
  readonly #chunks: Int32Array[] = [new Int32Array(CHUNK)];
  #used = 0;
  #count = 0;
  /** Pairs of hash and place + 1; 0 is free. */
  #table = new Int32Array(512);
  #mask = 255;

  constructor(room: CacheRoom) {
    this.#room = room;
  }

  /** Gives back the room it took; it is not used any more. */
  release(): void {
    this.#room.ints += this.#ints;
    this.#ints = 0;
  }

  /** @returns false when it is known already. */
  add(placed: PlacedSet, state: number): boolean {
    const { words, openFrom } = placed;
    let openLow = openFrom;
    while (openLow < words.length && words[openLow] === 0) openLow++;
    let openHigh = words.length;
    while (openHigh > openLow && words[openHigh - 1] === 0) openHigh--;
    const hash = spread(placed.hash ^ Math.imul(state + 1, 0x27d4eb2f));
    let slot = hash & this.#mask;
    for (; ; slot = (slot + 1) & this.#mask) {
      const place = this.#table[slot * 2 + 1] as number;
      if (place === 0) break;
      if (this.#table[slot * 2] === hash && this.#equals(place - 1, placed, { state, openLow, openHigh })) return false;
    }
    if (this.#room.ints <= 0) return true;
    this.#table[slot * 2] = hash;
    this.#table[slot * 2 + 1] = this.#store(placed, { state, openLow, openHigh }) + 1;
    if (++this.#count * 4 > (this.#mask + 1) * 3) this.#grow();
    return true;
  }

  #equals(place: number, placed: PlacedSet, rest: Rest): boolean {
    const chunk = this.#chunks[Math.floor(place / CHUNK)] as Int32Array;
    let at = place % CHUNK;
    const { words, low, high } = placed;
    const { state, openLow, openHigh } = rest;
    if (chunk[at] !== state || chunk[at + 1] !== low || chunk[at + 2] !== high - low) return false;
    if (chunk[at + 3] !== openLow || chunk[at + 4] !== openHigh - openLow) return false;
    at += HEAD;
    for (let i = low; i < high; i++) if (chunk[at++] !== words[i]) return false;
    for (let i = openLow; i < openHigh; i++) if (chunk[at++] !== words[i]) return false;
    return true;
  }

  #store(placed: PlacedSet, rest: Rest): number {
    const { words, low, high } = placed;
    const { state, openLow, openHigh } = rest;
    const length = HEAD + (high - low) + (openHigh - openLow);
    let chunk = this.#chunks[this.#chunks.length - 1] as Int32Array;
    if (this.#used + length > chunk.length) {
      this.#chunks.push((chunk = new Int32Array(Math.max(CHUNK, length))));
      this.#used = 0;
    }
    const start = this.#used;
    chunk[start] = state;
    chunk[start + 1] = low;
    chunk[start + 2] = high - low;
    chunk[start + 3] = openLow;
    chunk[start + 4] = openHigh - openLow;
    let at = start + HEAD;
    for (let i = low; i < high; i++) chunk[at++] = words[i] as number;
    for (let i = openLow; i < openHigh; i++) chunk[at++] = words[i] as number;
    this.#used = at;
    this.#ints += length + TABLE;
    this.#room.ints -= length + TABLE;
    return (this.#chunks.length - 1) * CHUNK + start;
  }

  #grow(): void {
    const old = this.#table;
    const mask = this.#mask * 2 + 1;
    const table = new Int32Array((mask + 1) * 2);
    for (let i = 0; i < old.length; i += 2) {
      const place = old[i + 1] as number;
      if (place === 0) continue;
      let slot = (old[i] as number) & mask;
      while (table[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      table[slot * 2] = old[i] as number;
      table[slot * 2 + 1] = place;
    }
    this.#table = table;
    this.#mask = mask;
  }
}

interface Rest {
  readonly state: number;
  readonly openLow: number;
  readonly openHigh: number;
}

function spread(hash: number): number {
  const x = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return x ^ (x >>> 13);
}
