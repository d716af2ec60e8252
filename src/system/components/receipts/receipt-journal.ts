import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";
import { FrameBuffer } from "../raft/frame-buffer.ts";
import { readFrames } from "../raft/frame-reader.ts";
import type { ReceiptCommand } from "./receipt-command.ts";
import type { ReceiptTable, TableSnapshot } from "./receipt-table.ts";

/** A journal begins with the table as it was, or with nothing; commands that had an effect follow. */
type Frame = readonly ["table", TableSnapshot] | readonly ["command", ReceiptCommand];

/** The file behind a journalled buffer: commands in the order in which they took effect, each durable before it is answered. */
export class ReceiptJournal {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #frames = new FrameBuffer();
  #bytes = 0;

  constructor(options: { readonly disk: Disk; readonly path: string }) {
    this.#disk = options.disk;
    this.#path = options.path;
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Brings a new table to where the last life left it, and repairs a torn tail. Call once, first.
   *
   * @returns whether there was a journal.
   * @throws {FailStopError} when it is damaged before its end.
   */
  async replay(table: ReceiptTable): Promise<boolean> {
    const path = this.#path;
    const stored = await this.#disk.read(path);
    if (stored === undefined) await this.#disk.write(path, new Uint8Array(0));
    else {
      const { frames, length } = readFrames(stored, path);
      for (const { value } of frames) apply(table, value as Frame);
      if (length < stored.length) await this.#disk.truncate(path, length);
      this.#bytes = length;
    }
    // A killed process may have left its last words in the page cache alone, and what was read is answered as if it were durable.
    await this.#durably("sync", () => this.#disk.sync(path));
    await this.#durably("syncDirectory", () => this.#disk.syncDirectory(directoryOf(path)));
    return stored !== undefined;
  }

  /** Adds a command to the next {@link write}. */
  add(command: ReceiptCommand): void {
    this.#frames.add(["command", command] satisfies Frame);
  }

  /** Makes what was added durable, with one sync. @throws {FailStopError} */
  async write(): Promise<void> {
    if (this.#frames.isEmpty) return;
    const bytes = this.#frames.take();
    await this.#durably("append", async () => {
      await this.#disk.append(this.#path, bytes);
      await this.#disk.sync(this.#path);
    });
    this.#bytes += bytes.length;
  }

  /** Replaces the file by one that says the same at less length. At every moment either of them is whole. @throws {FailStopError} */
  async compact(snapshot: TableSnapshot): Promise<void> {
    const fresh = `${this.#path}.new`;
    const frames = new FrameBuffer();
    frames.add(["table", snapshot] satisfies Frame);
    const bytes = frames.take();
    await this.#durably("compaction", async () => {
      await this.#disk.write(fresh, bytes);
      await this.#disk.sync(fresh);
      await this.#disk.rename(fresh, this.#path);
      await this.#disk.syncDirectory(directoryOf(this.#path));
    });
    this.#bytes = bytes.length;
  }

  /** After a failure nobody knows what the disk holds (fsyncgate): the process must not go on. */
  async #durably(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new FailStopError(
        "The receipt journal could not be made durable; nothing that depends on it may be answered.",
        { file: this.#path, operation: what },
        { cause: error },
      );
    }
  }
}

function apply(table: ReceiptTable, frame: Frame): void {
  if (frame[0] === "table") table.load(frame[1]);
  else table.step(frame[1]);
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
