import { z } from "zod";
import type { Program } from "../../system/ports/node.ts";
import { durationSchema } from "../../sim/faults/units.ts";
import { registerCode, registeredCode } from "../scenario/registry.ts";
import type { KnownNames } from "../scenario/validate.ts";

/** Any program: what it is started with is checked by itself, or by the schema registered with it. */
export type AnyProgram = Program<never>;

interface BuiltIn {
  readonly load: () => Promise<AnyProgram>;
  /** Its settings as scenarios write them. */
  readonly config: z.ZodType;
}

const milliseconds = durationSchema({ min: 1_000 }).optional();

const haNodeConfig = z.strictObject({
  electionTimeout: milliseconds,
  heartbeat: milliseconds,
  lease: milliseconds,
  poll: milliseconds,
  leases: z.enum(["strict", "off"]).optional(),
  isolation: z.boolean().optional(),
  detector: z.enum(["fixed", "adaptive", "phi"]).optional(),
  batchMax: z.int().min(1).max(1_024).optional(),
  snapshotEntries: z.int().min(1).optional(),
  durability: z.enum(["quorum", "async"]).optional(),
  election: z.enum(["raft", "static", "lease"]).optional(),
  leaseStore: z.string().optional(),
  leaseTtl: durationSchema({ min: 100_000 }).optional(),
  primary: z.string().optional(),
  promotion: z.enum(["wait-out", "isolate", "immediate"]).optional(),
  retention: milliseconds,
  strategy: z.enum(["force_replica", "rollback_to_checkpoint", "shutdown_safe"]).optional(),
  watchdog: milliseconds,
  voters: z.array(z.string()).optional(),
  witnesses: z.array(z.string()).optional(),
  learners: z.array(z.string()).optional(),
  weights: z.record(z.string(), z.int().min(0).max(255)).optional(),
  transferOnUnhealthy: z.boolean().optional(),
  clockOffsetMax: milliseconds,
  transferOnClockOffset: z.boolean().optional(),
  reads: z.enum(["lease", "read-index"]).optional(),
  halt: z
    .strictObject({
      ttl: milliseconds,
      acquireTimeout: milliseconds,
      sweep: milliseconds,
      keep: milliseconds,
    })
    .optional(),
  guard: z.strictObject({ interval: z.int().min(1).optional(), poll: durationSchema().optional() }).optional(),
});

const rywProxyConfig = haNodeConfig.omit({ durability: true, guard: true, halt: true }).extend({
  proxy: z
    .strictObject({
      passthrough: z.array(z.string()).optional(),
      alwaysForward: z.array(z.string()).optional(),
      onReplica: z.enum(["forward", "fly-replay"]).optional(),
      monotonicReads: z.boolean().optional(),
      readTimeout: milliseconds,
      primaryTimeout: milliseconds,
      upstreamTimeout: milliseconds,
      poll: milliseconds,
      lagMax: milliseconds,
    })
    .optional(),
});

const posAdapterConfig = z.strictObject({
  redis: z.string().optional(),
  ofd: z.string().optional(),
  buffer: z.enum(["own", "replicated"]).optional(),
  capacity: z.int().min(1).optional(),
  lock: z.enum(["redis", "raft"]).optional(),
  lockTtl: milliseconds,
  lockWait: durationSchema().optional(),
  syncInterval: durationSchema().optional(),
  batchMax: z.int().min(1).max(50).optional(),
  retriesMax: z.int().min(1).optional(),
  announce: z.boolean().optional(),
  maxOffset: milliseconds,
  failureThreshold: z.int().min(1).optional(),
  recoveryTimeout: milliseconds,
  successThreshold: z.int().min(1).optional(),
  callTimeout: milliseconds,
  electionTimeout: milliseconds,
  heartbeat: milliseconds,
  lease: milliseconds,
  snapshotEntries: z.int().min(1).optional(),
});

/** The package's own programs, loaded when a scenario names them. */
const BUILT_IN: ReadonlyMap<string, BuiltIn> = new Map([
  [
    "ha-node",
    {
      config: haNodeConfig,
      load: async () => (await import("../../system/programs/ha-node/ha-node.ts")).haNode,
    },
  ],
  [
    "ryw-proxy",
    {
      config: rywProxyConfig,
      load: async () => (await import("../../system/programs/ryw-proxy/ryw-proxy.ts")).rywProxy,
    },
  ],
  [
    "pos-adapter",
    {
      config: posAdapterConfig,
      load: async () => (await import("../../system/programs/pos-adapter/pos-adapter.ts")).posAdapter,
    },
  ],
  [
    "isolation-device",
    {
      config: z.strictObject({}),
      load: async () => (await import("../../system/programs/isolation-device/isolation-device.ts")).isolationDevice,
    },
  ],
  [
    "redis",
    {
      config: z.strictObject({}),
      load: async () => (await import("../../system/programs/redis/server.ts")).redisServer,
    },
  ],
  [
    "ofd",
    {
      config: z.strictObject({ checksTokens: z.boolean().optional() }),
      load: async () => (await import("../../system/programs/ofd/server.ts")).ofdServer,
    },
  ],
]);

/** Makes a program known to scenarios of this process under its name, and returns it. */
export function registerProgram<Config>(program: Program<Config>): Program<Config> {
  registerCode("program", program);
  return program;
}

/** The program of a name that {@link knownPrograms} has. */
export async function findProgram(name: string): Promise<AnyProgram> {
  const own = registeredCode("program").get(name);
  if (own !== undefined) return own as unknown as AnyProgram;
  const builtIn = BUILT_IN.get(name);
  if (builtIn === undefined) throw new RangeError(`No program is called "${name}".`);
  return builtIn.load();
}

export function knownPrograms(): KnownNames["programs"] {
  const known = new Map<string, { readonly config?: z.ZodType }>();
  for (const [name, { config }] of BUILT_IN) known.set(name, { config });
  for (const name of registeredCode("program").keys()) known.set(name, {});
  return known;
}
