import { ScenarioError } from "../../lab/scenario/problems.ts";

/** Where a Redis is, as its clients take it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
  /** For people: without the password. */
  readonly text: string;
}

const EXPECTED = "redis://[user:password@]host[:port][/database], or rediss:// for TLS";

/**
 * Reads `redis://127.0.0.1:6379/0`.
 *
 * @throws {ScenarioError} `FLEET_URL` for anything else.
 */
export function parseAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
    throw refusal("This is no address of a Redis.", masked(text));
  const database = /^\/?(\d{0,4})\/?$/.exec(url.pathname)?.[1];
  if (database === undefined || url.search !== "" || url.hash !== "")
    throw refusal("Behind the host there may be the number of a database, and nothing else.", masked(text));
  const port = url.port === "" ? 6379 : Number(url.port);
  const isSecure = url.protocol === "rediss:";
  return {
    // An IPv6 address stands in brackets in a URL alone.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    db: Number(database),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(isSecure ? { tls: {} } : {}),
    text: `${url.protocol}//${url.hostname}:${String(port)}${database === "" ? "" : `/${database}`}`,
  };
}

/** Whatever may be a password is left out. */
function masked(text: string): string {
  return JSON.stringify(text.replace(/\/\/[^@/]*@/, "//…@"));
}

function refusal(message: string, got: string): ScenarioError {
  return new ScenarioError([{ code: "FLEET_URL", path: [], file: "--queue", message, expected: EXPECTED, got }]);
}
