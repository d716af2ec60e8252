import { crc32 } from "node:zlib";
import { assert } from "../../ports/errors.ts";

/** Length and CRC-32 of a frame's JSON, little-endian, before it. */
export const HEADER_BYTES = 8;
/** Bytes that UTF-8 needs at most for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();

/** Frames that wait to be written, one after the other in the bytes of the file: nothing is allocated for each of them. */
export class FrameBuffer {
  #bytes = new Uint8Array(4_096);
  #view = new DataView(this.#bytes.buffer);
  /** To be written to while what was lent is in use. */
  #spare = new Uint8Array(0);
  #spareView = this.#view;
  #length = 0;
  /** Where the frame added last begins. */
  #last = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** @returns the CRC-32 of the frame's JSON. */
  add(frame: unknown): number {
    const text = JSON.stringify(frame);
    const start = this.#length + HEADER_BYTES;
    this.#reserve(start + text.length * BYTES_PER_UNIT);
    const { read, written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    assert(read === text.length, "there is room for the whole frame", { read, length: text.length });
    const checksum = crc32(this.#bytes.subarray(start, start + written));
    this.#view.setUint32(this.#length, written, true);
    this.#view.setUint32(this.#length + 4, checksum, true);
    this.#last = this.#length;
    this.#length = start + written;
    return checksum;
  }

  /** Adds a frame as {@link FrameBuffer.last} gave it. */
  addEncoded(frame: Uint8Array): void {
    const end = this.#length + frame.length;
    this.#reserve(end);
    this.#bytes.set(frame, this.#length);
    this.#last = this.#length;
    this.#length = end;
  }

  /** The frame added last with its header: a view, good until the next one is added. */
  get last(): Uint8Array {
    return this.#bytes.subarray(this.#last, this.#length);
  }

  /** Empties it. @returns the bytes, which belong to the taker. */
  take(): Uint8Array {
    // Of the pool: most of what is taken is a few bytes that live until they are written.
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#last = 0;
    this.#length = 0;
    return taken;
  }

  /** Empties it without a copy. @returns the bytes, the taker's until this is called again. */
  lend(): Uint8Array {
    const lent = this.#bytes.subarray(0, this.#length);
    if (this.#spare.length === 0) {
      this.#spare = new Uint8Array(this.#bytes.length);
      this.#spareView = new DataView(this.#spare.buffer);
    }
    // Each with its view: to make one costs as much as to write a frame.
    const bytes = this.#bytes;
    const view = this.#view;
    this.#bytes = this.#spare;
    this.#view = this.#spareView;
    this.#spare = bytes;
    this.#spareView = view;
    this.#last = 0;
    this.#length = 0;
    return lent;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
