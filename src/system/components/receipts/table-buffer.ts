import type { ClaimRequest, ReceiptBuffer, ReceiptBufferSettings, Settlement } from "./receipt-buffer.ts";
import {
  checkCapacity,
  claimCommand,
  expectAnswer,
  insertCommand,
  settleCommand,
  type ReceiptAnswer,
  type ReceiptCommand,
} from "./receipt-command.ts";
import type { ReceiptTable } from "./receipt-table.ts";
import type { NewReceipt, Receipt, ReceiptCounts } from "./receipt.ts";

/** A {@link ReceiptBuffer} whose state is a {@link ReceiptTable}: what is left to a subclass is when a command is durable. */
export abstract class TableBuffer implements ReceiptBuffer {
  readonly #capacity: number;

  /** @throws {FaultlineError} `BUFFER_CONFIG` */
  constructor({ capacity }: ReceiptBufferSettings) {
    this.#capacity = checkCapacity(capacity);
  }

  async insert(receipt: NewReceipt): Promise<{ readonly receipt: Receipt; readonly isNew: boolean }> {
    const answer = expectAnswer(await this.submit(insertCommand(receipt, this.#capacity)), "inserted");
    return { receipt: answer.receipt, isNew: answer.isNew };
  }

  async claim(request: ClaimRequest): Promise<readonly Receipt[]> {
    return expectAnswer(await this.submit(claimCommand(request)), "claimed").receipts;
  }

  async settle(id: string, claim: bigint, how: Settlement): Promise<boolean> {
    return expectAnswer(await this.submit(settleCommand(id, claim, how)), "settled").isDone;
  }

  /** The epoch of a lock server: 1 for the first one ever named, one more for each new one, the same for ever. Durable when it resolves. */
  async epochOf(serverId: string): Promise<number> {
    return expectAnswer(await this.submit({ op: "epoch", serverId }), "epoch").epoch;
  }

  async counts(): Promise<ReceiptCounts> {
    return this.read((table) => table.counts());
  }

  async list(): Promise<readonly Receipt[]> {
    return this.read((table) => table.list());
  }

  /** Has a command take effect; resolves when it is durable. */
  protected abstract submit(command: ReceiptCommand): Promise<ReceiptAnswer>;
  /** Looks at the table when it holds nothing that could still be lost. */
  protected abstract read<T>(look: (table: ReceiptTable) => T): Promise<T>;
}
