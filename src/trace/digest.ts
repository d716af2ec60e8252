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
 * Two sequences of one length that differ in a single integer of a record, or in a single number or unit of a body, always differ in
 * the digest; other differences are missed with a probability of about 2^−64, two integers of one record with at most 2^−60.
 */
export class Digest {
  #a = 0x6a09e667 | 0;
  #b = 0xbb67ae85 | 0;
  readonly #body = new PlainHash();
  /** The unchanging body folded last. */
  #fixed: Plain | undefined;

  /**
   * Folds the columns of one record: five integers, and five texts by their numbers.
   *
   * What each adds is turned by an angle of its own, and all are added before a lane is stirred: they do not wait for one another,
   * and each alone always shows. The lanes turn them by other angles, so what cancels out in one does not in the other.
   *
   * @param first   By a text's number its first lane, 0 for the empty text.
   * @param second  The same of the second.
   */
  columns(
    low: number,
    high: number,
    head: number,
    node: number,
    cause: number,
    peer: number,
    name: number,
    number: number,
    reason: number,
    fault: number,
    first: Int32Array,
    second: Int32Array,
  ): void {
    // What comes in as an argument is any number to the compiler, until it is told otherwise.
    const p1 = Math.imul(low | 0, K1);
    const p2 = Math.imul(high | 0, K2);
    const p3 = Math.imul(head | 0, K3);
    const p4 = Math.imul(cause | 0, K4);
    const p5 = Math.imul(number | 0, K5);
    let a = this.#a ^ p1 ^ ((p2 << 7) | (p2 >>> 25)) ^ ((p3 << 13) | (p3 >>> 19));
    let b = this.#b ^ p1 ^ ((p2 << 6) | (p2 >>> 26)) ^ ((p3 << 11) | (p3 >>> 21));
    a = Math.imul(a ^ ((p4 << 19) | (p4 >>> 13)) ^ ((p5 << 26) | (p5 >>> 6)), K1);
    b = Math.imul(b ^ ((p4 << 16) | (p4 >>> 16)) ^ ((p5 << 22) | (p5 >>> 10)), K2);
    let x = first[peer | 0] as number;
    let y = second[peer | 0] as number;
    a = ((a << 15) | (a >>> 17)) ^ (first[node | 0] as number) ^ ((x << 7) | (x >>> 25));
    b = ((b << 11) | (b >>> 21)) ^ (second[node | 0] as number) ^ ((y << 7) | (y >>> 25));
    x = first[name | 0] as number;
    y = second[name | 0] as number;
    a ^= (x << 13) | (x >>> 19);
    b ^= (y << 13) | (y >>> 19);
    if ((reason | fault) !== 0) {
      x = first[reason | 0] as number;
      y = second[reason | 0] as number;
      a ^= (x << 19) | (x >>> 13);
      b ^= (y << 19) | (y >>> 13);
      x = first[fault | 0] as number;
      y = second[fault | 0] as number;
      a ^= (x << 26) | (x >>> 6);
      b ^= (y << 26) | (y >>> 6);
    }
    a = Math.imul(a, K3);
    b = Math.imul(b, K4);
    this.#a = (a << 15) | (a >>> 17);
    this.#b = (b << 11) | (b >>> 21);
  }

  /**
   * Folds what a record holds beside its columns.
   *
   * @param name  See {@link PlainHash.hash}.
   * @param isFixed  Nobody will change the body or any part of it; the same one at once again costs nothing.
   */
  body(body: Plain, name: number, isFixed: boolean): void {
    const plain = this.#body;
    if (!isFixed || body !== this.#fixed) {
      plain.hash(body, name, isFixed);
      this.#fixed = isFixed ? body : undefined;
    }
    const a = Math.imul(this.#a ^ plain.a, K2);
    const b = Math.imul(this.#b ^ plain.b, K3);
    this.#a = (a << 13) | (a >>> 19);
    this.#b = (b << 17) | (b >>> 15);
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
