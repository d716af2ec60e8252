import type { NodeEnv } from "../../ports/node.ts";
import type { KvReply, KvRequest } from "../kv/protocol.ts";
import { HttpReceiver, type HttpAnswer } from "./http-receiver.ts";
import { headerOf, type HttpRequest } from "./protocol.ts";

const PREFIX = "/kv/";
/** Requests that wait for the store; the oldest are given up by whoever asked long before there are so many. */
const OPEN_MAX = 4_096;

/**
 * A web application on a node's key-value store: `GET /kv/KEY`, `PUT /kv/KEY`. It asks the store of its own node and no other, as an
 * application on a database file does. A write's `Idempotency-Key` is `CLIENT:NUMBER`: tried again, it takes effect once.
 */
export class KvApp {
  readonly #env: NodeEnv;
  readonly #open = new Map<number, (reply: KvReply) => void>();
  #requests = 0;

  constructor(env: NodeEnv) {
    this.#env = env;
    env.transport.subscribe((from, message) => {
      if (from === env.id && message.type === "kv.reply") this.#onReply(message as KvReply);
    });
    new HttpReceiver({ transport: env.transport, hops: ["target"], handle: (request) => this.#serve(request) });
  }

  async #serve({ method, path, headers, body }: HttpRequest): Promise<HttpAnswer> {
    if (!path.startsWith(PREFIX)) return answer(404, "there is nothing");
    const key = path.slice(PREFIX.length);
    if (method === "GET" || method === "HEAD") {
      const { outcome, value, error } = await this.#ask({ operation: "read", key, value: null, client: "", seq: 0 });
      if (outcome !== "ok") return answer(503, error);
      return typeof value === "string" ? answer(200, method === "HEAD" ? "" : value) : answer(404, "no such key");
    }
    const [, client, seq] = /^(.+):([0-9]{1,15})$/.exec(headerOf(headers, "idempotency-key")) ?? [];
    if (method !== "PUT" || client === undefined) return answer(400, "a write is a PUT with an Idempotency-Key");
    const reply = await this.#ask({ operation: "write", key, value: body, client, seq: Number(seq) });
    if (reply.outcome === "ok") return answer(204, "");
    // Whether it happened is what the one who asked wants to know.
    return answer(reply.outcome === "fail" ? 503 : 500, reply.error);
  }

  /** The store answers each request once, or never: whoever asks through a proxy does not wait for ever. */
  #ask(request: Pick<KvRequest, "operation" | "key" | "value" | "client" | "seq">): Promise<KvReply> {
    const { transport, id: self } = this.#env;
    const id = ++this.#requests;
    const client = request.client === "" ? self : request.client;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      if (this.#open.size > OPEN_MAX) this.#open.delete(this.#open.keys().next().value as number);
      transport.send(self, { type: "kv.request", id, ...request, client });
    });
  }

  #onReply(reply: KvReply): void {
    const resolve = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    resolve?.(reply);
  }
}

function answer(status: number, body: string): HttpAnswer {
  return { status, headers: [["content-type", "text/plain"]], body };
}
