import type { ProxyConfig } from "../../components/proxy/proxy-config.ts";
import type { ProxyNode } from "../../components/proxy/proxy-node.ts";
import { FORWARDED_HEADER } from "../../components/proxy/proxy-answer.ts";
import { ReadYourWritesProxy } from "../../components/proxy/read-your-writes-proxy.ts";
import { nodeId, type NodeEnv, type NodeId } from "../../ports/node.ts";
import { HttpReceiver, type HttpAnswer } from "./http-receiver.ts";
import { HttpSender } from "./http-sender.ts";
import { headerOf, type HttpHop, type HttpRequest, type HttpResponse } from "./protocol.ts";

/** A {@link ReadYourWritesProxy} by messages, before the application on the same node, which answers requests of the hop `target`. */
export class MessageProxy {
  readonly #proxy: ReadYourWritesProxy;
  readonly #sender: HttpSender;
  readonly #id: NodeId;

  constructor(options: { readonly env: NodeEnv; readonly node: ProxyNode; readonly config?: ProxyConfig }) {
    const { env, node, config = {} } = options;
    const { id, transport, timers, clock, observer } = env;
    this.#id = id;
    this.#proxy = new ReadYourWritesProxy({ node, clock, timers, observer, config });
    this.#sender = new HttpSender({ transport, timers, id });
    new HttpReceiver({ transport, hops: ["client", "primary"], handle: (request) => this.#serve(request) });
  }

  async #serve(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path, headers } = request;
    const asked = {
      method,
      path: path.replace(/\?.*$/s, ""),
      cookies: headerOf(headers, "cookie"),
      forwardedBy: headerOf(headers, FORWARDED_HEADER),
    };
    const answer = await this.#proxy.handle(asked, {
      target: (signal) => this.#ask(this.#id, "target", request, signal),
      primary: (name, signal) => {
        const forwarded: HttpRequest = { ...request, headers: [...headers, [FORWARDED_HEADER, this.#id]] };
        return this.#ask(nodeId(name), "primary", forwarded, signal);
      },
    });
    if (answer.kind === "own") {
      const { status, headers: own, body } = answer;
      return { status, headers: Object.entries(own), body: method === "HEAD" ? "" : body };
    }
    const { response, setCookie } = answer;
    const { status, body } = response.message;
    const added: HttpAnswer["headers"] = setCookie === "" ? [] : [["set-cookie", setCookie]];
    return { status, headers: [...response.message.headers, ...added], body };
  }

  async #ask(
    to: NodeId,
    hop: HttpHop,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly message: HttpResponse; discard(): void }> {
    const message = await this.#sender.send(to, { ...request, hop }, signal);
    return { status: message.status, message, discard: () => undefined };
  }
}
