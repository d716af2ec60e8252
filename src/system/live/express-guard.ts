import type { IncomingMessage, ServerResponse } from "node:http";
import { answerRefusal } from "../components/guard/refusal-answer.ts";
import type { SplitBrainGuard } from "../components/guard/split-brain-guard.ts";
import { DatabaseError } from "../ports/database-errors.ts";
import {
  bodyOf,
  forwardToPrimary,
  headersOf,
  isForwarded,
  isWriteTo,
  writeResponse,
  type GuardHttpOptions,
} from "./guard-http.ts";

/** What is used of Express's request: Node's own, and the path before any router cut it. */
type Request = IncomingMessage & { readonly originalUrl?: string };
type Next = (error?: unknown) => void;

/**
 * The guard as middleware of Express 5 (an optional peer dependency), Connect and whatever else calls `(request, response, next)`.
 *
 * Put it before body parsers: a body that was read cannot be forwarded, and its write is answered 503.
 *
 * @example
 * app.use(expressGuard(guard, { onReplica: "forward", primaryUrl: (host) => `http://${host}:8080` }));
 * app.post("/users", createUser);
 * app.use(expressGuardErrors());
 */
export function expressGuard(
  guard: SplitBrainGuard,
  options: GuardHttpOptions = {},
): (request: Request, response: ServerResponse, next: Next) => void {
  return (request, response, next) => {
    const { method = "GET" } = request;
    const path = request.originalUrl ?? request.url ?? "/";
    const kind = isWriteTo({ method, path }, options) ? "write" : "read";
    guard
      .request(kind)
      .then((refusal) => {
        if (refusal === undefined) next();
        else return refuse(refusal, { request, response, path, options });
        return undefined;
      })
      .catch(next);
  };
}

/** Answers what `GuardedDatabase` threw in a handler as the guard would have; other errors go on. Put it after the routes. */
export function expressGuardErrors(
  options: GuardHttpOptions = {},
): (error: unknown, request: Request, response: ServerResponse, next: Next) => void {
  // Express tells handlers of errors by their four parameters.
  return (error, request, response, next) => {
    if (!(error instanceof DatabaseError) || response.headersSent) {
      next(error);
      return;
    }
    const path = request.originalUrl ?? request.url ?? "/";
    refuse(error, { request, response, path, options }).catch(next);
  };
}

async function refuse(
  refusal: DatabaseError,
  {
    request,
    response,
    path,
    options,
  }: { request: Request; response: ServerResponse; path: string; options: GuardHttpOptions },
): Promise<void> {
  const { method = "GET" } = request;
  const answer = answerRefusal(
    refusal,
    { path, isForwarded: isForwarded((name) => request.headers[name]), hasBody: !request.readableDidRead },
    options,
  );
  if (answer.kind === "forward") {
    const { url, primaryHostname } = answer;
    const forwarded = { url, primaryHostname, method, headers: headersOf(request), body: bodyOf(request) };
    await writeResponse(await forwardToPrimary(forwarded, options), response);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers });
  response.end(answer.body);
}
