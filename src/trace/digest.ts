import type { Plain } from "./plain.ts";

const C1 = 0x9e3779b1;
const C2 = 0x85ebca77;

const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

/** Two independent 32-bit hashes of a text, by UTF-16 unit. */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5 | 0;
  let b = 0x2545f491 | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, C1);
    b = (b << 13) | (b >>> 19);
  }
  a = Math.imul(a ^ text.length, C2);
  b = Math.imul(b ^ text.length, 0xc2b2ae3d);
  return [a ^ (a >>> 15), b ^ (b >>> 13)];
}

/**
 * A 64-bit digest of a sequence of integers and texts, in two lanes of 32 bits.
 *
 * One step is `h = rotate((h ^ x) · odd)`: for a fixed `x` a bijection of `h`, for a fixed `h` injective in `x`. So two
 * sequences of one length that differ in a single integer always differ in the digest; other differences are missed with
 * probability 2^−64.
 */
export class Digest {
  #a = 0x6a09e667 | 0;
  #b = 0xbb67ae85 | 0;

  /** Folds a 32-bit integer. */
  int(x: number): void {
    const a = Math.imul(this.#a ^ x, C1);
    this.#a = (a << 15) | (a >>> 17);
    const b = Math.imul(this.#b ^ x, C2);
    this.#b = (b << 11) | (b >>> 21);
  }

  /** Folds two different 32-bit integers, one a lane. */
  pair(x: number, y: number): void {
    const a = Math.imul(this.#a ^ x, C1);
    this.#a = (a << 15) | (a >>> 17);
    const b = Math.imul(this.#b ^ y, C2);
    this.#b = (b << 11) | (b >>> 21);
  }

  /** Folds every bit of a double. */
  double(x: number): void {
    float[0] = x;
    this.int(halves[0] as number);
    this.int(halves[1] as number);
  }

  /** Folds every unit of a text. For the short texts of messages this is faster than looking a hash up. */
  text(text: string): void {
    const { length } = text;
    this.int(length);
    // Two units a step, in local variables. Never past the end: what charCodeAt does there is slow. The length tells an odd
    // last unit from one followed by a 0.
    const even = length & ~1;
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < even; i += 2) {
      const x = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
      a = Math.imul(a ^ x, C1);
      a = (a << 15) | (a >>> 17);
      b = Math.imul(b ^ x, C2);
      b = (b << 11) | (b >>> 21);
    }
    this.#a = a;
    this.#b = b;
    if (even < length) this.int(text.charCodeAt(even));
  }

  /** Folds five integers. The same as five times {@link Digest.int}, in local variables. */
  ints(x1: number, x2: number, x3: number, x4: number, x5: number): void {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ x1, C1);
    b = Math.imul(b ^ x1, C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ x2, C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ x2, C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ x3, C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ x3, C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ x4, C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ x4, C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ x5, C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ x5, C2);
    this.#a = (a << 15) | (a >>> 17);
    this.#b = (b << 11) | (b >>> 21);
  }

  /** Folds the pairs (`first[i]`, `second[i]`) for five places. The same as five times {@link Digest.pair}. */
  pairs(first: Int32Array, second: Int32Array, i1: number, i2: number, i3: number, i4: number, i5: number): void {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (first[i1] as number), C1);
    b = Math.imul(b ^ (second[i1] as number), C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ (first[i2] as number), C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ (second[i2] as number), C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ (first[i3] as number), C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ (second[i3] as number), C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ (first[i4] as number), C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ (second[i4] as number), C2);
    a = Math.imul(((a << 15) | (a >>> 17)) ^ (first[i5] as number), C1);
    b = Math.imul(((b << 11) | (b >>> 21)) ^ (second[i5] as number), C2);
    this.#a = (a << 15) | (a >>> 17);
    this.#b = (b << 11) | (b >>> 21);
  }

  /** Folds plain data with its structure; keys in their own order, which deterministic code reproduces. */
  plain(value: Plain | undefined): void {
    switch (typeof value) {
      case "string":
        this.int(1);
        this.text(value);
        return;
      case "number":
        if ((value | 0) === value && !Object.is(value, -0)) {
          this.int(2);
          this.int(value);
        } else {
          this.int(3);
          this.double(value);
        }
        return;
      case "boolean":
        this.int(value ? 4 : 5);
        return;
      case "undefined":
        this.int(6);
        return;
      default:
        this.#object(value);
    }
  }

  #object(value: Exclude<Plain, string | number | boolean>): void {
    if (value === null) {
      this.int(7);
    } else if (Array.isArray(value)) {
      this.int(8);
      this.int(value.length);
      for (let i = 0; i < value.length; i++) this.plain(value[i] as Plain);
    } else {
      const object = value as { readonly [key: string]: Plain };
      const keys = Object.keys(object);
      this.int(9);
      this.int(keys.length);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        this.text(key);
        this.plain(object[key]);
      }
    }
  }

  /** 16 hex digits. The digest can be folded further. */
  value(): string {
    let a = this.#a ^ (this.#b >>> 7);
    a = Math.imul(a ^ (a >>> 16), C2);
    a ^= a >>> 13;
    // Lane b is finalised by a bijection of itself, lane a by one of a given b: together a bijection of the 64-bit state.
    let b = this.#b;
    b = Math.imul(b ^ (b >>> 16), 0xc2b2ae3d);
    b ^= b >>> 15;
    return hex(a) + hex(b);
  }
}

function hex(x: number): string {
  return (x >>> 0).toString(16).padStart(8, "0");
}
