import { stepA, stepB } from "./hash.ts";
import { PlainHash } from "./plain-hash.ts";
import type { Plain } from "./plain.ts";

const K1 = 0x9e3779b1;
const K2 = 0x85ebca77;
const K3 = 0xc2b2ae3d;
const K4 = 0x27d4eb2f;
const K5 = 0x165667b1;

/**
 * A 64-bit digest of a sequence of records, in two lanes of 32 bits.
 *
 * Two sequences of one length that differ in a single integer, or a single number or unit of a body, always differ in the digest
 * (see {@link stepA}); other differences are missed with a probability of about 2^−64.
 */
export class Digest {
  #a = 0x6a09e667 | 0;
  #b = 0xbb67ae85 | 0;
  readonly #body = new PlainHash();
  /** The message folded last, and its lanes. */
  #message: object | undefined;
  #messageA = 0;
  #messageB = 0;

  /** Folds a 32-bit integer. */
  int(x: number): void {
    this.#a = stepA(this.#a, x);
    this.#b = stepB(this.#b, x);
  }

  /** Folds two different 32-bit integers, one a lane. */
  pair(x: number, y: number): void {
    this.#a = stepA(this.#a, x);
    this.#b = stepB(this.#b, y);
  }

  /**
   * Folds the columns of one record: five integers, and five texts by their hashes, the pairs (`first[t]`, `second[t]`).
   *
   * Five become one before each step: their products do not wait for one another, and each of the five alone always shows. The
   * second lane has other constants, so what cancels out in one does not in the other. All is written out, because this is one
   * call a record and what it called would not be inlined.
   */
  columns(
    x1: number,
    x2: number,
    x3: number,
    x4: number,
    x5: number,
    first: Int32Array,
    second: Int32Array,
    t1: number,
    t2: number,
    t3: number,
    t4: number,
    t5: number,
  ): void {
    let a = this.#a ^ Math.imul(x1, K1);
    let b = this.#b ^ Math.imul(x1, K3);
    let p = Math.imul(x2, K2);
    a ^= (p << 7) | (p >>> 25);
    p = Math.imul(x2, K5);
    b ^= (p << 11) | (p >>> 21);
    p = Math.imul(x3, K3);
    a ^= (p << 13) | (p >>> 19);
    p = Math.imul(x3, K1);
    b ^= (p << 17) | (p >>> 15);
    p = Math.imul(x4, K4);
    a ^= (p << 19) | (p >>> 13);
    p = Math.imul(x4, K2);
    b ^= (p << 23) | (p >>> 9);
    p = Math.imul(x5, K5);
    a ^= (p << 26) | (p >>> 6);
    p = Math.imul(x5, K4);
    b ^= (p << 5) | (p >>> 27);
    a = Math.imul(a, K1);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b, K2);
    b = (b << 11) | (b >>> 21);
    a ^= Math.imul(first[t1] as number, K1);
    b ^= Math.imul(second[t1] as number, K3);
    p = Math.imul(first[t2] as number, K2);
    a ^= (p << 7) | (p >>> 25);
    p = Math.imul(second[t2] as number, K5);
    b ^= (p << 11) | (p >>> 21);
    p = Math.imul(first[t3] as number, K3);
    a ^= (p << 13) | (p >>> 19);
    p = Math.imul(second[t3] as number, K1);
    b ^= (p << 17) | (p >>> 15);
    p = Math.imul(first[t4] as number, K4);
    a ^= (p << 19) | (p >>> 13);
    p = Math.imul(second[t4] as number, K2);
    b ^= (p << 23) | (p >>> 9);
    p = Math.imul(first[t5] as number, K5);
    a ^= (p << 26) | (p >>> 6);
    p = Math.imul(second[t5] as number, K4);
    b ^= (p << 5) | (p >>> 27);
    a = Math.imul(a, K1);
    b = Math.imul(b, K2);
    this.#a = (a << 15) | (a >>> 17);
    this.#b = (b << 11) | (b >>> 21);
  }

  /** Folds plain data with its structure. `name`: see {@link PlainHash.hash}. */
  plain(value: Plain | undefined, name = 0): void {
    const body = this.#body;
    body.hash(value, name, false);
    this.pair(body.a, body.b);
  }

  /** Folds plain data that nobody may change any more, as {@link Digest.plain} does; the same object at once again costs nothing. */
  message(message: object, name: number): void {
    if (message !== this.#message) {
      const body = this.#body;
      body.hash(message as Plain, name, true);
      this.#message = message;
      this.#messageA = body.a;
      this.#messageB = body.b;
    }
    this.pair(this.#messageA, this.#messageB);
  }

  /** 16 hex digits. The digest can be folded further. */
  value(): string {
    let a = this.#a ^ (this.#b >>> 7);
    a = Math.imul(a ^ (a >>> 16), K2);
    a ^= a >>> 13;
    // Lane b is finalised by a bijection of itself, lane a by one of a given b: together a bijection of the 64-bit state.
    let b = this.#b;
    b = Math.imul(b ^ (b >>> 16), K3);
    b ^= b >>> 15;
    return hex(a) + hex(b);
  }
}

function hex(x: number): string {
  return (x >>> 0).toString(16).padStart(8, "0");
}
