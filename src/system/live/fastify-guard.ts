import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { answerRefusal } from "../components/guard/refusal-answer.ts";
import type { SplitBrainGuard } from "../components/guard/split-brain-guard.ts";
import { DatabaseError } from "../ports/database-errors.ts";
import { bodyOf, forwardToPrimary, headersOf, isForwarded, isWriteTo, type GuardHttpOptions } from "./guard-http.ts";

/** What is used of Fastify's request. */
interface Request {
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly originalUrl: string;
}

/** What is used of Fastify's reply. */
interface Reply {
  code(status: number): unknown;
  header(name: string, value: string | string[]): unknown;
  send(payload?: unknown): unknown;
}

/**
 * The guard as an `onRequest` hook of Fastify 5 (an optional peer dependency): before bodies are read.
 *
 * @example
 * app.addHook("onRequest", fastifyGuard(guard));
 * app.setErrorHandler(fastifyGuardErrors());
 */
export function fastifyGuard(
  guard: SplitBrainGuard,
  options: GuardHttpOptions = {},
): (request: Request, reply: Reply) => Promise<unknown> {
  return async (request, reply) => {
    const { method, originalUrl: path } = request;
    const refusal = await guard.request(isWriteTo({ method, path }, options) ? "write" : "read");
    // The reply, returned, tells Fastify that the request has ended here.
    return refusal === undefined ? undefined : refuse(refusal, { request, reply, options });
  };
}

/** An error handler that answers what `GuardedDatabase` threw in a route as the guard would have, and throws other errors again. */
export function fastifyGuardErrors(
  options: GuardHttpOptions = {},
): (error: unknown, request: Request, reply: Reply) => Promise<unknown> {
  return async (error, request, reply) => {
    if (!(error instanceof DatabaseError)) throw error;
    return refuse(error, { request, reply, options });
  };
}

async function refuse(
  refusal: DatabaseError,
  { request, reply, options }: { request: Request; reply: Reply; options: GuardHttpOptions },
): Promise<unknown> {
  const { raw, method, originalUrl: path } = request;
  const answer = answerRefusal(
    refusal,
    { path, isForwarded: isForwarded((name) => raw.headers[name]), hasBody: !raw.readableDidRead },
    options,
  );
  if (answer.kind === "answer") {
    reply.code(answer.status);
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
    reply.send(answer.body);
    return reply;
  }
  const { url, primaryHostname } = answer;
  const forwarded = { url, primaryHostname, method, headers: headersOf(raw), body: bodyOf(raw) };
  const response = await forwardToPrimary(forwarded, options);
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) reply.header("set-cookie", cookies);
  reply.send(response.body === null ? undefined : Readable.fromWeb(response.body));
  return reply;
}
