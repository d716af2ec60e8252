import type { Clock } from "../../ports/clock.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { Timers } from "../../ports/timers.ts";
import { ConditionPoll } from "./condition-poll.ts";
import { ownAnswer, PRIMARY_HEADER, type OwnAnswer, type ProxyAnswer, type ProxyCode } from "./proxy-answer.ts";
import { resolveProxyConfig, type ProxyConfig, type ResolvedProxyConfig } from "./proxy-config.ts";
import type { ProxyNode, Standing } from "./proxy-node.ts";
import { formatMark, markOf, setCookieOf, type SessionMark } from "./session-mark.ts";

/** What of a request decides where it goes. */
export interface ProxyRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The `Cookie` header; `""` for none. */
  readonly cookies: string;
  /** The `X-LiteFS-Forwarded` header; `""` for none. */
  readonly forwardedBy: string;
}

/** The beginning of an answer; its body may still be on the way. */
export interface UpstreamResponse {
  readonly status: number;
  /** Nobody will read it. */
  discard(): void;
}

/** The ways on of one request: each is gone once at most. A rejection means that there is no answer. */
export interface Upstream<Response extends UpstreamResponse> {
  /** The application that this proxy stands before. @param signal Ends the attempt; it may have been served all the same. */
  target(signal: AbortSignal): Promise<Response>;
  /** The proxy of another node, with this one's name in `X-LiteFS-Forwarded`. */
  primary(name: string, signal: AbortSignal): Promise<Response>;
}

export interface ReadYourWritesProxyOptions {
  readonly node: ProxyNode;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer?: Observer;
  readonly config?: ProxyConfig;
}

/** Where load balancers ask; never passed on. */
const HEALTH_PATH = "/litefs/health";

/**
 * Stands before an application on each node of a replicated database, and has every session see its own writes, at whichever node it asks.
 *
 * A write is served where the primary is, and answered with a cookie that says how far the database was then. A read that carries it
 * waits until the node has come as far, and is never answered from a state before. The cookie names the history too: when a failover
 * lost what the session has written, it is told so (409) and never shown another transaction of that number.
 *
 * @remarks The cookie is taken when the answer begins: an application must have committed by then.
 * @see superfly/litefs `http/proxy_server.go`, and its issue 112 for numbers that repeat. Checked by `lab/checkers/read-your-writes.ts`.
 */
export class ReadYourWritesProxy {
  readonly #node: ProxyNode;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #config: ResolvedProxyConfig;
  readonly #poll: ConditionPoll;

  /** @throws {LiteFSConfigError} `PROXY_CONFIG` */
  constructor(options: ReadYourWritesProxyOptions) {
    const { node, clock, timers, observer = silentObserver, config = {} } = options;
    this.#node = node;
    this.#timers = timers;
    this.#clock = clock;
    this.#observer = observer;
    this.#config = resolveProxyConfig(config);
    this.#poll = new ConditionPoll({ clock, timers, pollMs: this.#config.pollMs });
  }

  /**
   * Decides on a request, waits as long as it takes, and has it served.
   *
   * @param signal Whoever asked is gone.
   * @returns in time: a wait ends after its timeout, and so does the upstream's beginning of an answer.
   * @throws the signal's reason, and nothing else.
   */
  async handle<R extends UpstreamResponse>(
    request: ProxyRequest,
    upstream: Upstream<R>,
    signal?: AbortSignal,
  ): Promise<ProxyAnswer<R>> {
    const { isPassthrough, isAlwaysForward } = this.#config;
    const { method, path } = request;
    const isRead = method === "GET" || method === "HEAD";
    if (path === HEALTH_PATH && isRead) return this.#health();
    if (isPassthrough(path)) return this.#exchange("target", (ended) => upstream.target(ended), signal);
    const answer = await (isRead && !isAlwaysForward(path)
      ? this.#read(request, upstream, signal)
      : this.#write(request, upstream, signal));
    if (answer.kind === "own")
      this.#observer.point("proxy.refuse", { code: answer.code, status: answer.status, method, path });
    return answer;
  }

  async #read<R extends UpstreamResponse>(
    request: ProxyRequest,
    upstream: Upstream<R>,
    signal: AbortSignal | undefined,
  ): Promise<ProxyAnswer<R>> {
    const { monotonicReads } = this.#config;
    const asked = markOf(request.cookies);
    if (asked !== undefined) {
      const standing = await this.#reach(asked, signal);
      if (standing !== "reached") return this.#unreached(asked, standing);
    }
    // Whoever gets a cookie must not have been shown anything of another history than the cookie's.
    const mark = asked ?? (monotonicReads ? this.#node.position() : undefined);
    if (monotonicReads && mark === undefined) return ownAnswer("PROXY_BEHIND", "another history is being put in place");
    const answer = await this.#exchange("target", (ended) => upstream.target(ended), signal);
    if (answer.kind === "own" || mark === undefined) return answer;
    // It may have been replaced while the target was reading.
    const standing = this.#standing(mark);
    if (standing !== "reached") {
      answer.response.discard();
      return this.#unreached(mark, standing);
    }
    return monotonicReads ? { ...answer, setCookie: this.#cookie() } : answer;
  }

  async #write<R extends UpstreamResponse>(
    request: ProxyRequest,
    upstream: Upstream<R>,
    signal: AbortSignal | undefined,
  ): Promise<ProxyAnswer<R>> {
    const node = this.#node;
    const { primaryTimeoutMs } = this.#config;
    const isKnown = await this.#poll.wait(
      () => node.isPrimary || this.#otherPrimary() !== undefined,
      primaryTimeoutMs,
      signal,
    );
    if (!isKnown) return ownAnswer("PROXY_NO_PRIMARY", `nobody was the primary for ${String(primaryTimeoutMs)} ms`);
    if (!node.isPrimary) return this.#redirect(request, upstream, this.#otherPrimary() as string, signal);
    const mark = markOf(request.cookies);
    if (mark !== undefined && this.#standing(mark) !== "reached") {
      if (mark.epoch > node.epoch)
        return ownAnswer("PROXY_NOT_PRIMARY", "the session has seen a newer primary than this one");
      // A number alone may be ahead of the primary for no better reason than that numbers were lost.
      if (mark.epoch >= 0) return this.#unreached(mark, "lost");
    }
    return this.#writeHere(upstream, signal);
  }

  async #writeHere<R extends UpstreamResponse>(
    upstream: Upstream<R>,
    signal: AbortSignal | undefined,
  ): Promise<ProxyAnswer<R>> {
    const node = this.#node;
    const { epoch } = node;
    const answer = await this.#exchange("target", (ended) => upstream.target(ended), signal);
    if (answer.kind === "own") return answer;
    if (node.isPrimary && node.epoch === epoch) return { ...answer, setCookie: this.#cookie() };
    // What the target calls a failure is no promise.
    if (answer.response.status >= 400) return answer;
    answer.response.discard();
    return ownAnswer("PROXY_WRITE_UNCONFIRMED", "this node was no longer the primary when the write was done");
  }

  async #redirect<R extends UpstreamResponse>(
    request: ProxyRequest,
    upstream: Upstream<R>,
    primary: string,
    signal: AbortSignal | undefined,
  ): Promise<ProxyAnswer<R>> {
    const named = { [PRIMARY_HEADER]: primary };
    if (request.forwardedBy !== "")
      return ownAnswer("PROXY_NOT_PRIMARY", `${request.forwardedBy} took this node for the primary`, named);
    if (this.#config.onReplica === "fly-replay")
      return ownAnswer("PROXY_NOT_PRIMARY", `${primary} is the primary`, {
        ...named,
        "fly-replay": `instance=${primary}`,
      });
    return this.#exchange("primary", (ended) => upstream.primary(primary, ended), signal);
  }

  /** Waits until the node has come as far, or never will, or the time is over. */
  async #reach(mark: SessionMark, signal: AbortSignal | undefined): Promise<Standing> {
    const { readTimeoutMs } = this.#config;
    const startMs = this.#clock.monotonic();
    await this.#poll.wait(() => this.#standing(mark) !== "behind", readTimeoutMs, signal);
    const waitedMs = this.#clock.monotonic() - startMs;
    if (waitedMs > 0) this.#observer.point("proxy.wait", { mark: formatMark(mark), waitedMs });
    return this.#standing(mark);
  }

  #standing(mark: SessionMark): Standing {
    const node = this.#node;
    const standing = node.standing(mark);
    // What the primary has not of its own epoch, or an older one, it never will.
    const isFinal = standing === "behind" && mark.epoch >= 0 && mark.epoch <= node.epoch && node.isPrimary;
    return isFinal ? "lost" : standing;
  }

  #unreached(mark: SessionMark, standing: "behind" | "lost"): OwnAnswer {
    const { readTimeoutMs } = this.#config;
    const [code, reason]: [ProxyCode, string] =
      standing === "lost"
        ? ["READ_YOUR_WRITES_LOST", `transaction ${formatMark(mark)} is not in the history of the database any more`]
        : ["PROXY_BEHIND", `this node did not get transaction ${formatMark(mark)} within ${String(readTimeoutMs)} ms`];
    return ownAnswer(code, reason);
  }

  /** Somebody else who is known to be the primary. */
  #otherPrimary(): string | undefined {
    const primary = this.#node.primary();
    return primary === this.#node.id ? undefined : primary;
  }

  /** How far the node is now; `""` before the first transaction. */
  #cookie(): string {
    const mark = this.#node.position();
    return mark === undefined || mark.txid === 0n ? "" : setCookieOf(mark);
  }

  #health(): OwnAnswer {
    const { lagMs } = this.#node;
    const { lagMaxMs } = this.#config;
    if (lagMs <= lagMaxMs) return ownAnswer("PROXY_HEALTHY", `${String(lagMs)} ms behind at most`);
    const lag = lagMs === Infinity ? "it never had all that the primary has" : `${String(lagMs)} ms behind`;
    return ownAnswer("PROXY_LAGGING", `${lag}; at most ${String(lagMaxMs)} ms are allowed`);
  }

  async #exchange<R extends UpstreamResponse>(
    from: "target" | "primary",
    ask: (signal: AbortSignal) => Promise<R>,
    signal: AbortSignal | undefined,
  ): Promise<ProxyAnswer<R>> {
    const { upstreamTimeoutMs } = this.#config;
    const control = new AbortController();
    const over = new Error("timeout");
    const timer = this.#timers.create("upstream", () => control.abort(over));
    const onAbort = (): void => control.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    timer.arm(upstreamTimeoutMs);
    try {
      return { kind: "relay", from, response: await ask(control.signal), setCookie: "" };
    } catch (error) {
      signal?.throwIfAborted();
      const what = from === "target" ? "the target" : "the primary";
      if (control.signal.reason === over)
        return ownAnswer("PROXY_UPSTREAM_TIMEOUT", `${what} did not answer within ${String(upstreamTimeoutMs)} ms`);
      return ownAnswer(
        "PROXY_UPSTREAM",
        `${what} did not answer: ${error instanceof Error ? error.message : "unknown"}`,
      );
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  }
}
