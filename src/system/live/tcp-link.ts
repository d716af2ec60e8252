import { randomInt } from "node:crypto";
import { connect } from "node:net";
import type { NodeId } from "../ports/node.ts";
import type { Message } from "../ports/transport.ts";
import type { TcpCounters, TcpLimits } from "./tcp-limits.ts";
import { TcpSocket } from "./tcp-socket.ts";

/** Where a node listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * The way to one peer: one connection, made when there is something to send and made again, with growing pauses, while there is.
 */
export class TcpLink {
  readonly #own: NodeId;
  readonly #peer: NodeId;
  readonly #limits: TcpLimits;
  readonly #counters: TcpCounters;
  readonly #onMessage: (message: Message) => void;
  #address: Address;
  #socket: TcpSocket | undefined;
  #isOpen = false;
  #isClosed = false;
  #queue: { readonly frame: Buffer; readonly at: number }[] = [];
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: {
    own: NodeId;
    peer: NodeId;
    address: Address;
    limits: TcpLimits;
    counters: TcpCounters;
    onMessage: (message: Message) => void;
  }) {
    this.#own = options.own;
    this.#peer = options.peer;
    this.#address = options.address;
    this.#limits = options.limits;
    this.#counters = options.counters;
    this.#onMessage = options.onMessage;
  }

  /** The peer listens somewhere else from now on. */
  moveTo(address: Address): void {
    if (address.host === this.#address.host && address.port === this.#address.port) return;
    this.#address = address;
    this.#failures = 0;
    this.#socket?.destroy();
  }

  send(frame: Buffer): void {
    if (this.#isClosed) return;
    if (this.#isOpen && this.#socket !== undefined) {
      this.#socket.write(frame);
      return;
    }
    this.#queue.push({ frame, at: performance.now() });
    if (this.#queue.length > this.#limits.queueMax) {
      this.#queue.shift();
      this.#counters.droppedQueueFull++;
    }
    if (this.#socket === undefined && this.#retry === undefined) this.#dial();
  }

  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#socket?.destroy();
  }

  #dial(): void {
    const socket = new TcpSocket({
      socket: connect({ host: this.#address.host, port: this.#address.port }),
      limits: this.#limits,
      counters: this.#counters,
      onHello: (hello) => {
        if (hello.from !== this.#peer || hello.to !== this.#own) return false;
        this.#onOpen();
        return true;
      },
      onMessage: this.#onMessage,
      onClose: () => this.#onClose(),
    });
    this.#socket = socket;
    socket.greet({ from: this.#own, to: this.#peer });
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#failures = 0;
    this.#dropOld();
    const waiting = this.#queue;
    this.#queue = [];
    for (const { frame } of waiting) this.#socket?.write(frame);
  }

  #onClose(): void {
    const wasOpen = this.#isOpen;
    this.#socket = undefined;
    this.#isOpen = false;
    if (this.#isClosed) return;
    this.#dropOld();
    // A peer that restarted is back at once more often than not, so the first attempt after a good connection does not wait long.
    const pauseMs = Math.min(
      this.#limits.backoffMsMin * (1 << Math.min(this.#failures, 16)),
      this.#limits.backoffMsMax,
    );
    if (!wasOpen) this.#failures++;
    this.#retry = setTimeout(() => this.#onRetry(), pauseMs - randomInt((pauseMs >> 1) + 1));
  }

  #onRetry(): void {
    this.#retry = undefined;
    this.#dropOld();
    if (this.#queue.length > 0) this.#dial();
  }

  #dropOld(): void {
    const oldest = performance.now() - this.#limits.queueMsMax;
    const kept = this.#queue.filter(({ at }) => at >= oldest);
    this.#counters.droppedAway += this.#queue.length - kept.length;
    this.#queue = kept;
  }
}
