import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { HlcClock } from "../hlc/hlc-clock.ts";
import { decodeStamp, encodeStamp } from "../hlc/stamp.ts";
import { LateReceiptError, type ReceiptBuffer } from "./receipt-buffer.ts";
import type { Receipt } from "./receipt.ts";

export interface ReceiptDeskOptions {
  /** The till: receipts of one till are stamped, stored and sent in one order. */
  readonly posId: NodeId;
  readonly hlc: HlcClock;
  readonly buffer: ReceiptBuffer;
  readonly observer: Observer;
}

/** Stamps that one receipt may take: each is above all that the buffer had when it refused the one before. */
const STAMPS_MAX = 8;

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
   * @throws {BufferFullError} {@link ReceiptConflictError} {@link BufferUnavailableError}; {@link HlcOffsetError} when the buffer has a
   * receipt of this till from further ahead than its clock believes.
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
    for (let stamps = 1; ; stamps++) {
      const stamp = encodeStamp(await hlc.nowWhenDurable());
      try {
        const { receipt } = await buffer.insert({ id, posId, hlc: stamp, payload });
        observer.point("receipt.create", { id, pos: posId, hlc: receipt.hlc });
        return receipt;
      } catch (error) {
        if (!(error instanceof LateReceiptError) || stamps === STAMPS_MAX) throw error;
        // One that was given up came in after all, or this clock lost its bound: the next stamp lies above what the buffer has.
        await hlc.receiveWhenDurable(decodeStamp(error.last));
      }
    }
  }
}
