import { silentObserver, type Observer } from "../../ports/observer.ts";
import { SqlError, type SqlEngine } from "../../ports/sql-engine.ts";
import { CommandBuffer } from "./command-buffer.ts";
import { BufferUnavailableError, type ReceiptBufferSettings } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { createSchema } from "./receipt-schema.ts";
import { observeChange, observeRecovery } from "./receipt-table.ts";
import type { Receipt, ReceiptCounts } from "./receipt.ts";
import { SqliteReceipts } from "./sqlite-receipts.ts";

export interface SqliteReceiptBufferOptions extends ReceiptBufferSettings {
  /** The caller's, who closes it. The tables are made where they are missing. */
  readonly engine: SqlEngine;
  readonly observer?: Observer;
}

/**
 * {@link ReceiptBuffer} in a SQLite database, for a till on a real machine: each call is one `BEGIN IMMEDIATE … COMMIT`, durable when it
 * resolves. The database may have other tables.
 *
 * @example
 * const buffer = SqliteReceiptBuffer.open({ engine: await openWasmSqlite("/var/lib/pos/receipts.db") });
 */
export class SqliteReceiptBuffer extends CommandBuffer {
  readonly #engine: SqlEngine;
  readonly #receipts: SqliteReceipts;
  readonly #observer: Observer;

  private constructor(options: SqliteReceiptBufferOptions) {
    super(options);
    this.#engine = options.engine;
    this.#receipts = new SqliteReceipts(options.engine);
    this.#observer = options.observer ?? silentObserver;
  }

  /** @throws {SqlError} {@link FaultlineError} `BUFFER_VERSION`, `BUFFER_CONFIG` */
  static open(options: SqliteReceiptBufferOptions): SqliteReceiptBuffer {
    const buffer = new SqliteReceiptBuffer(options);
    createSchema(options.engine);
    if (options.observer !== undefined)
      for (const receipt of buffer.#receipts.list()) observeRecovery(options.observer, receipt);
    return buffer;
  }

  async counts(): Promise<ReceiptCounts> {
    return this.#ask(() => this.#receipts.counts());
  }

  async list(): Promise<readonly Receipt[]> {
    return this.#ask(() => this.#receipts.list());
  }

  protected async submit(command: ReceiptCommand): Promise<ReceiptAnswer> {
    const { answer, changes } = this.#ask((stepped) =>
      this.#engine.transaction(() => {
        const step = this.#receipts.step(command);
        stepped();
        return step;
      }),
    );
    for (const change of changes) observeChange(this.#observer, change);
    return answer;
  }

  /** A statement that failed was rolled back; what a commit that failed left is not known. */
  #ask<T>(work: (stepped: () => void) => T): T {
    let isCommitting = false;
    try {
      return work(() => {
        isCommitting = true;
      });
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw new BufferUnavailableError(error.message, !isCommitting, { cause: error });
    }
  }
}
