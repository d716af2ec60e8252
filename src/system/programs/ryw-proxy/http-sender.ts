import type { NodeId } from "../../ports/node.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message, Transport } from "../../ports/transport.ts";
import type { HttpRequest, HttpResponse } from "./protocol.ts";

const RESEND_MS = 200;
const RESEND_MS_MAX = 1_600;

/** Sends requests by messages: what one on a connection would see of loss and repetition, without the connection. */
export class HttpSender {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #self: NodeId;
  readonly #open = new Map<string, (response: HttpResponse) => void>();

  constructor(options: { readonly transport: Transport; readonly timers: Timers; readonly id: NodeId }) {
    this.#transport = options.transport;
    this.#timers = options.timers;
    this.#self = options.id;
    options.transport.subscribe((from, message: Message) => {
      if (message.type !== "http.response") return;
      const response = message as HttpResponse;
      this.#open.get(nameOf(from, response))?.(response);
    });
  }

  /** Asks until it is answered. @throws the signal's reason when it aborts before. */
  send(to: NodeId, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const name = nameOf(to, request);
      const timer = this.#resend(to, request);
      const end = (): void => {
        this.#open.delete(name);
        timer?.cancel();
        signal.removeEventListener("abort", onAbort);
      };
      const fail: (reason: unknown) => void = reject;
      const onAbort = (): void => {
        end();
        fail(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#open.set(name, (response) => {
        end();
        resolve(response);
      });
      this.#transport.send(to, request);
    });
  }

  /** A node hears itself: nothing is sent there twice. */
  #resend(to: NodeId, request: HttpRequest): Timer | undefined {
    if (to === this.#self) return undefined;
    let pauseMs = RESEND_MS;
    const timer = this.#timers.create("http answer", () => {
      this.#transport.send(to, request);
      pauseMs = Math.min(2 * pauseMs, RESEND_MS_MAX);
      timer.arm(pauseMs);
    });
    timer.arm(pauseMs);
    return timer;
  }
}

function nameOf(peer: NodeId, { hop, session, id }: HttpRequest | HttpResponse): string {
  return `${peer}/${hop}/${session}/${String(id)}`;
}
