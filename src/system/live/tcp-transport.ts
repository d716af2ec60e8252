import { createServer, isIPv6, type AddressInfo, type Server, type Socket } from "node:net";
import { FaultlineError } from "../ports/errors.ts";
import { nodeId, type NodeId } from "../ports/node.ts";
import type { Message, MessageHandler, Transport } from "../ports/transport.ts";
import { encodeFrame } from "./frames.ts";
import { encodePlain } from "./plain-json.ts";
import { TCP_LIMITS, type TcpCounters, type TcpLimits } from "./tcp-limits.ts";
import { TcpLink, type Address } from "./tcp-link.ts";
import { TcpSocket } from "./tcp-socket.ts";

export interface TcpTransportOptions {
  readonly id: NodeId;
  /** `host:port` to listen on; port 0 lets the system choose. */
  readonly listen: string;
  /** Where the others listen, id → `host:port`. One that is missing here can be answered while it keeps a connection to us. */
  readonly peers?: Readonly<Record<string, string>>;
  readonly limits?: Partial<TcpLimits>;
}

/**
 * {@link Transport} over TCP: frames with a length and a checksum, one outgoing connection for each peer.
 *
 * TCP brings order, the port promises none: a connection that breaks loses what was under way, and nothing is sent again.
 *
 * @remarks Peers are believed when they say who they are. Use it on a network where that holds.
 */
export class TcpTransport implements Transport {
  readonly id: NodeId;
  readonly #limits: TcpLimits;
  readonly #counters: TcpCounters = {
    sent: 0,
    delivered: 0,
    droppedAway: 0,
    droppedQueueFull: 0,
    droppedUnknown: 0,
    droppedTooLong: 0,
    refused: 0,
  };
  readonly #server: Server;
  readonly #links = new Map<string, TcpLink>();
  /** Connections that others made to us. The last one of each id carries answers to an id that has no address. */
  readonly #accepted = new Set<TcpSocket>();
  readonly #callers = new Map<string, TcpSocket>();
  #handlers: readonly { readonly handler: MessageHandler }[] = [];
  #address = "";
  #isClosed = false;

  private constructor(options: TcpTransportOptions) {
    this.id = options.id;
    this.#limits = { ...TCP_LIMITS, ...options.limits };
    this.#server = createServer((socket) => this.#onConnection(socket));
    for (const [peer, address] of Object.entries(options.peers ?? {})) this.setAddress(nodeId(peer), address);
  }

  /**
   * Listens, then resolves.
   *
   * @throws {FaultlineError} `TRANSPORT_ADDRESS` for an address that is none, `TRANSPORT_LISTEN` when it cannot listen there.
   */
  static async listen(options: TcpTransportOptions): Promise<TcpTransport> {
    const transport = new TcpTransport(options);
    const { host, port } = parseAddress(options.listen);
    await new Promise<void>((resolve, reject) => {
      transport.#server.once("error", (error) => {
        reject(
          new FaultlineError(
            "TRANSPORT_LISTEN",
            `Node ${options.id} cannot listen on ${options.listen}.`,
            { listen: options.listen },
            { cause: error },
          ),
        );
      });
      transport.#server.listen({ host, port }, resolve);
    });
    const place = transport.#server.address() as AddressInfo;
    transport.#address = `${isIPv6(place.address) ? `[${place.address}]` : place.address}:${String(place.port)}`;
    // Out of file descriptors while accepting: the caller sees a closed connection and comes again.
    transport.#server.on("error", () => undefined);
    return transport;
  }

  /** `host:port` it listens on. */
  get address(): string {
    return this.#address;
  }

  get counters(): Readonly<TcpCounters> {
    return this.#counters;
  }

  /** Where a peer listens from now on. */
  setAddress(peer: NodeId, address: string): void {
    const place = parseAddress(address);
    const known = this.#links.get(peer);
    if (known !== undefined) {
      known.moveTo(place);
      return;
    }
    const link = new TcpLink({
      own: this.id,
      peer,
      address: place,
      limits: this.#limits,
      counters: this.#counters,
      onMessage: (message) => this.#deliver(peer, message),
    });
    this.#links.set(peer, link);
  }

  /** @throws {FaultlineError} `MESSAGE_NOT_PLAIN` for content that would not arrive as it was sent. */
  send(to: NodeId, message: Message): void {
    const json = encodePlain(message);
    if (this.#isClosed) return;
    if (to === this.id) {
      this.#counters.sent++;
      this.#deliver(to, JSON.parse(json) as Message);
      return;
    }
    const way = this.#links.get(to) ?? this.#callers.get(to);
    if (way === undefined) {
      this.#counters.droppedUnknown++;
      return;
    }
    const frame = encodeFrame(json);
    if (frame.length > this.#limits.frameBytesMax) this.#counters.droppedTooLong++;
    else if (way instanceof TcpLink) way.send(frame);
    else way.write(frame);
  }

  subscribe(handler: MessageHandler): () => void {
    // An object of its own: the same function may subscribe twice.
    const entry = { handler };
    this.#handlers = [...this.#handlers, entry];
    return () => {
      this.#handlers = this.#handlers.filter((other) => other !== entry);
    };
  }

  /** Stops listening and ends every connection. Nothing is delivered after the call. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
    for (const socket of this.#accepted) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  // Each message in a turn of its own, so that the promises of one are settled before the next, as in the simulator.
  #deliver(from: NodeId, message: Message): void {
    setImmediate(() => {
      if (this.#isClosed) return;
      this.#counters.delivered++;
      for (const { handler } of this.#handlers) handler(from, message);
    });
  }

  #onConnection(raw: Socket): void {
    let from: NodeId | undefined;
    const socket: TcpSocket = new TcpSocket({
      socket: raw,
      limits: this.#limits,
      counters: this.#counters,
      onHello: (hello) => {
        if (hello.to !== this.id || hello.from === this.id) return false;
        from = nodeId(hello.from);
        this.#callers.set(from, socket);
        socket.greet({ from: this.id, to: from });
        return true;
      },
      onMessage: (message) => this.#deliver(from as NodeId, message),
      onClose: () => {
        this.#accepted.delete(socket);
        if (from !== undefined && this.#callers.get(from) === socket) this.#callers.delete(from);
      },
    });
    this.#accepted.add(socket);
  }
}

/**
 * Reads `host:port`; an IPv6 host stands in brackets.
 *
 * @throws {FaultlineError} `TRANSPORT_ADDRESS`.
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new FaultlineError(
      "TRANSPORT_ADDRESS",
      `"${text}" is not an address; expected host:port, as in 127.0.0.1:7001.`,
      { got: text },
    );
  }
  return { host, port };
}
