import type { Socket } from "node:net";
import type { Message } from "../ports/transport.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import type { TcpCounters, TcpLimits } from "./tcp-limits.ts";

/** The first frame in each direction: who speaks, and whom it believes it speaks to. */
export interface Hello {
  readonly faultline: 1;
  readonly from: string;
  readonly to: string;
}

export function isHello(value: unknown): value is Hello {
  const hello = value as Partial<Hello> | null;
  return (
    typeof hello === "object" &&
    hello?.faultline === 1 &&
    typeof hello.from === "string" &&
    typeof hello.to === "string"
  );
}

function isMessage(value: unknown): value is Message {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    typeof (value as Partial<Message>).type === "string"
  );
}

/**
 * One TCP connection that speaks frames: greets, then carries messages.
 *
 * What cannot be a frame, a greeting or a message ends the connection and is counted; it is never passed on.
 */
export class TcpSocket {
  readonly #socket: Socket;
  readonly #limits: TcpLimits;
  readonly #counters: TcpCounters;
  readonly #reader: FrameReader;
  #isGreeted = false;
  #deadline: NodeJS.Timeout | undefined;

  /**
   * @param onHello    Judges the other side's greeting; `false` ends the connection.
   * @param onMessage  Gets each message, once, in the order in which they were sent.
   * @param onClose    Runs once, when the connection has ended for whatever reason.
   */
  constructor(options: {
    socket: Socket;
    limits: TcpLimits;
    counters: TcpCounters;
    onHello: (hello: Hello) => boolean;
    onMessage: (message: Message) => void;
    onClose: () => void;
  }) {
    this.#socket = options.socket;
    this.#limits = options.limits;
    this.#counters = options.counters;
    this.#reader = new FrameReader(options.limits.frameBytesMax);
    const { socket } = options;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk, options));
    socket.on("drain", () => this.#expectNothing());
    // The reason is the network's; what matters is that the connection is gone, which "close" says.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#expectNothing();
      options.onClose();
    });
    this.#expect(options.limits.handshakeMs);
  }

  greet(hello: Omit<Hello, "faultline">): void {
    this.#socket.write(encodeFrame(JSON.stringify({ faultline: 1, ...hello } satisfies Hello)));
  }

  /** Sends one frame; drops and counts it when the other side has stopped reading. */
  write(frame: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableLength + frame.length > this.#limits.bufferBytesMax) {
      this.#counters.droppedQueueFull++;
      return;
    }
    this.#counters.sent++;
    if (!this.#socket.write(frame) && this.#deadline === undefined) this.#expect(this.#limits.stallMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer, options: { onHello: (hello: Hello) => boolean; onMessage: (message: Message) => void }): void {
    try {
      for (const value of this.#reader.push(chunk)) {
        if (this.#socket.destroyed) return;
        if (this.#isGreeted ? !isMessage(value) : !isHello(value)) return this.#refuse();
        if (this.#isGreeted) {
          options.onMessage(value as Message);
        } else {
          // First of all: what `onHello` writes may itself set a deadline.
          this.#expectNothing();
          this.#isGreeted = true;
          if (!options.onHello(value as Hello)) return this.#refuse();
        }
      }
    } catch {
      this.#refuse();
    }
  }

  #refuse(): void {
    this.#counters.refused++;
    this.#socket.destroy();
  }

  /** Ends the connection unless what is waited for (a greeting, an emptied buffer) comes in time. */
  #expect(ms: number): void {
    this.#deadline = setTimeout(() => this.#socket.destroy(), ms);
  }

  #expectNothing(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}
