import type { NodeId } from "../../system/ports/node.ts";
import type { Message, MessageHandler, Transport } from "../../system/ports/transport.ts";

/** Where a {@link SimTransport} hands its messages in. */
export interface Carrier {
  send(from: number, to: number, toName: string, message: Message): void;
  /** Index of a node by its name, −1 for none. */
  indexOf(name: string): number;
}

/** One call of `subscribe`: the same handler may be there twice. */
interface Subscription {
  readonly handler: MessageHandler;
}

/** {@link Transport} of one incarnation whose every delivery is an event of virtual time. */
export class SimTransport implements Transport {
  readonly #network: Carrier;
  readonly #self: number;
  #subscriptions: readonly Subscription[] = [];
  #isOpen = true;

  constructor(options: { network: Carrier; self: number }) {
    this.#network = options.network;
    this.#self = options.self;
  }

  send(to: NodeId, message: Message): void {
    if (this.#isOpen) this.#network.send(this.#self, this.#network.indexOf(to), to, message);
  }

  subscribe(handler: MessageHandler): () => void {
    // A new array each time: a handler may subscribe or end while a message is being handed out.
    const own: Subscription = { handler };
    this.#subscriptions = [...this.#subscriptions, own];
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== own);
    };
  }

  /** Hands a message to the program; called inside the node's event. */
  deliver(from: NodeId, message: Message): void {
    const subscriptions = this.#subscriptions;
    for (let i = 0; i < subscriptions.length && this.#isOpen; i++) {
      (subscriptions[i] as Subscription).handler(from, message);
    }
  }

  /** The process ended: nothing more goes out or comes in. */
  close(): void {
    this.#isOpen = false;
    this.#subscriptions = [];
  }
}
