import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { FORWARDED_HEADER, type OwnAnswer } from "../components/proxy/proxy-answer.ts";
import type { ProxyConfig } from "../components/proxy/proxy-config.ts";
import type { ProxyNode } from "../components/proxy/proxy-node.ts";
import { ReadYourWritesProxy } from "../components/proxy/read-your-writes-proxy.ts";
import { LiteFSConfigError } from "../ports/errors.ts";
import type { Observer } from "../ports/observer.ts";
import { endToEndHeaders, headersByName } from "./http-headers.ts";
import { HttpUpstream, type HttpResponse } from "./http-upstream.ts";
import { SystemClock } from "./system-clock.ts";
import { SystemTimers } from "./system-timers.ts";

export interface HttpProxyOptions {
  /** The node it stands before. */
  readonly node: ProxyNode;
  /** Where the application is: `http:` or `https:`, host and port. */
  readonly target: string;
  /** Where the proxy of another node is, by that node's name. Default `http://NAME`, on the port of this proxy. */
  readonly primaryUrl?: (name: string) => string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  readonly config?: ProxyConfig;
  readonly observer?: Observer;
}

/**
 * A {@link ReadYourWritesProxy} behind real HTTP, for an application on this machine.
 *
 * Bodies are streamed both ways, connections kept; headers pass as they are, but for those that belong to one connection. A client that
 * goes away ends its request at the application too. WebSockets and trailers do not pass.
 *
 * @throws {LiteFSConfigError} `PROXY_CONFIG`, or what the port refuses.
 * @example
 * const proxy = await startHttpProxy({ node, target: "http://127.0.0.1:8000", port: 8080 });
 */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { node, config, observer, port = 0, host = "127.0.0.1" } = options;
  const target = baseOf(options.target);
  const timers = new SystemTimers();
  const server = createServer();
  try {
    const proxy = new ReadYourWritesProxy({
      node,
      clock: new SystemClock(),
      timers,
      ...(config === undefined ? {} : { config }),
      ...(observer === undefined ? {} : { observer }),
    });
    server.listen(port, host);
    await once(server, "listening");
    const { port: own } = server.address() as AddressInfo;
    const primaryUrl = options.primaryUrl ?? ((name) => `http://${name}:${String(own)}`);
    return new HttpProxy({ server, proxy, timers, target, primaryUrl, nodeId: node.id });
  } catch (error) {
    timers.close();
    throw error;
  }
}

interface HttpProxyParts {
  readonly server: Server;
  readonly proxy: ReadYourWritesProxy;
  readonly timers: SystemTimers;
  readonly target: URL;
  readonly primaryUrl: (name: string) => string;
  readonly nodeId: string;
}

/** A running {@link startHttpProxy}. */
export class HttpProxy {
  /** As `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly port: number;
  readonly #parts: HttpProxyParts;
  readonly #upstream = new HttpUpstream();

  constructor(parts: HttpProxyParts) {
    const { address, port } = parts.server.address() as AddressInfo;
    this.url = `http://${address.includes(":") ? `[${address}]` : address}:${String(port)}`;
    this.port = port;
    this.#parts = parts;
    parts.server.on("request", (request, response) => void this.#serve(request, response));
  }

  /** Ends it at once: connections are broken, what waits is not answered. */
  async close(): Promise<void> {
    const { server, timers } = this.#parts;
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    this.#upstream.close();
    timers.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("error", () => undefined);
    response.once("close", () => gone.abort(new Error("the client is gone")));
    const { headers, method = "GET", url = "/" } = request;
    const forwardedBy = headers[FORWARDED_HEADER];
    const asked = {
      method,
      path: pathOf(url),
      cookies: headers.cookie ?? "",
      forwardedBy: typeof forwardedBy === "string" ? forwardedBy : "",
    };
    const { proxy, target, nodeId, primaryUrl } = this.#parts;
    const upstream = {
      target: (signal: AbortSignal) => this.#upstream.pass(request, target, {}, signal),
      primary: async (name: string, signal: AbortSignal) =>
        this.#upstream.pass(request, baseOf(primaryUrl(name)), { [FORWARDED_HEADER]: nodeId }, signal),
    };
    try {
      const answer = await proxy.handle(asked, upstream, gone.signal);
      if (answer.kind === "own") sendOwn(response, answer, method);
      else relay(response, answer.response, answer.setCookie);
    } catch {
      // Only a client that is gone ends up here, and nobody hears what else might.
      response.destroy();
    }
  }
}

function sendOwn(response: ServerResponse, { status, headers, body }: OwnAnswer, method: string): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(method === "HEAD" ? undefined : body);
}

function relay(response: ServerResponse, { message }: HttpResponse, setCookie: string): void {
  const headers = endToEndHeaders(message);
  if (setCookie !== "") headers.push(["Set-Cookie", setCookie]);
  response.writeHead(message.statusCode ?? 502, message.statusMessage ?? "", headersByName(headers));
  // An answer that breaks off on the way is broken off here too, so that nobody takes it for whole.
  pipeline(message, response, () => undefined);
}

/** Without the query; a target in absolute form is its path. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/[?#].*$/s, "") || "/";
}

function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base !== undefined && ["http:", "https:"].includes(base.protocol)) return base;
  throw new LiteFSConfigError("PROXY_CONFIG", `"${url}" is no address; expected one as http://127.0.0.1:8000.`, {
    url,
  });
}
