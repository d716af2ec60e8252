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
    const stamp = message["hlc"];
    const hlc = typeof stamp === "string" ? this.#hlc : undefined;
    // Received when it arrives, also behind others that are not heard yet: their order is the handlers', not the clock's.
    const heard = hlc === undefined ? "received" : tryReceive(hlc, stamp as string);
    if (heard === "refused") return;
    if (heard === "received" && this.#last === undefined) {
      this.#deliver(from, message);
      return;
    }
    const wait = heard === "held" ? hlc?.receiveWhenDurable(decodeStamp(stamp as string)) : undefined;
    const last = this.#hearLater(this.#last, wait, () => {
      this.#deliver(from, message);
    }).finally(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
  }

  async #hearLater(
    before: Promise<void> | undefined,
    received: Promise<unknown> | undefined,
    deliver: () => void,
  ): Promise<void> {
    const isReceived = received?.then(
      () => true,
      // What the clock or its disk refuses is not heard; the clock records it.
      () => false,
    );
    await before;
    if ((await isReceived) !== false) deliver();
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
