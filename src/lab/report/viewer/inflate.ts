/*
 * Unpacks gzip where the browser has no DecompressionStream. RFC 1951, by its numbers.
 */

/** §3.2.5: lengths and distances, and the bits that follow each. */
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
/** §3.2.7: the order in which lengths of code lengths come. */
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_MAX = 258;
const GZIP_HEAD = 10;

function bases(bits: readonly number[], first: number): number[] {
  let next = first;
  return bits.map((count) => {
    const base = next;
    next += 1 << count;
    return base;
  });
}
const LENGTHS = [...bases(LENGTH_BITS.slice(0, 28), 3), LENGTH_MAX];
const DISTANCES = bases(DISTANCE_BITS, 1);

/** A canonical Huffman code: how many codes of each length, and the symbols in their order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(16);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    counts[length] = (counts[length] as number) + 1;
  }
  counts[0] = 0;
  const places = new Uint16Array(16);
  for (let length = 1; length < 16; length++)
    places[length] = (places[length - 1] as number) + (counts[length - 1] as number);
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    const place = places[length] as number;
    places[length] = place + 1;
    symbols[place] = symbol;
  }
  return { counts, symbols };
}

/**
 * The content of a gzip member with a plain head, as ours is written.
 *
 * @throws {Error} when the bytes are cut short or no such member.
 */
export function inflateGzip(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 31 || bytes[1] !== 139 || bytes[3] !== 0) throw new Error("The data of this page is damaged.");
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  const out = new Uint8Array(size);
  new Inflater(bytes, out).run();
  return out;
}

class Inflater {
  readonly #in: Uint8Array;
  readonly #out: Uint8Array;
  #at = GZIP_HEAD;
  #written = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, out: Uint8Array) {
    this.#in = bytes;
    this.#out = out;
  }

  run(): void {
    for (let isLast = false; !isLast;) {
      isLast = this.#bits(1) === 1;
      const kind = this.#bits(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#block(codeOf(fixedLengths()), codeOf(new Uint8Array(30).fill(5)));
      else this.#dynamic();
    }
  }

  #bits(need: number): number {
    while (this.#count < need) {
      const byte = this.#in[this.#at++];
      if (byte === undefined) throw new Error("The data of this page is cut short.");
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << need) - 1);
    this.#held >>>= need;
    this.#count -= need;
    return value;
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.#bits(1);
      const count = counts[length] as number;
      if (code - count < first) return symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("The data of this page is damaged.");
  }

  #stored(): void {
    this.#held = this.#count = 0;
    const length = (this.#in[this.#at] as number) + 256 * (this.#in[this.#at + 1] as number);
    this.#out.set(this.#in.subarray(this.#at + 4, this.#at + 4 + length), this.#written);
    this.#at += 4 + length;
    this.#written += length;
  }

  #dynamic(): void {
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    const sizes = new Uint8Array(19);
    const given = this.#bits(4) + 4;
    for (let index = 0; index < given; index++) sizes[CODE_ORDER[index] as number] = this.#bits(3);
    const code = codeOf(sizes);
    const lengths = new Uint8Array(literals + distances);
    for (let index = 0; index < lengths.length;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) lengths[index++] = symbol;
      else {
        const value = symbol === 16 ? (lengths[index - 1] as number) : 0;
        const times = symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7);
        lengths.fill(value, index, index + times);
        index += times;
      }
    }
    this.#block(codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)));
  }

  #block(literal: Code, distance: Code): void {
    for (;;) {
      const symbol = this.#symbol(literal);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#out[this.#written++] = symbol;
        continue;
      }
      const length = (LENGTHS[symbol - 257] as number) + this.#bits(LENGTH_BITS[symbol - 257] as number);
      const code = this.#symbol(distance);
      const back = (DISTANCES[code] as number) + this.#bits(DISTANCE_BITS[code] as number);
      for (let index = 0; index < length; index++, this.#written++)
        this.#out[this.#written] = this.#out[this.#written - back] as number;
    }
  }
}

function fixedLengths(): Uint8Array {
  const lengths = new Uint8Array(288).fill(8);
  lengths.fill(9, 144, 256);
  lengths.fill(7, 256, 280);
  return lengths;
}
