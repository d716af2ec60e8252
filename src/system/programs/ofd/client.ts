import {
  OfdError,
  type OfdAcceptance,
  type OfdErrorCode,
  type OfdPort,
  type OfdRegistration,
} from "../../components/receipts/ofd-port.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Random } from "../../ports/random.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Transport } from "../../ports/transport.ts";
import type { OfdReply, OfdRequest } from "./protocol.ts";

export interface SimOfdClientOptions {
  readonly server: NodeId;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly random: Random;
  /**
   * Hears the stamp of every answer's sending, as text, before its call settles, and of answers that nobody waits for any more. A program
   * that receives the stamps of all its messages in one place needs none.
   */
  readonly onStamp?: (hlc: string) => void;
  /** First pause after which a request is sent again, doubled up to 1,600 ms, integer ms ≥ 1. Default 200: TCP's shortest on Linux. */
  readonly resendMs?: number;
}

const RESEND_MS_MAX = 1_600;

interface Call {
  readonly key: string;
  resolve(acceptance: OfdAcceptance): void;
  reject(reason: unknown): void;
}

/**
 * {@link OfdPort} by messages to an {@link ofdServer}: what a client on one connection would see of loss and repetition, without the
 * connection. It never knows that the server is away: without an answer a call lasts until its signal aborts, and rejects with the
 * signal's reason; a live client may also know at once (`OFD_UNAVAILABLE`, `OFD_LOST`).
 */
export class SimOfdClient implements OfdPort {
  readonly #options: SimOfdClientOptions;
  readonly #session: string;
  readonly #calls = new Map<number, Call>();
  #nextId = 1;

  constructor(options: SimOfdClientOptions) {
    this.#options = options;
    this.#session = options.random.uint32().toString(16).padStart(8, "0");
    options.transport.subscribe((from, message) => {
      if (from === options.server && message.type === "ofd.reply") this.#receive(message as OfdReply);
    });
  }

  register(
    registration: OfdRegistration,
    { signal, hlc }: { readonly signal: AbortSignal; readonly hlc: string },
  ): Promise<OfdAcceptance> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { key, posId, payload, receiptHlc, fencing } = registration;
      const content = { key, posId, payload, receiptHlc, fencing, hlc };
      const request = { type: "ofd.register" as const, session: this.#session, id: this.#nextId++, ...content };
      const timer = this.#resend({ ...request, isRepeat: true });
      const end = (): void => {
        this.#calls.delete(request.id);
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
      };
      const fail: (reason: unknown) => void = reject;
      const onAbort = (): void => {
        end();
        fail(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#calls.set(request.id, {
        key,
        resolve: (acceptance) => {
          end();
          resolve(acceptance);
        },
        reject: (reason) => {
          end();
          fail(reason);
        },
      });
      const first: OfdRequest = { ...request, isRepeat: false };
      this.#options.transport.send(this.#options.server, first);
    });
  }

  /** Sends the same again and again, until the timer is cancelled. */
  #resend(request: OfdRequest): Timer {
    const { timers, transport, server, resendMs = 200 } = this.#options;
    let pauseMs = resendMs;
    const timer = timers.create("ofd answer", () => {
      transport.send(server, request);
      pauseMs = Math.min(pauseMs * 2, Math.max(resendMs, RESEND_MS_MAX));
      timer.arm(pauseMs);
    });
    timer.arm(pauseMs);
    return timer;
  }

  #receive({ session, id, error, reason, largest, isReplay, acceptedHlc, hlc }: OfdReply): void {
    this.#options.onStamp?.(hlc);
    const call = session === this.#session ? this.#calls.get(id) : undefined;
    if (call === undefined) return;
    if (error === "") call.resolve({ isReplay, hlc: acceptedHlc });
    else call.reject(new OfdError(error as OfdErrorCode, call.key, reason, largest === "" ? {} : { largest }));
  }
}
