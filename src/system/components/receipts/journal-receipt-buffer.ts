import type { Disk } from "../../ports/disk.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { ReceiptBufferSettings } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { ReceiptJournal } from "./receipt-journal.ts";
import { observeChange, observeRecovery, ReceiptTable, type ReceiptChange } from "./receipt-table.ts";
import { TableBuffer } from "./table-buffer.ts";

export interface JournalReceiptBufferOptions extends ReceiptBufferSettings {
  readonly disk: Disk;
  /** The journal's file; `<path>.new` is used too. Nobody else touches either. Default `receipts/journal`. */
  readonly path?: string;
  readonly observer?: Observer;
  /** Length from which the journal is compacted, whenever it has doubled since the last time; integer bytes ≥ 1. Default 1 MiB. */
  readonly compactBytes?: number;
}

/** A call that waits for its turn. `command` is absent when it only looks. */
interface Job {
  readonly command?: ReceiptCommand;
  /** Called when everything before it, and its own command, is durable. */
  done(answer: ReceiptAnswer | undefined): void;
  failed(error: unknown): void;
}

const COMPACT_BYTES = 1_048_576;

/**
 * {@link ReceiptBuffer} in one append-only file of a node's disk. The file holds commands; the table is in memory.
 *
 * Calls that come while a sync runs share the next one. A file that cannot be made durable ends the process, as the Raft log's does: the
 * calls reject with {@link FailStopError}, and so does a promise that nobody handles.
 *
 * @example
 * const buffer = await JournalReceiptBuffer.open({ disk: env.disk, observer: env.observer });
 */
export class JournalReceiptBuffer extends TableBuffer {
  readonly #journal: ReceiptJournal;
  readonly #table: ReceiptTable;
  readonly #observer: Observer;
  readonly #compactBytes: number;
  /** Changes of the batch that is on its way to the disk. */
  #changes: ReceiptChange[] = [];
  #jobs: Job[] = [];
  #isRunning = false;
  #compactFromBytes: number;
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: JournalReceiptBufferOptions) {
    super(options);
    this.#journal = new ReceiptJournal({ disk: options.disk, path: options.path ?? "receipts/journal" });
    this.#observer = options.observer ?? silentObserver;
    this.#compactBytes = options.compactBytes ?? COMPACT_BYTES;
    this.#compactFromBytes = this.#compactBytes;
    this.#table = new ReceiptTable({ onChange: (change) => this.#changes.push(change) });
  }

  /** @throws {FailStopError} when the journal is damaged, or cannot be made durable. {@link FaultlineError} `BUFFER_CONFIG` */
  static async open(options: JournalReceiptBufferOptions): Promise<JournalReceiptBuffer> {
    const buffer = new JournalReceiptBuffer(options);
    await buffer.#open();
    return buffer;
  }

  async #open(): Promise<void> {
    await this.#journal.replay(this.#table);
    this.#changes = [];
    for (const receipt of this.#table.list()) observeRecovery(this.#observer, receipt);
  }

  protected submit(command: ReceiptCommand): Promise<ReceiptAnswer> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ command, done: (answer) => resolve(answer as ReceiptAnswer), failed: reject });
    });
  }

  protected read<T>(look: (table: ReceiptTable) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ done: () => resolve(look(this.#table)), failed: reject });
    });
  }

  #enqueue(job: Job): void {
    if (this.#failure !== undefined) {
      job.failed(this.#failure.error);
      return;
    }
    this.#jobs.push(job);
    if (!this.#isRunning) void this.#run();
  }

  /** One batch after the other. A rejection leaves this promise unhandled and ends the process. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#jobs.length > 0) {
      const jobs = this.#jobs;
      this.#jobs = [];
      try {
        const answers = jobs.map(({ command }) => (command === undefined ? undefined : this.#step(command)));
        await this.#journal.write();
        this.#finish(jobs, answers);
        if (this.#journal.bytes >= this.#compactFromBytes) await this.#compact();
      } catch (error) {
        this.#failure = { error };
        for (const job of [...jobs, ...this.#jobs]) job.failed(error);
        throw error;
      }
    }
    this.#isRunning = false;
  }

  /** What had no effect needs no place in the journal, and would only be repeated from it. */
  #step(command: ReceiptCommand): ReceiptAnswer {
    const before = this.#table.version;
    const answer = this.#table.step(command);
    if (this.#table.version !== before) this.#journal.add(command);
    return answer;
  }

  #finish(jobs: readonly Job[], answers: readonly (ReceiptAnswer | undefined)[]): void {
    for (const change of this.#changes) observeChange(this.#observer, change);
    this.#changes = [];
    for (const [i, job] of jobs.entries()) job.done(answers[i]);
  }

  async #compact(): Promise<void> {
    await this.#journal.compact(this.#table.snapshot());
    const doubled = 2 * this.#journal.bytes;
    this.#compactFromBytes = doubled > this.#compactBytes ? doubled : this.#compactBytes;
  }
}
