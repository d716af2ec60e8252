import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";
import { FrameBuffer } from "../raft/frame-buffer.ts";
import { readFrames } from "../raft/frame-reader.ts";
import type { OfdRegistration } from "./ofd-port.ts";

/** A registration that the OFD accepted, as it is kept. */
export interface AcceptedReceipt extends OfdRegistration {
  /** Place among the accepted, from 1. */
  readonly number: number;
  /** The OFD's stamp of the acceptance, as text. */
  readonly acceptedHlc: string;
}

/** What an OFD must not forget: what it accepted, and a fencing number that came with nothing new. */
export type OfdEntry = readonly ["accept", AcceptedReceipt] | readonly ["token", string];

/** Makes entries durable, in the order in which they are appended. */
export interface OfdJournal {
  /** Durable when it resolves. After a rejection nobody knows: never answer, stop. */
  append(entry: OfdEntry): Promise<void>;
}

/**
 * The OFD's journal in one append-only file. What is appended while a sync runs goes into the next one.
 *
 * A torn last entry is cut off at the next start: it was never answered.
 */
export class DiskOfdJournal implements OfdJournal {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #buffer = new FrameBuffer();
  #flush: Promise<void> | undefined;
  /** The write after the one under way; everybody who appends meanwhile shares it. */
  #next: Promise<void> | undefined;

  private constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /**
   * Opens the journal, and gives what it holds, all of it durable.
   *
   * @param options.path  Default `ofd/journal`.
   * @throws {FailStopError} when the file is damaged before its end. @throws {DiskError} when the disk refuses.
   */
  static async open(options: {
    readonly disk: Disk;
    readonly path?: string;
  }): Promise<{ readonly journal: DiskOfdJournal; readonly entries: readonly OfdEntry[] }> {
    const { disk, path = "ofd/journal" } = options;
    const bytes = await disk.read(path);
    if (bytes === undefined) await disk.write(path, new Uint8Array(0));
    const { frames, length } = readFrames(bytes ?? new Uint8Array(0), path);
    if (bytes !== undefined && length < bytes.length) await disk.truncate(path, length);
    // What a killed process left may stand in the page cache alone.
    await disk.sync(path);
    await disk.syncDirectory(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
    return { journal: new DiskOfdJournal(disk, path), entries: frames.map(({ value }) => value as OfdEntry) };
  }

  append(entry: OfdEntry): Promise<void> {
    this.#buffer.add(entry);
    if (this.#flush === undefined) return (this.#flush = this.#write());
    this.#next ??= this.#flush.then(() => {
      this.#next = undefined;
      return (this.#flush = this.#write());
    });
    return this.#next;
  }

  async #write(): Promise<void> {
    try {
      await this.#disk.append(this.#path, this.#buffer.take());
      await this.#disk.sync(this.#path);
    } catch (error) {
      throw new FailStopError(
        "The OFD's journal could not be made durable; nothing that depends on it may be answered.",
        { file: this.#path },
        { cause: error },
      );
    }
    if (this.#next === undefined) this.#flush = undefined;
  }
}
