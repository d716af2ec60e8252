import { crc32 } from "node:zlib";
import type { Disk } from "../../ports/disk.ts";
import { FailStopError, FaultlineError } from "../../ports/errors.ts";
import { EpochBook } from "./epoch-book.ts";

export interface DiskEpochBookOptions {
  readonly disk: Disk;
  /** Its file. Default `lock/epochs`. */
  readonly path?: string;
}

const CHECKSUM = /^([0-9a-f]{8})\n/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * An {@link EpochBook} in one file of one machine: the `epochOf` of a lock that only this process takes.
 *
 * @remarks No agreement between machines: two of them that share a lock each count for themselves, and the one that has seen fewer
 * servers would number its grants too low. Those need a book that they share (a replicated state machine, a database).
 * @example
 * const book = await DiskEpochBook.open({ disk });
 * const lock = new RedisLock({ ...ports, redis, epochOf: (serverId) => book.epochOf(serverId) });
 */
export class DiskEpochBook {
  readonly #disk: Disk;
  readonly #path: string;
  #book: EpochBook;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(disk: Disk, path: string, book: EpochBook) {
    this.#disk = disk;
    this.#path = path;
    this.#book = book;
  }

  /** @throws {FailStopError} when the file is damaged: which epochs were given out is then unknown. @throws {DiskError} */
  static async open({ disk, path = "lock/epochs" }: DiskEpochBookOptions): Promise<DiskEpochBook> {
    const bytes = await disk.read(path);
    const book = bytes === undefined ? new EpochBook() : read(decoder.decode(bytes), path);
    return new DiskEpochBook(disk, path, book);
  }

  /**
   * The epoch of a server, durable before it is given.
   *
   * @throws {DiskError} when the disk refuses; nothing was given out then, and asking again is safe.
   */
  epochOf(serverId: string): Promise<number> {
    const asked = this.#queue.then(() => this.#enter(serverId));
    this.#queue = asked.catch(() => undefined);
    return asked;
  }

  async #enter(serverId: string): Promise<number> {
    const known = this.#book.get(serverId);
    if (known !== undefined) return known;
    const next = EpochBook.fromText(this.#book.toText());
    const epoch = next.epochOf(serverId);
    const fresh = `${this.#path}.new`;
    const slash = this.#path.lastIndexOf("/");
    await this.#disk.write(fresh, encoder.encode(write(next)));
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(slash < 0 ? "" : this.#path.slice(0, slash));
    this.#book = next;
    return epoch;
  }
}

function write(book: EpochBook): string {
  const text = book.toText();
  return `${checksum(text)}\n${text}`;
}

function read(content: string, path: string): EpochBook {
  const match = CHECKSUM.exec(content);
  const text = content.slice(9);
  try {
    if (match?.[1] === checksum(text)) return EpochBook.fromText(text);
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error;
  }
  throw new FailStopError(`The epoch book "${path}" is damaged; which epochs were given out is not known.`, { path });
}

function checksum(text: string): string {
  return crc32(encoder.encode(text)).toString(16).padStart(8, "0");
}
