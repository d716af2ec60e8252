import { NotPrimaryError, type DatabaseError } from "../../ports/database-errors.ts";

/** What the client of a write on a replica gets. Where no primary is known, or the request came from a replica already: a refusal. */
export type OnReplica =
  /** 503 with `Retry-After`. */
  | "refuse"
  /** 307 to the primary. */
  | "redirect"
  /** Fly.io's proxy repeats it at the primary (`fly-replay`). */
  | "fly-replay"
  /** This node asks the primary and passes its answer on. */
  | "forward";

export interface RefusalOptions {
  /** Default `refuse`. */
  readonly onReplica?: OnReplica;
  /** Base address of the application at a host. Default `http://HOST`. */
  readonly primaryUrl?: (hostname: string) => string;
  /** Seconds, whole, after which a refused client may try again. Default 30. */
  readonly retryAfterSeconds?: number;
}

/** What is known of a request that is refused. */
export interface RefusedRequest {
  /** Path with query, as it was asked for; it begins with `/`. */
  readonly path: string;
  /** A replica has passed it on already: one hop is all there is. */
  readonly isForwarded: boolean;
  /** Its body can still be passed on. */
  readonly hasBody: boolean;
}

/** How a refused request ends. */
export type RefusalAnswer =
  | {
      readonly kind: "answer";
      readonly status: 307 | 503;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "forward"; readonly url: string; readonly primaryHostname: string };

/** Header of a request that a replica passed on, with the name of that replica. */
export const FORWARDED_HEADER = "x-litefs-forwarded";
/** Header of an answer that names the primary. */
export const PRIMARY_HEADER = "x-litefs-primary-node";
/** Header that Fly.io's proxy puts on what it repeats. */
export const REPLAYED_HEADER = "fly-replay-src";

/** Methods that change nothing (RFC 9110 §9.2.1); every other one is a write. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Whether a request counts as a read or as a write, by its method. */
export function kindOf(method: string): "read" | "write" {
  return SAFE_METHODS.has(method.toUpperCase()) ? "read" : "write";
}

/** What a refused request is answered, or where it is sent. */
export function answerRefusal(
  error: DatabaseError,
  request: RefusedRequest,
  options: RefusalOptions = {},
): RefusalAnswer {
  const { onReplica = "refuse", primaryUrl = (hostname) => `http://${hostname}`, retryAfterSeconds = 30 } = options;
  const primary = error instanceof NotPrimaryError ? error.primaryHostname : undefined;
  const named: Record<string, string> = primary === undefined ? {} : { [PRIMARY_HEADER]: primary };
  const answer = (status: 307 | 503, headers: Readonly<Record<string, string>>): RefusalAnswer => ({
    kind: "answer",
    status,
    headers: { "content-type": "application/json", ...named, ...headers },
    body: JSON.stringify({ error: error.code, message: error.message }),
  });
  const refused = { "retry-after": String(retryAfterSeconds) };
  if (primary === undefined || request.isForwarded) return answer(503, refused);
  const url = primaryUrl(primary).replace(/\/$/, "") + request.path;
  switch (onReplica) {
    case "refuse":
      return answer(503, refused);
    case "redirect":
      return answer(307, { location: url });
    case "fly-replay":
      // Fly.io goes by the header alone; a client that is not behind it must not take this for success.
      return answer(503, { ...refused, "fly-replay": `instance=${primary}` });
    case "forward":
      return request.hasBody ? { kind: "forward", url, primaryHostname: primary } : answer(503, refused);
  }
}
