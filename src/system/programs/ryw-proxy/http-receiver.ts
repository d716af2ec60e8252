import type { NodeId } from "../../ports/node.ts";
import type { Transport } from "../../ports/transport.ts";
import type { HttpHeader, HttpHop, HttpRequest, HttpResponse } from "./protocol.ts";

/** An answer, without what names the request. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly HttpHeader[];
  readonly body: string;
}

/** The last request of one asker, and what it was answered. */
interface Last {
  readonly id: number;
  response: HttpResponse | undefined;
}

const ASKERS_MAX = 1_024;

/** Receives requests of these hops by messages: each is handled once, and answered again when it comes again. */
export class HttpReceiver {
  readonly #transport: Transport;
  readonly #hops: readonly HttpHop[];
  readonly #handle: (request: HttpRequest, from: NodeId) => Promise<HttpAnswer>;
  readonly #last = new Map<string, Last>();

  constructor(options: {
    readonly transport: Transport;
    readonly hops: readonly HttpHop[];
    readonly handle: (request: HttpRequest, from: NodeId) => Promise<HttpAnswer>;
  }) {
    this.#transport = options.transport;
    this.#hops = options.hops;
    this.#handle = options.handle;
    options.transport.subscribe((from, message) => {
      if (message.type === "http.request") void this.#receive(from, message as HttpRequest);
    });
  }

  async #receive(from: NodeId, request: HttpRequest): Promise<void> {
    const { hop, session, id } = request;
    if (!this.#hops.includes(hop)) return;
    const asker = `${from}/${hop}/${session}`;
    const known = this.#last.get(asker);
    if (known !== undefined && known.id >= id) {
      // One that is older nobody waits for any more.
      if (known.id === id && known.response !== undefined) this.#transport.send(from, known.response);
      return;
    }
    const last: Last = { id, response: undefined };
    this.#last.set(asker, last);
    if (this.#last.size > ASKERS_MAX) this.#last.delete(this.#last.keys().next().value as string);
    const answer = await this.#handle(request, from);
    last.response = { type: "http.response", hop, session, id, ...answer };
    this.#transport.send(from, last.response);
  }
}
