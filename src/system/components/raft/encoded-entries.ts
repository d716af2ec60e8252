import type { LogEntry } from "./raft-log.ts";

/** An entry as its file has it: the whole frame, and the CRC-32 of its JSON as a signed integer. */
export interface EncodedEntry {
  readonly frame: Uint8Array;
  readonly checksum: number;
}

/** Entries remembered, by the low bits of their index: what a member lacks that was away for a while is among them. */
export const REMEMBERED = 1_024;
/** A larger frame is not kept: what it would hold in memory is worth more than to make it again. */
const FRAME_BYTES_MAX = 1_024;

/**
 * The frames of the entries encoded last. An entry never changes and members that share a process share the object, as groups in
 * tests and in simulations do: then one of them encodes it, and the others copy the bytes.
 */
export class EncodedEntries {
  readonly #entries = new Array<LogEntry | undefined>(REMEMBERED).fill(undefined);
  readonly #encoded = new Array<EncodedEntry | undefined>(REMEMBERED).fill(undefined);

  /** What was kept of this very object. */
  find(entry: LogEntry): EncodedEntry | undefined {
    const place = entry.index % REMEMBERED;
    return this.#entries[place] === entry ? this.#encoded[place] : undefined;
  }

  /** @param frame  Copied. */
  keep(entry: LogEntry, frame: Uint8Array, checksum: number): void {
    if (frame.length > FRAME_BYTES_MAX) return;
    const place = entry.index % REMEMBERED;
    this.#entries[place] = entry;
    this.#encoded[place] = { frame: Buffer.from(frame), checksum };
  }
}
