import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { ReceiptBufferSettings } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { observeChange, ReceiptTable } from "./receipt-table.ts";
import { TableBuffer } from "./table-buffer.ts";

/** Receipts in memory: for tests, and for a simulation in which nothing is to be restarted. A crash loses all of them. */
export class MemoryReceiptBuffer extends TableBuffer {
  readonly #table: ReceiptTable;

  constructor(options: ReceiptBufferSettings & { readonly observer?: Observer } = {}) {
    super(options);
    const { observer = silentObserver } = options;
    this.#table = new ReceiptTable({
      onChange: (change) => {
        observeChange(observer, change);
      },
    });
  }

  protected submit(command: ReceiptCommand): Promise<ReceiptAnswer> {
    return Promise.resolve(this.#table.step(command));
  }

  protected read<T>(look: (table: ReceiptTable) => T): Promise<T> {
    return Promise.resolve(look(this.#table));
  }
}
