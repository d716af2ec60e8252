import { LiteFSConfigError } from "../../ports/errors.ts";

/** What a replica does with a write: asks the primary itself, or has Fly.io's proxy do so. */
export type OnReplicaWrite = "forward" | "fly-replay";

/** Settings of a read-your-writes proxy. Times are integer ms, ≥ 1. Everything has a default. */
export interface ProxyConfig {
  /** Paths that are none of the proxy's business, `*` for anything: as `/static/*` or `*.png`. Default none. */
  readonly passthrough?: readonly string[];
  /** Paths whose GET and HEAD go to the primary as writes do, in the same form. Default none. */
  readonly alwaysForward?: readonly string[];
  /** Default `forward`. */
  readonly onReplica?: OnReplicaWrite;
  /** A cookie goes with the answers to reads too: what a session has seen at one node, the others show it. Default false. */
  readonly monotonicReads?: boolean;
  /** How long a read waits for what its session has written. Default 5,000. */
  readonly readTimeoutMs?: number;
  /** How long a write waits for somebody to be the primary (PRIMARY_REDIRECT_TIMEOUT). Default 5,000. */
  readonly primaryTimeoutMs?: number;
  /** How long the target, or the primary, may take to begin with its answer. Default 30,000. */
  readonly upstreamTimeoutMs?: number;
  /** Between two looks at how far the replication is. Default 1. */
  readonly pollMs?: number;
  /** A node that lags by more is not healthy. Default 10,000. */
  readonly lagMaxMs?: number;
}

export type ResolvedProxyConfig = Required<Omit<ProxyConfig, "passthrough" | "alwaysForward">> & {
  readonly isPassthrough: (path: string) => boolean;
  readonly isAlwaysForward: (path: string) => boolean;
};

/** @throws {LiteFSConfigError} `PROXY_CONFIG` */
export function resolveProxyConfig(config: ProxyConfig): ResolvedProxyConfig {
  const { passthrough = [], alwaysForward = [], onReplica = "forward", monotonicReads = false } = config;
  const timeMs = (name: string, value: number): number => {
    if (Number.isSafeInteger(value) && value >= 1 && value <= 2_147_483_647) return value;
    throw new LiteFSConfigError("PROXY_CONFIG", `${name} is ${String(value)}; expected integer ms of at least 1.`, {
      [name]: value,
    });
  };
  return {
    isPassthrough: matcherOf("passthrough", passthrough),
    isAlwaysForward: matcherOf("alwaysForward", alwaysForward),
    onReplica,
    monotonicReads,
    readTimeoutMs: timeMs("readTimeoutMs", config.readTimeoutMs ?? 5_000),
    primaryTimeoutMs: timeMs("primaryTimeoutMs", config.primaryTimeoutMs ?? 5_000),
    upstreamTimeoutMs: timeMs("upstreamTimeoutMs", config.upstreamTimeoutMs ?? 30_000),
    pollMs: timeMs("pollMs", config.pollMs ?? 1),
    lagMaxMs: timeMs("lagMaxMs", config.lagMaxMs ?? 10_000),
  };
}

function matcherOf(name: string, patterns: readonly string[]): (path: string) => boolean {
  const split = patterns.map((pattern) => {
    if (/^[/*]/.test(pattern)) return pattern.split("*");
    throw new LiteFSConfigError("PROXY_CONFIG", `${name} has "${pattern}"; expected a path that begins with / or *.`, {
      pattern,
    });
  });
  return (path) => split.some((parts) => matches(path, parts));
}

/** Whether a path is these parts with anything between them. Each part is taken where it first fits, which is never too late. */
function matches(path: string, parts: readonly string[]): boolean {
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  if (parts.length === 1) return path === first;
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = path.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from + last.length <= path.length;
}
