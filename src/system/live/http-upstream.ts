import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { pipeline } from "node:stream";
import type { UpstreamResponse } from "../components/proxy/read-your-writes-proxy.ts";
import { endToEndHeaders, headersByName } from "./http-headers.ts";

/** An answer that has begun. */
export interface HttpResponse extends UpstreamResponse {
  readonly message: IncomingMessage;
}

/** Passes requests on to other HTTP servers, body and all, and gives their answers once they begin. */
export class HttpUpstream {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #tlsAgent = new TlsAgent({ keepAlive: true });

  /**
   * Passes a request on, once; only what has no effect is tried again, when a kept connection turns out to be closed.
   *
   * @param base    Where the server is, as `http://127.0.0.1:8000`.
   * @param added   Headers in the place of those of that name.
   * @param signal  Ends it, until the answer begins.
   * @throws when there is no answer.
   */
  async pass(
    incoming: IncomingMessage,
    base: URL,
    added: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const isRead = incoming.method === "GET" || incoming.method === "HEAD";
    const hasBody = incoming.headers["content-length"] !== undefined || isChunked(incoming);
    // A write on a kept connection that the server is closing would leave everybody in doubt.
    const isKept = isRead && !hasBody;
    const request = this.#request(incoming, base, added, isKept);
    try {
      return await answerOf(request, incoming, hasBody, signal);
    } catch (error) {
      if (!isKept || !request.reusedSocket || signal.aborted) throw error;
      return answerOf(this.#request(incoming, base, added, false), incoming, hasBody, signal);
    }
  }

  /** Ends idle connections; requests under way go on. */
  close(): void {
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }

  #request(
    incoming: IncomingMessage,
    base: URL,
    added: Readonly<Record<string, string>>,
    isKept: boolean,
  ): ClientRequest {
    const isTls = base.protocol === "https:";
    const given = endToEndHeaders(incoming).filter(([name]) => added[name.toLowerCase()] === undefined);
    const framing: [string, string][] = isChunked(incoming) ? [["Transfer-Encoding", "chunked"]] : [];
    const headers = headersByName([...given, ...Object.entries(added), ...framing]);
    const options = {
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: base.port,
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      headers,
      agent: isKept ? (isTls ? this.#tlsAgent : this.#agent) : false,
    };
    return isTls ? tlsRequest(options) : httpRequest(options);
  }
}

function isChunked(incoming: IncomingMessage): boolean {
  return incoming.headers["transfer-encoding"] !== undefined;
}

function answerOf(
  request: ClientRequest,
  incoming: IncomingMessage,
  hasBody: boolean,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void request.destroy(signal.reason as Error);
    const settle = (): void => signal.removeEventListener("abort", onAbort);
    // Stays for good: a connection that breaks after the answer has begun breaks the answer, which is told there.
    request.on("error", (error) => {
      settle();
      reject(error);
    });
    request.once("response", (message) => {
      settle();
      resolve({ message, status: message.statusCode ?? 0, discard: () => void message.destroy() });
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else if (!hasBody) request.end();
    else
      pipeline(incoming, request, () => {
        // Told by the request itself, or by the answer that came before the body was read.
      });
  });
}
