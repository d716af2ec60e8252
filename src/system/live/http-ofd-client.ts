import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { TLSSocket } from "node:tls";
import {
  OfdError,
  type OfdAcceptance,
  type OfdErrorCode,
  type OfdPort,
  type OfdRegistration,
} from "../components/receipts/ofd-port.ts";

export interface HttpOfdClientOptions {
  /** Where the OFD is, `http:` or `https:`, without the path `/receipts`. */
  readonly url: string;
  /** Hears the stamp of each answer's sending (`X-Hlc`), as text, before its call settles: a hybrid clock receives it. */
  readonly onStamp?: (hlc: string) => void;
  /** Connections at once. Default 4. */
  readonly socketsMax?: number;
}

/** An answer's body of more bytes is not read. */
const BODY_BYTES_MAX = 1_048_576;

/**
 * {@link OfdPort} over HTTP: `POST /receipts` with the key as `Idempotency-Key`. It sends each registration once; who wants it sent again
 * calls again. How long a call may take is the signal's matter.
 *
 * @remarks Status → error: 409 `OFD_IN_FLIGHT`, 412 `OFD_STALE_TOKEN`, 408, 429 and 5xx `OFD_FAILED`, every other one that is not 2xx
 * `OFD_REFUSED`. No connection is `OFD_UNAVAILABLE`; one that breaks, or an answer that cannot be read, `OFD_LOST`.
 * @example
 * const ofd = new HttpOfdClient({ url: "http://127.0.0.1:8080", onStamp: (hlc) => clock.receive(decodeStamp(hlc)) });
 */
export class HttpOfdClient implements OfdPort {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #onStamp: ((hlc: string) => void) | undefined;

  constructor(options: HttpOfdClientOptions) {
    this.#url = new URL("receipts", options.url.endsWith("/") ? options.url : `${options.url}/`);
    const settings = { keepAlive: true, maxSockets: options.socketsMax ?? 4 };
    this.#agent = this.#url.protocol === "https:" ? new TlsAgent(settings) : new Agent(settings);
    this.#onStamp = options.onStamp;
  }

  async register(
    registration: OfdRegistration,
    { signal, hlc }: { readonly signal: AbortSignal; readonly hlc: string },
  ): Promise<OfdAcceptance> {
    signal.throwIfAborted();
    const { key } = registration;
    const request = this.#request(registration, hlc);
    const onAbort = (): void => void request.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const { status, stamp, body } = await answerOf(request, key);
      if (stamp !== "") this.#onStamp?.(stamp);
      return acceptanceOf(key, status, body);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends idle connections; calls under way go on. */
  close(): void {
    this.#agent.destroy();
  }

  #request({ key, posId, payload, receiptHlc, fencing }: OfdRegistration, hlc: string): ClientRequest {
    const body = Buffer.from(JSON.stringify({ posId, payload, receiptHlc }));
    const send = this.#url.protocol === "https:" ? tlsRequest : httpRequest;
    const request = send(this.#url, {
      method: "POST",
      agent: this.#agent,
      headers: {
        "Content-Type": "application/json",
        "Content-Length": body.length,
        "Idempotency-Key": key,
        "X-Fencing-Token": fencing,
        "X-Hlc": hlc,
      },
    });
    request.end(body);
    return request;
  }
}

interface Answer {
  readonly status: number;
  /** Of its sending; `""` for none. */
  readonly stamp: string;
  readonly body: string;
}

/** @throws {OfdError} when none came. */
function answerOf(request: ClientRequest, key: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let wasConnected = false;
    request.once("socket", (socket) => {
      wasConnected = !socket.connecting;
      socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", () => (wasConnected = true));
    });
    const fail = (error: Error): void => {
      const [code, reason] = wasConnected
        ? (["OFD_LOST", "the connection broke"] as const)
        : (["OFD_UNAVAILABLE", "there is no connection"] as const);
      reject(new OfdError(code, key, `${reason} (${error.message})`));
    };
    request.on("error", fail);
    request.once("response", (response) => {
      const stamp = response.headers["x-hlc"];
      const head = { status: response.statusCode ?? 0, stamp: typeof stamp === "string" ? stamp : "" };
      readBody(response).then((body) => resolve({ ...head, body }), fail);
    });
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error(`an answer of more than ${String(BODY_BYTES_MAX)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What an answer means. @throws {OfdError} */
function acceptanceOf(key: string, status: number, body: string): OfdAcceptance {
  const { isReplay, hlc, reason, largest } = parsed(body);
  if (status >= 200 && status < 300) {
    if (typeof isReplay === "boolean" && typeof hlc === "string") return { isReplay, hlc };
    throw new OfdError("OFD_LOST", key, "the answer could not be read");
  }
  const why = typeof reason === "string" ? reason : `status ${String(status)}`;
  throw new OfdError(codeOf(status), key, why, typeof largest === "string" && largest !== "" ? { largest } : {});
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(body) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function codeOf(status: number): OfdErrorCode {
  if (status === 409) return "OFD_IN_FLIGHT";
  if (status === 412) return "OFD_STALE_TOKEN";
  return status === 408 || status === 429 || status >= 500 ? "OFD_FAILED" : "OFD_REFUSED";
}
