import { stepA, stepB } from "./hash.ts";
import { PlainHash } from "./plain-hash.ts";
import type { Plain } from "./plain.ts";

const K1 = 0x9e3779b1;
const K2 = 0x85ebca77;
const K3 = 0xc2b2ae3d;
const K4 = 0x27d4eb2f;
const K5 = 0x165667b1;

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** Five integers in one, of which each alone always shows. The products do not wait for one another, as steps would. */
function mix(x1: number, x2: number, x3: number, x4: number, x5: number): number {
  return (
    Math.imul(x1, K1) ^
    rotate(Math.imul(x2, K2), 7) ^
    rotate(Math.imul(x3, K3), 13) ^
    rotate(Math.imul(x4, K4), 19) ^
    rotate(Math.imul(x5, K5), 26)
  );
}

/** The same for the second lane, with other constants: what cancels out in one does not in the other. */
function mixOther(x1: number, x2: number, x3: number, x4: number, x5: number): number {
  return (
    Math.imul(x1, K3) ^
    rotate(Math.imul(x2, K5), 11) ^
    rotate(Math.imul(x3, K1), 17) ^
    rotate(Math.imul(x4, K2), 23) ^
    rotate(Math.imul(x5, K4), 5)
  );
}

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

  /** Folds five integers. */
  ints(x1: number, x2: number, x3: number, x4: number, x5: number): void {
    this.pair(mix(x1, x2, x3, x4, x5), mixOther(x1, x2, x3, x4, x5));
  }

  /** Folds five texts by their hashes, the pairs (`first[i]`, `second[i]`). */
  texts(first: Int32Array, second: Int32Array, i1: number, i2: number, i3: number, i4: number, i5: number): void {
    const x = mix(
      first[i1] as number,
      first[i2] as number,
      first[i3] as number,
      first[i4] as number,
      first[i5] as number,
    );
    const y = mixOther(
      second[i1] as number,
      second[i2] as number,
      second[i3] as number,
      second[i4] as number,
      second[i5] as number,
    );
    this.pair(x, y);
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
