/*
 * Columns of integers inside plain data, packed into bytes and back: what a report holds most of, and JSON holds worst.
 */

/** Any column of integers, by whatever array it is held. */
export type Column = ArrayLike<number>;

/** Where a packed column belongs, and how its bytes are read. */
export interface PackedColumn {
  readonly path: readonly (string | number)[];
  readonly count: number;
  /** Whether each value is stored as its difference from the one before. */
  readonly isDelta: boolean;
  /** Whether the low bytes of all values stand together, before what is left of each: they are noise, the rest is not. */
  readonly isSplit: boolean;
  /** Bytes of a value once unpacked: 8 for doubles that hold integers. */
  readonly width: 1 | 2 | 4 | 8;
}

/** Shorter ones stay as they are: their description would be longer. */
const PACKED_MIN = 16;
/** Columns of more bytes a value than this are split. */
const SPLIT_MIN = 1.5;
/** Differences as large as values hide what values have in common. */
const DELTA_MAX = 0.8;

/** Plain data without its columns, their descriptions in order, and their bytes one after the other. */
export interface Packed {
  readonly rest: unknown;
  readonly columns: readonly PackedColumn[];
  readonly bytes: Uint8Array;
}

/** Takes the columns out of plain data; equal data gives equal bytes. */
export function packColumns(data: unknown): Packed {
  const columns: PackedColumn[] = [];
  const out = new ByteWriter();
  const walk = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (isColumn(value)) {
      columns.push({ path, ...packOne(value, out) });
      return null;
    }
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  const rest = walk(data, []);
  return { rest, columns, bytes: out.bytes() };
}

/** Puts the columns back, as typed arrays, into the data they came from. */
export function unpackColumns(rest: unknown, columns: readonly PackedColumn[], bytes: Uint8Array): void {
  let at = 0;
  for (const { path, count, isDelta, isSplit, width } of columns) {
    const column = emptyColumn(count, width);
    let before = 0;
    let low = at;
    if (isSplit) at += count;
    for (let index = 0; index < count; index++) {
      let value = isSplit ? (bytes[low++] as number) : 0;
      let scale = isSplit ? 256 : 1;
      for (;;) {
        const byte = bytes[at++] as number;
        value += (byte & 127) * scale;
        if (byte < 128) break;
        scale *= 128;
      }
      const signed = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      column[index] = before = isDelta ? before + signed : signed;
    }
    let host = rest as Record<string | number, unknown>;
    for (const step of path.slice(0, -1)) host = host[step] as Record<string | number, unknown>;
    host[path[path.length - 1] as string | number] = column;
  }
}

function emptyColumn(count: number, width: PackedColumn["width"]): Int8Array | Int16Array | Int32Array | Float64Array {
  if (width === 1) return new Int8Array(count);
  if (width === 2) return new Int16Array(count);
  return width === 4 ? new Int32Array(count) : new Float64Array(count);
}

function isColumn(value: unknown): value is Column {
  if (ArrayBuffer.isView(value)) return (value as unknown as Column).length >= PACKED_MIN;
  return Array.isArray(value) && value.length >= PACKED_MIN && value.every((item) => Number.isSafeInteger(item));
}

function packOne(column: Column, out: ByteWriter): Omit<PackedColumn, "path"> {
  const { length: count } = column;
  let plain = 0;
  let delta = 0;
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const value = column[index] as number;
    plain += sizeOf(value);
    delta += sizeOf(value - (index === 0 ? 0 : (column[index - 1] as number)));
    largest = Math.max(largest, value < 0 ? -value - 1 : value);
  }
  const isDelta = delta < plain * DELTA_MAX;
  const isSplit = (isDelta ? delta : plain) > count * SPLIT_MIN;
  const zigzag = (index: number): number => {
    const value = (column[index] as number) - (isDelta && index > 0 ? (column[index - 1] as number) : 0);
    return value < 0 ? -2 * value - 1 : 2 * value;
  };
  if (isSplit) for (let index = 0; index < count; index++) out.byte(zigzag(index) % 256);
  for (let index = 0; index < count; index++) out.write(isSplit ? Math.floor(zigzag(index) / 256) : zigzag(index));
  return { count, isDelta, isSplit, width: largest < 128 ? 1 : largest < 32_768 ? 2 : largest < 2_147_483_648 ? 4 : 8 };
}

/** Bytes an integer takes, seven bits in each. */
function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value < 0 ? -2 * value - 1 : 2 * value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

class ByteWriter {
  #bytes = new Uint8Array(65_536);
  #length = 0;

  /** @param value  An integer from 0 on, seven bits a byte. */
  write(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) + 128);
    this.byte(rest);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const wider = new Uint8Array(this.#bytes.length * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    this.#bytes[this.#length++] = value;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
