import { answerRefusal } from "../components/guard/refusal-answer.ts";
import type { SplitBrainGuard } from "../components/guard/split-brain-guard.ts";
import { DatabaseError } from "../ports/database-errors.ts";
import { forwardToPrimary, isForwarded, isWriteTo, type GuardHttpOptions } from "./guard-http.ts";

/** What is used of Hono's context. */
interface Context {
  readonly req: { readonly raw: Request };
}

/**
 * The guard as middleware of Hono 4 (an optional peer dependency).
 *
 * @example
 * app.use(honoGuard(guard));
 * app.onError(honoGuardErrors((error, c) => c.text("Internal Server Error", 500)));
 */
export function honoGuard(
  guard: SplitBrainGuard,
  options: GuardHttpOptions = {},
): (context: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  return async ({ req: { raw } }, next) => {
    const { method } = raw;
    const refusal = await guard.request(isWriteTo({ method, path: pathOf(raw) }, options) ? "write" : "read");
    if (refusal !== undefined) return refuse(refusal, raw, options);
    await next();
    return undefined;
  };
}

/**
 * An error handler that answers what `GuardedDatabase` threw in a handler as the guard would have.
 *
 * @param otherwise Answers every other error.
 */
export function honoGuardErrors<C extends Context>(
  otherwise: (error: Error, context: C) => Response | Promise<Response>,
  options: GuardHttpOptions = {},
): (error: Error, context: C) => Response | Promise<Response> {
  return (error, context) =>
    error instanceof DatabaseError ? refuse(error, context.req.raw, options) : otherwise(error, context);
}

async function refuse(refusal: DatabaseError, request: Request, options: GuardHttpOptions): Promise<Response> {
  const answer = answerRefusal(
    refusal,
    {
      path: pathOf(request),
      isForwarded: isForwarded((name) => request.headers.get(name)),
      hasBody: !request.bodyUsed,
    },
    options,
  );
  if (answer.kind === "answer") return new Response(answer.body, { status: answer.status, headers: answer.headers });
  const { url, primaryHostname } = answer;
  const { method, headers, body } = request;
  return forwardToPrimary({ url, primaryHostname, method, headers, body }, options);
}

function pathOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}
