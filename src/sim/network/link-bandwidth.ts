import type { Message } from "../../system/ports/transport.ts";
import type { Micros } from "../../trace/record.ts";

/** What a frame has beside its text: length and checksum. */
const HEAD_BYTES = 8;
const SECOND = 1_000_000;

/** A sender that puts one message after the other on a line of so many bytes a second. */
export class LinkBandwidth {
  readonly #bytesPerSecond: number;
  /** When the line has taken everything it was handed. */
  #freeAt: Micros = 0;

  /** @param bytesPerSecond integer ≥ 1 */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Hands the line a message. @returns how long it waits and then takes, µs ≥ 1. */
  take(bytes: number, now: Micros): Micros {
    const from = this.#freeAt > now ? this.#freeAt : now;
    this.#freeAt = from + Math.ceil((bytes * SECOND) / this.#bytesPerSecond);
    return this.#freeAt - now;
  }
}

/** Length of a message on a wire: its JSON, every UTF-16 unit a byte, and the head of its frame. */
export function sizeOf(message: Message): number {
  return JSON.stringify(message).length + HEAD_BYTES;
}
