import type { HlcClock } from "../components/hlc/hlc-clock.ts";
import { HlcBoundError } from "../components/hlc/hlc-errors.ts";
import { decodeStamp } from "../components/hlc/stamp.ts";
import type { NodeId } from "../ports/node.ts";
import type { Message, MessageHandler, Transport } from "../ports/transport.ts";

/**
 * A transport on which a message is heard only when the node's hybrid clock has received its stamp (the field `hlc`): whatever the
 * message leads to is stamped after it. Messages wait for one another, so that they are heard in the order in which they came; one whose
 * stamp the clock refuses (too far ahead, or no stamp at all) is not heard.
 *
 * Until {@link StampedTransport.connect} everything is heard at once.
 */
export class StampedTransport implements Transport {
  readonly #inner: Transport;
  readonly #handlers: MessageHandler[] = [];
  #hlc: HlcClock | undefined;
  /** The end of the queue behind a stamp that waits for the clock's bound; `undefined` when nothing waits. */
  #last: Promise<void> | undefined;

  constructor(inner: Transport) {
    this.#inner = inner;
    inner.subscribe((from, message) => this.#receive(from, message));
  }

  /** Stamps are received by this clock from now on. */
  connect(hlc: HlcClock): void {
    this.#hlc = hlc;
  }

  send(to: NodeId, message: Message): void {
    this.#inner.send(to, message);
  }

  subscribe(handler: MessageHandler): () => void {
    this.#handlers.push(handler);
    return () => {
      const at = this.#handlers.indexOf(handler);
      if (at >= 0) this.#handlers.splice(at, 1);
    };
  }

  #receive(from: NodeId, message: Message): void {
    const hlc = this.#hlc;
    const stamp = message["hlc"];
    if (this.#last === undefined) {
      if (hlc === undefined || typeof stamp !== "string") return this.#deliver(from, message);
      const heard = tryReceive(hlc, stamp);
      if (heard === "refused") return;
      if (heard === "received") return this.#deliver(from, message);
    }
    const last = this.#hearLater(this.#last, from, message).finally(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
  }

  async #hearLater(before: Promise<void> | undefined, from: NodeId, message: Message): Promise<void> {
    await before;
    const stamp = message["hlc"];
    try {
      if (typeof stamp === "string") await this.#hlc?.receiveWhenDurable(decodeStamp(stamp));
    } catch {
      // What the clock or its disk refuses is not heard; the clock records it.
      return;
    }
    this.#deliver(from, message);
  }

  #deliver(from: NodeId, message: Message): void {
    for (const handler of [...this.#handlers]) handler(from, message);
  }
}

function tryReceive(hlc: HlcClock, stamp: string): "received" | "refused" | "held" {
  try {
    hlc.receive(decodeStamp(stamp));
    return "received";
  } catch (error) {
    return error instanceof HlcBoundError ? "held" : "refused";
  }
}
