import type { ClaimRequest, ReceiptBuffer, ReceiptBufferSettings, Settlement } from "./receipt-buffer.ts";
import {
  checkCapacity,
  claimCommand,
  epochCommand,
  expectAnswer,
  insertCommand,
  settleCommand,
  type ReceiptAnswer,
  type ReceiptCommand,
} from "./receipt-command.ts";
import type { NewReceipt, Receipt, ReceiptCounts } from "./receipt.ts";

/** A {@link ReceiptBuffer} whose every change is a {@link ReceiptCommand}: what is left to a subclass is how it becomes durable. */
export abstract class CommandBuffer implements ReceiptBuffer {
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

  /** The epoch of a lock server: 1 for the first one ever named, one more for each new one, the same from then on. Durable when it resolves. */
  async epochOf(serverId: string): Promise<number> {
    return expectAnswer(await this.submit(epochCommand(serverId)), "epoch").epoch;
  }

  abstract counts(): Promise<ReceiptCounts>;
  abstract list(): Promise<readonly Receipt[]>;

  /** Has a command take effect; resolves when it is durable. */
  protected abstract submit(command: ReceiptCommand): Promise<ReceiptAnswer>;
}
