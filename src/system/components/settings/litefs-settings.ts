import type { z } from "zod";
import { LiteFSConfigError } from "../../ports/errors.ts";
import { parseDuration } from "./durations.ts";
import type { MarkerSemantics } from "./primary-marker.ts";
import { SETTINGS_DEFAULTS, settingsSchema, type CheckedSettings } from "./settings-schema.ts";

/** The members of a Raft group by address, as one of them sees it. */
export interface RaftSettings {
  readonly selfAddress: string;
  /** The others, sorted. */
  readonly peers: readonly string[];
  /** All of them, sorted: the same at each member whether or not it names itself among its peers. */
  readonly members: readonly string[];
  /** More than half of the members. */
  readonly quorumSize: number;
}

/** The settings as the rest of the system knows them. */
export interface LiteFSSettings {
  readonly isEnabled: boolean;
  readonly mountPath: string;
  readonly dataPath: string;
  readonly databaseName: string;
  /** `static`: one designated primary that is never replaced. `raft`: elected. */
  readonly leaderElection: "static" | "raft";
  /** Always there when the election is `static`. */
  readonly primaryHostname?: string;
  /** Always there when the election is `raft`. */
  readonly raft?: RaftSettings;
  /** Where the application is reached; the seeds' tables say "for replication", which has a port of its own. */
  readonly proxyAddress: string;
  /** How long transactions are kept for replicas that were away, as written. The seeds' tables say WAL files. */
  readonly retention: string;
  readonly retentionMs: number;
  readonly proxy?: { readonly address: string; readonly target: string; readonly database: string };
  readonly detectSplitBrain: boolean;
  /** Requests between two checks. */
  readonly splitBrainCheckInterval: number;
  readonly markerSemantics: MarkerSemantics;
  /** Whatever the application put there. */
  readonly raftAdapter?: unknown;
}

/**
 * Reads the seeds' dictionary `LITEFS`.
 *
 * @param dict    Unknown keys are refused: a misspelt `DETECT_SPLIT_BRAIN` must not be a silent off.
 * @param options `strict`: every key of the seed's table of required settings must be there. Default false: those that have a
 *   default may be left out.
 * @throws {LiteFSConfigError} `LITEFS_MOUNT_PATH` ("LiteFS mount path validation failed"), `LITEFS_MISSING` ("Missing required LiteFS
 *   settings"), `LITEFS_SETTINGS` for what else is wrong. `facts` has the keys.
 * @example
 * getLiteFSSettings({ PRIMARY_HOSTNAME: "node-0" }).mountPath; // "/litefs"
 */
export function getLiteFSSettings(dict: unknown, options: { readonly strict?: boolean } = {}): LiteFSSettings {
  const parsed = settingsSchema.safeParse(dict);
  if (!parsed.success) throw explain(parsed.error.issues);
  const given = parsed.data;
  const settings = { ...SETTINGS_DEFAULTS, ...withoutUndefined(given) };
  const missing = missingKeys(given, { ...settings, isStrict: options.strict === true });
  if (missing.length > 0)
    throw new LiteFSConfigError("LITEFS_MISSING", `Missing required LiteFS settings: ${missing.join(", ")}.`, {
      missing,
    });
  const { PRIMARY_HOSTNAME, PROXY } = settings;
  const adapter = adapterOf(given);
  const raft = settings.LEADER_ELECTION === "raft" ? raftSettings(given) : undefined;
  return {
    isEnabled: settings.ENABLED,
    mountPath: settings.MOUNT_PATH,
    dataPath: settings.DATA_PATH,
    databaseName: settings.DATABASE_NAME,
    leaderElection: settings.LEADER_ELECTION,
    ...(PRIMARY_HOSTNAME === undefined ? {} : { primaryHostname: PRIMARY_HOSTNAME }),
    ...(raft === undefined ? {} : { raft }),
    proxyAddress: settings.PROXY_ADDR,
    retention: settings.RETENTION,
    retentionMs: parseDuration(settings.RETENTION) as number,
    ...(PROXY === undefined ? {} : { proxy: { address: PROXY.ADDR, target: PROXY.TARGET, database: PROXY.DB } }),
    detectSplitBrain: settings.DETECT_SPLIT_BRAIN ?? false,
    splitBrainCheckInterval: settings.SPLIT_BRAIN_CHECK_INTERVAL ?? 100,
    markerSemantics: settings.MARKER_SEMANTICS ?? "seed",
    ...(adapter === undefined ? {} : { raftAdapter: adapter }),
  };
}

function missingKeys(
  given: CheckedSettings,
  settings: { readonly LEADER_ELECTION: "static" | "raft"; readonly ENABLED: boolean; readonly isStrict: boolean },
): string[] {
  const always = settings.isStrict ? (Object.keys(SETTINGS_DEFAULTS) as (keyof CheckedSettings)[]) : [];
  const forElection: Record<"static" | "raft", (keyof CheckedSettings)[]> = {
    static: ["PRIMARY_HOSTNAME"],
    raft: ["RAFT_SELF_ADDR", "RAFT_PEERS"],
  };
  // What is switched off needs nobody to elect.
  const needed = settings.ENABLED ? [...always, ...forElection[settings.LEADER_ELECTION]] : always;
  return needed.filter((key) => given[key] === undefined);
}

/** The seeds write one key in lower case in a dictionary of upper-case ones; either will do, two different ones will not. */
function adapterOf({ raft_adapter: lower, RAFT_ADAPTER: upper }: CheckedSettings): unknown {
  if (lower !== undefined && upper !== undefined && lower !== upper)
    throw new LiteFSConfigError("LITEFS_SETTINGS", "raft_adapter and RAFT_ADAPTER are the same setting, and differ.", {
      keys: ["raft_adapter", "RAFT_ADAPTER"],
    });
  return (upper ?? lower) === null ? undefined : (upper ?? lower);
}

function raftSettings({ RAFT_SELF_ADDR: self, RAFT_PEERS: peers }: CheckedSettings): RaftSettings | undefined {
  if (self === undefined || peers === undefined) return undefined;
  const selfAddress = self.toLowerCase();
  const members = [...new Set([selfAddress, ...peers.map((peer) => peer.toLowerCase())])].sort();
  return {
    selfAddress,
    peers: members.filter((member) => member !== selfAddress),
    members,
    quorumSize: Math.floor(members.length / 2) + 1,
  };
}

function explain(issues: readonly z.core.$ZodIssue[]): LiteFSConfigError {
  const told = issues.map((issue) => {
    const at = issue.path.join(".");
    return at === "" ? issue.message : `${at}: ${issue.message}`;
  });
  const keys = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : [issue.path.join(".")]));
  const facts = { keys, problems: told };
  // The seed's own message, when the mount path is what is wrong.
  if (keys.includes("MOUNT_PATH"))
    return new LiteFSConfigError("LITEFS_MOUNT_PATH", `LiteFS mount path validation failed: ${told.join(" ")}`, facts);
  return new LiteFSConfigError("LITEFS_SETTINGS", `LiteFS settings are wrong: ${told.join(" ")}`, facts);
}

function withoutUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
