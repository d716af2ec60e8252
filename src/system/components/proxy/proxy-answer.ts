import { CLEARED_COOKIE } from "./session-mark.ts";

/** Header of a request that a replica passed on, with the name of that replica: one hop is all there is. */
export const FORWARDED_HEADER = "x-litefs-forwarded";
/** Header of an answer that names the primary. */
export const PRIMARY_HEADER = "x-litefs-primary-node";
/** Whole seconds. */
const RETRY_AFTER_S = 30;

/** Why a proxy answered by itself. */
export type ProxyCode =
  /** 504: what the session has written did not arrive here in time. */
  | "PROXY_BEHIND"
  /** 409: what the session has written, or seen, is not part of the database's history any more. */
  | "READ_YOUR_WRITES_LOST"
  /** 503: nobody was known to be the primary in time. Nothing was written. */
  | "PROXY_NO_PRIMARY"
  /** 503: a replica was asked by another one, or another node is the primary and Fly.io's proxy is to ask it. Nothing was written. */
  | "PROXY_NOT_PRIMARY"
  /** 503: this node was the primary when the write began and was not when it ended: it may be lost. */
  | "PROXY_WRITE_UNCONFIRMED"
  /** 502: the target, or the primary, gave no answer. */
  | "PROXY_UPSTREAM"
  /** 504: it gave none in time. */
  | "PROXY_UPSTREAM_TIMEOUT"
  /** 200, 503: what a load balancer asks for. */
  | "PROXY_HEALTHY"
  | "PROXY_LAGGING";

const STATUS: Readonly<Record<ProxyCode, number>> = {
  PROXY_BEHIND: 504,
  READ_YOUR_WRITES_LOST: 409,
  PROXY_NO_PRIMARY: 503,
  PROXY_NOT_PRIMARY: 503,
  PROXY_WRITE_UNCONFIRMED: 503,
  PROXY_UPSTREAM: 502,
  PROXY_UPSTREAM_TIMEOUT: 504,
  PROXY_HEALTHY: 200,
  PROXY_LAGGING: 503,
};

/** An answer of the proxy's own. Names of headers are in small letters. */
export interface OwnAnswer {
  readonly kind: "own";
  readonly code: ProxyCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON: `code`, `reason`. */
  readonly body: string;
}

/** An answer to pass on as it is, with one header more. */
export interface RelayedAnswer<Response> {
  readonly kind: "relay";
  readonly from: "target" | "primary";
  readonly response: Response;
  /** Value of a `Set-Cookie` header to add; `""` for none. */
  readonly setCookie: string;
}

export type ProxyAnswer<Response> = OwnAnswer | RelayedAnswer<Response>;

export function ownAnswer(code: ProxyCode, reason: string, headers: Readonly<Record<string, string>> = {}): OwnAnswer {
  const status = STATUS[code];
  return {
    kind: "own",
    code,
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(status === 503 ? { "retry-after": String(RETRY_AFTER_S) } : {}),
      // Said once: with the cookie it would be said of every page until that is over.
      ...(code === "READ_YOUR_WRITES_LOST" ? { "set-cookie": CLEARED_COOKIE } : {}),
      ...headers,
    },
    body: `${JSON.stringify({ code, reason })}\n`,
  };
}
