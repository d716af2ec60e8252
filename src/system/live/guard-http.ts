import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  FORWARDED_HEADER,
  kindOf,
  PRIMARY_HEADER,
  REPLAYED_HEADER,
  type RefusalOptions,
} from "../components/guard/refusal-answer.ts";

/** Settings of a guard's face. */
export interface GuardHttpOptions extends RefusalOptions {
  /** Which requests are writes. Default: by method; what RFC 9110 calls safe is a read. */
  readonly kindOf?: (request: { readonly method: string; readonly path: string }) => "read" | "write";
  /** Name of this node in the header of what it passes on. Default `replica`. */
  readonly nodeId?: string;
  /** The primary must begin its answer within so many ms. Default 5,000. */
  readonly forwardMsMax?: number;
}

/** A request on its way to the primary. */
export interface ForwardedRequest {
  readonly url: string;
  readonly primaryHostname: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: ReadableStream | null;
}

/** Headers that belong to one connection (RFC 9110 §7.6.1), or that the next one writes anew. */
const PER_HOP = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host", "expect"],
];

export function isWriteTo(request: { method: string; path: string }, options: GuardHttpOptions): boolean {
  return (options.kindOf ?? ((one) => kindOf(one.method)))(request) === "write";
}

/** Whether somebody passed this request on already. */
export function isForwarded(headerOf: (name: string) => unknown): boolean {
  return [FORWARDED_HEADER, REPLAYED_HEADER].some((name) => (headerOf(name) ?? undefined) !== undefined);
}

/**
 * Asks the primary, once.
 *
 * @returns its answer; or one of this node's own: 503 when the primary certainly did not get the request, 502 and 504 when it may have.
 */
export async function forwardToPrimary(request: ForwardedRequest, options: GuardHttpOptions): Promise<Response> {
  const { url, method, primaryHostname } = request;
  const headers = withoutHop(request.headers);
  headers.set(FORWARDED_HEADER, options.nodeId ?? "replica");
  // What comes back is passed on as it is: no encoding that this hop would undo.
  headers.set("accept-encoding", "identity");
  const body = method === "GET" || method === "HEAD" ? null : request.body;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.forwardMsMax ?? 5_000);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: deadline.signal,
      ...(body === null ? {} : { body, duplex: "half" }),
    });
    const answered = withoutHop(response.headers);
    if (answered.has("content-encoding"))
      for (const name of ["content-encoding", "content-length"]) answered.delete(name);
    answered.set(PRIMARY_HEADER, primaryHostname);
    return new Response(response.body, { status: response.status, headers: answered });
  } catch (error) {
    return failure(error, { isLate: deadline.signal.aborted, primaryHostname, options });
  } finally {
    clearTimeout(timer);
  }
}

/** The body of Node's request, for {@link forwardToPrimary}. */
export function bodyOf(request: IncomingMessage): ReadableStream {
  return Readable.toWeb(request) as ReadableStream;
}

export function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    headers.append(request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string);
  return headers;
}

/** Writes an answer as Node's response. An answer that breaks off ends the connection, so that nobody takes it for whole. */
export async function writeResponse(response: Response, out: ServerResponse): Promise<void> {
  out.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") out.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) out.setHeader("set-cookie", cookies);
  if (response.body === null) {
    out.end();
    return;
  }
  try {
    await pipeline(Readable.fromWeb(response.body), out);
  } catch {
    out.destroy();
  }
}

/** Codes of a connection that was never made. */
const NOT_SENT: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

function failure(
  error: unknown,
  about: { readonly isLate: boolean; readonly primaryHostname: string; readonly options: GuardHttpOptions },
): Response {
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  const isNotSent = !about.isLate && NOT_SENT.has(cause?.code);
  const status = about.isLate ? 504 : isNotSent ? 503 : 502;
  const message = isNotSent
    ? "The primary cannot be reached. Nothing was changed; try again later."
    : "The primary gave no answer. It may have done what was asked.";
  return new Response(JSON.stringify({ error: "EFORWARD", message }), {
    status,
    headers: {
      "content-type": "application/json",
      [PRIMARY_HEADER]: about.primaryHostname,
      ...(isNotSent ? { "retry-after": String(about.options.retryAfterSeconds ?? 30) } : {}),
    },
  });
}

function withoutHop(headers: Headers): Headers {
  const kept = new Headers(headers);
  // A connection may name more headers that end with it.
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  for (const name of [...PER_HOP, ...named]) if (name !== "") kept.delete(name);
  return kept;
}
