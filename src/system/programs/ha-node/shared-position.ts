import type { NodeId } from "../../ports/node.ts";
import type { Message, Transport } from "../../ports/transport.ts";
import { parsePosition, type Position } from "../../components/replication/position.ts";
import type { Ack } from "../../components/replication/replication-messages.ts";

/** How much of a primary's chain another node has too, by what replicas acknowledge. */
export class SharedPosition {
  #epoch = 0;
  #position: Position | undefined;

  constructor(transport: Transport, peers: readonly NodeId[]) {
    transport.subscribe((from, message) => {
      if (message.type === "repl.ack" && peers.includes(from)) this.#onAck(message);
    });
  }

  /** `undefined` when nobody has acknowledged anything of the leadership of `epoch`. */
  of(epoch: number): Position | undefined {
    return epoch === this.#epoch ? this.#position : undefined;
  }

  #onAck(message: Message): void {
    const { epoch, position: text } = message as Ack;
    if (epoch < this.#epoch) return;
    const position = parsePosition(text);
    if (epoch === this.#epoch && this.#position !== undefined && position.txid <= this.#position.txid) return;
    this.#epoch = epoch;
    this.#position = position;
  }
}
