import type { NodeEnv, NodeId, Program, RunningProgram } from "../../system/ports/node.ts";
import type { Outcome } from "../../system/ports/observer.ts";
import type { Timer } from "../../system/ports/timers.ts";
import type { Message, Plain } from "../../system/ports/transport.ts";
import type { HttpHeader, HttpRequest, HttpResponse } from "../../system/programs/ryw-proxy/protocol.ts";
import { CookieJar } from "./cookie-jar.ts";

/** What a client with a session is started with. Times are integer ms. */
export interface SessionsClientConfig {
  /** Its place among its workload's clients, from 0, and how many there are. */
  readonly client: number;
  readonly clients: number;
  readonly nodes: readonly string[];
  /** `any`: each request at a node drawn anew, as a load balancer without stickiness does; `all`: each client at its own; or a node's id. */
  readonly target: string;
  /** Between the beginnings of two requests. */
  readonly intervalMs: number;
  /** Of each client: nobody else writes them. */
  readonly keys: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Reads after each write. Default 9. */
  readonly reads?: number;
  /** Reads of its own keys among 100; the others are of other clients' keys. Default 75. */
  readonly ownPercent?: number;
  /** A request without an answer is given up after this. Default 8,000: more than a read waits. */
  readonly requestTimeoutMs?: number;
}

const RESEND_MS = 200;
const RESEND_MS_MAX = 1_600;

/**
 * A browser: one request after another, its cookies with each, and nobody who sends it back to the same node.
 *
 * Operations: `put` (key, value = `{ value }`) and `get` (completes with the value or `null`). A request that was answered otherwise
 * completes with `{ status }`: a `get` with `fail`, a `put` with `info`, as some attempt of it may have been served.
 */
export const sessionsClient: Program<SessionsClientConfig> = {
  name: "sessions-client",
  start(env: NodeEnv, config: SessionsClientConfig): RunningProgram {
    new SessionsClient(env, config).start();
    return {};
  },
};

interface Request {
  readonly operation: number;
  readonly isRead: boolean;
  readonly to: NodeId;
  readonly message: HttpRequest;
  readonly giveUpAtMs: number;
  pauseMs: number;
}

class SessionsClient {
  readonly #env: NodeEnv;
  readonly #config: SessionsClientConfig;
  readonly #next: Timer;
  readonly #resend: Timer;
  readonly #jar = new CookieJar();
  /** A client that starts again has no cookies: it is somebody else. */
  readonly #session: string;
  #request: Request | undefined;
  #count = 0;
  #nextAtMs = 0;

  constructor(env: NodeEnv, config: SessionsClientConfig) {
    this.#env = env;
    this.#config = config;
    this.#session = `${env.id}#${String(env.incarnation)}`;
    this.#next = env.timers.create("next request", () => this.#begin());
    this.#resend = env.timers.create("http answer", () => this.#onSilence());
  }

  start(): void {
    const { fromMs, intervalMs, client, clients } = this.#config;
    this.#env.transport.subscribe((from, message) => this.#receive(from, message));
    // Clients of one workload are spread over the interval, so that their requests interleave.
    const offset = Math.floor((client * intervalMs) / clients);
    this.#nextAtMs = this.#now() + fromMs + offset;
    this.#next.arm(fromMs + offset);
  }

  #begin(): void {
    const { observer, transport } = this.#env;
    const { reads = 9, untilMs, requestTimeoutMs = 8_000 } = this.#config;
    const now = this.#now();
    if (now >= untilMs) return;
    const id = ++this.#count;
    const isRead = id % (reads + 1) !== 1;
    const key = this.#key(isRead);
    // Written values are distinct in the whole run.
    const value = isRead ? "" : `${this.#session}:${String(id)}`;
    const call = isRead ? { name: "get", key } : { name: "put", key, value: { value } };
    const to = this.#node();
    const headers: HttpHeader[] = isRead ? [] : [["idempotency-key", value]];
    const cookie = this.#jar.header(now);
    if (cookie !== "") headers.push(["cookie", cookie]);
    const message: HttpRequest = {
      type: "http.request",
      hop: "client",
      session: this.#session,
      id,
      method: isRead ? "GET" : "PUT",
      path: `/kv/${key}`,
      headers,
      body: value,
    };
    const giveUpAtMs = now + requestTimeoutMs;
    this.#request = { operation: observer.invoke(call), isRead, to, message, giveUpAtMs, pauseMs: RESEND_MS };
    this.#resend.arm(RESEND_MS);
    transport.send(to, message);
  }

  /** One of its own, or of another client of the workload. */
  #key(isRead: boolean): string {
    const { random, id } = this.#env;
    const { keys, client, clients, ownPercent = 75 } = this.#config;
    const [, prefix = "", number = "1"] = /^(.*?)(\d+)$/.exec(id) ?? [];
    const isOwn = !isRead || clients === 1 || random.integer(0, 99) < ownPercent;
    const other = isOwn ? client : (client + random.integer(1, clients - 1)) % clients;
    return `${prefix}${String(Number(number) - client + other)}.k${String(random.integer(0, keys - 1))}`;
  }

  #node(): NodeId {
    const { target, nodes, client } = this.#config;
    if (target === "any" || target === "leader") return nodes[this.#env.random.integer(0, nodes.length - 1)] as NodeId;
    return (target === "all" ? nodes[client % nodes.length] : target) as NodeId;
  }

  #onSilence(): void {
    const request = this.#request;
    if (request === undefined) return;
    if (this.#now() >= request.giveUpAtMs) {
      this.#end(request, request.isRead ? "fail" : "info", null);
      return;
    }
    this.#env.transport.send(request.to, request.message);
    request.pauseMs = Math.min(2 * request.pauseMs, RESEND_MS_MAX);
    this.#resend.arm(Math.min(request.pauseMs, request.giveUpAtMs - this.#now()));
  }

  #receive(from: NodeId, message: Message): void {
    const request = this.#request;
    if (message.type !== "http.response" || request === undefined || from !== request.to) return;
    const { session, id, status, headers, body } = message as HttpResponse;
    if (session !== this.#session || id !== request.message.id) return;
    this.#jar.take(headers, this.#now());
    if (!request.isRead) this.#end(request, status < 300 ? "ok" : "info", status < 300 ? null : { status });
    else if (status === 200 || status === 404) this.#end(request, "ok", status === 200 ? body : null);
    else this.#end(request, "fail", { status });
  }

  #end(request: Request, outcome: Outcome, value: Plain): void {
    this.#request = undefined;
    this.#resend.cancel();
    this.#env.observer.complete(request.operation, outcome, value);
    const now = this.#now();
    this.#nextAtMs += this.#config.intervalMs;
    // A request that took longer than the interval does not lead to a burst afterwards.
    if (this.#nextAtMs < now) this.#nextAtMs = now;
    this.#next.arm(this.#nextAtMs - now);
  }

  #now(): number {
    return this.#env.clock.monotonic();
  }
}
