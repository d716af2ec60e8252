import seedrandom from "seedrandom";

/** Seeds are strings: `1` and `"1"` would differ in seedrandom, and large integers lose digits in YAML and on the command line. */
export const SEED_PATTERN = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;

const TWO_32 = 4294967296;

/** A named stream of random integers (sfc32). Draws of one stream never shift another. */
export class RngStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
    // sfc32 needs about a dozen rounds until every bit of the key reached every bit of the output.
    for (let i = 0; i < 15; i++) this.uint32();
  }

  /** Uniform integer, 0…2^32−1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform integer, `min`…`max` inclusive; safe integers, `max − min` < 2^32. */
  integer(min: number, max: number): number {
    // One multiplication instead of a rejection loop: a fixed number of draws a call; the bias is below range / 2^32.
    return min + Math.floor((this.uint32() / TWO_32) * (max - min + 1));
  }

  /** True with a probability of `partsPerMillion` / 10^6; 0 and 10^6 are never and always, and cost a draw all the same. */
  chance(partsPerMillion: number): boolean {
    // Both sides are exact: they stay below 2^53.
    return this.uint32() * 1_000_000 < partsPerMillion * TWO_32;
  }
}

/** Source of every random number of a run: one seed, one 128-bit key, one stream a purpose. */
export class Rng {
  readonly #key: readonly [number, number, number, number];
  readonly #streams = new Map<string, RngStream>();

  /** @param seed `[0-9A-Za-z][0-9A-Za-z._-]{0,63}` */
  constructor(seed: string) {
    if (!SEED_PATTERN.test(seed))
      throw new RangeError(
        `A seed is 1 to 64 of [0-9A-Za-z._-] and starts with a letter or digit; got ${JSON.stringify(seed)}.`,
      );
    // ARC4 repeats its key, so "1", "11" and "111" would be one seed. With its length and a colon in front no seed is a repetition.
    const source = seedrandom(`${String(seed.length)}:${seed}`);
    this.#key = [source.int32(), source.int32(), source.int32(), source.int32()];
  }

  /** The stream of a purpose (`"network/n1>n2"`, `"clock/n3"`). The same name gives the same stream, in the state it is in. */
  stream(name: string): RngStream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const [a, b, c, d] = this.#key;
      const [h1, h2, h3, h4] = hashName(name);
      stream = new RngStream(a ^ h1, b ^ h2, c ^ h3, d ^ h4);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

/** Four 32-bit hashes of a name; every unit reaches all four. */
function hashName(name: string): readonly [number, number, number, number] {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  let c = 0x13198a2e;
  let d = 0x03707344;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1) ^ (b >>> 16);
    b = Math.imul(b ^ unit, 0x85ebca77) ^ (c >>> 15);
    c = Math.imul(c ^ unit, 0xc2b2ae3d) ^ (d >>> 14);
    d = Math.imul(d ^ unit, 0x27d4eb2f) ^ (a >>> 13);
  }
  return [a, b, c, d];
}
