import { CommandBuffer } from "./command-buffer.ts";
import type { ReceiptTable } from "./receipt-table.ts";
import type { Receipt, ReceiptCounts } from "./receipt.ts";

/** A {@link CommandBuffer} whose state is a {@link ReceiptTable} in memory. */
export abstract class TableBuffer extends CommandBuffer {
  async counts(): Promise<ReceiptCounts> {
    return this.read((table) => table.counts());
  }

  async list(): Promise<readonly Receipt[]> {
    return this.read((table) => table.list());
  }

  /** Looks at the table when it holds nothing that could still be lost. */
  protected abstract read<T>(look: (table: ReceiptTable) => T): Promise<T>;
}
