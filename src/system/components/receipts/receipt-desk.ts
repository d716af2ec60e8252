import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { HlcClock } from "../hlc/hlc-clock.ts";
import { encodeStamp } from "../hlc/stamp.ts";
import { LateReceiptError, type ReceiptBuffer } from "./receipt-buffer.ts";
import type { Receipt } from "./receipt.ts";

export interface ReceiptDeskOptions {
  /** The till: receipts of one till are stamped, stored and sent in one order. */
  readonly posId: NodeId;
  readonly hlc: HlcClock;
  readonly buffer: ReceiptBuffer;
  readonly observer: Observer;
}

/**
 * Phase 1 of a receipt: stamps it and stores it, one after the other, whatever the network does beyond the buffer.
 *
 * @example
 * const desk = new ReceiptDesk({ posId: env.id, hlc, buffer, observer: env.observer });
 * const receipt = await desk.create("pos-1:000017", JSON.stringify(sale));
 */
export class ReceiptDesk {
  readonly #options: ReceiptDeskOptions;
  /** Receipts that are being stored: whoever asks for one again waits for the same. */
  readonly #underWay = new Map<string, { readonly payload: string; readonly created: Promise<Receipt> }>();
  /** The end of the queue: a receipt is stamped when all before it are stored. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiptDeskOptions) {
    this.#options = options;
  }

  /**
   * Stores a receipt, once for one id: asked again, it gives what is stored.
   *
   * @param id  Names the receipt, see `NewReceipt`.
   * @throws {BufferFullError} {@link ReceiptConflictError} {@link BufferUnavailableError}
   */
  create(id: string, payload: string): Promise<Receipt> {
    const same = this.#underWay.get(id);
    if (same?.payload === payload) return same.created;
    const created = this.#last.then(() => this.#create(id, payload));
    this.#last = created.catch(() => undefined);
    this.#underWay.set(id, { payload, created });
    const done = (): void => {
      if (this.#underWay.get(id)?.created === created) this.#underWay.delete(id);
    };
    created.then(done, done);
    return created;
  }

  async #create(id: string, payload: string): Promise<Receipt> {
    const { posId, hlc, buffer, observer } = this.#options;
    for (;;) {
      const stamp = encodeStamp(await hlc.nowWhenDurable());
      try {
        const { receipt } = await buffer.insert({ id, posId, hlc: stamp, payload });
        observer.point("receipt.create", { id, pos: posId, hlc: receipt.hlc });
        return receipt;
      } catch (error) {
        // One that was given up came in after all, with a later stamp: this one takes a new stamp.
        if (!(error instanceof LateReceiptError)) throw error;
      }
    }
  }
}
