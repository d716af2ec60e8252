import type { FaultInput, ScenarioInput } from "./model.ts";
import { registerCode, type CodeKind, type NamedCode } from "./registry.ts";
import type { StateProbe } from "./sometimes.ts";

type FaultKindName = FaultInput["kind"];
type WithoutTime<F> = F extends FaultInput ? Omit<F, "kind" | "at"> : never;
/** What one writes for a fault of a kind: its fields but `kind` and `at`. */
export type FaultOf<K extends FaultKindName> = WithoutTime<Extract<FaultInput, { kind: K }>>;
/** A fault that does not know yet when it starts; {@link at} tells it. */
export type UntimedFault<K extends FaultKindName = FaultKindName> = FaultOf<K> & { readonly kind: K };

type Program = NamedCode & { start(env: never, config: never): object };
type Workload = NamedCode & { readonly program: Program };
type Checker = NamedCode & { create(context: never): object };
type Groups<T> = T extends readonly (infer G)[] ? G : never;

/** A scenario whose programs, workloads, checkers and probes may be given as code. */
export interface ScenarioDefinition extends Omit<ScenarioInput, "nodes" | "workload" | "checks" | "sometimes"> {
  readonly nodes: readonly (Omit<Groups<ScenarioInput["nodes"]>, "program"> & { readonly program: string | Program })[];
  readonly workload?: readonly (Omit<Groups<NonNullable<ScenarioInput["workload"]>>, "kind"> & {
    readonly kind: string | Workload;
  })[];
  readonly checks?:
    "all" | readonly (Exclude<Groups<NonNullable<ScenarioInput["checks"]>>, string> | string | Checker)[];
  readonly sometimes?: readonly (Groups<NonNullable<ScenarioInput["sometimes"]>> | StateProbe)[];
}

/**
 * Makes scenario data of a definition: code in it is registered under its name, and the name takes its place.
 *
 * @remarks Code given inline is known to this process alone; a file that is run by its path is loaded anew by each process.
 */
export function defineScenario(definition: ScenarioDefinition): ScenarioInput {
  const { nodes, workload, checks, sometimes, ...rest } = definition;
  return {
    ...rest,
    nodes: nodes.map((group) => ({ ...group, program: nameOf("program", group.program) })),
    ...(workload === undefined
      ? {}
      : { workload: workload.map((entry) => ({ ...entry, kind: nameOf("workload", entry.kind) })) }),
    ...(checks === undefined
      ? {}
      : {
          checks:
            checks === "all" ? checks : checks.map((check) => (isNamed(check) ? nameOf("checker", check) : check)),
        }),
    ...(sometimes === undefined
      ? {}
      : { sometimes: sometimes.map((entry) => (isProbe(entry) ? nameOf("probe", entry) : entry)) }),
  };
}

function isNamed(check: unknown): check is string | Checker {
  return typeof check === "string" || typeof (check as { create?: unknown }).create === "function";
}

function isProbe(entry: NonNullable<ScenarioDefinition["sometimes"]>[number]): entry is StateProbe {
  return typeof entry === "object" && "happens" in entry;
}

function nameOf(kind: CodeKind, code: string | NamedCode): string {
  if (typeof code === "string") return code;
  registerCode(kind, code);
  return code.name;
}

/** A fault that starts at `time` (`"10s"`), or at a moment drawn between two. */
export function at(time: string | [string, string], fault: UntimedFault): FaultInput {
  return { ...fault, at: time } as unknown as FaultInput;
}

function maker<K extends FaultKindName>(kind: K): (spec: FaultOf<K>) => UntimedFault<K> {
  return (spec) => ({ ...(spec as object), kind }) as UntimedFault<K>;
}

// One function a kind; what each takes is what YAML takes, typed from the same schema.
export const partition = maker("partition");
export const flap = maker("flap");
export const delay = maker("delay");
export const jitter = maker("jitter");
export const loss = maker("loss");
export const burstLoss = maker("burst-loss");
export const duplicate = maker("duplicate");
export const reorder = maker("reorder");
export const bandwidth = maker("bandwidth");
export const queueLimit = maker("queue-limit");
export const corrupt = maker("corrupt");
export const blackhole = maker("blackhole");
export const hold = maker("hold");
export const release = maker("release");
export const skew = maker("skew");
export const drift = maker("drift");
export const step = maker("step");
export const leapSecond = maker("leap-second");
export const strobe = maker("strobe");
export const freeze = maker("freeze");
export const smear = maker("smear");
export const wrongAtBoot = maker("wrong-at-boot");
export const crash = maker("crash");
export const kill = maker("kill");
export const restart = maker("restart");
export const restartLoop = maker("restart-loop");
export const rollingRestart = maker("rolling-restart");
export const pause = maker("pause");
export const slow = maker("slow");
export const wipe = maker("wipe");
export const diskSlow = maker("disk-slow");
export const diskLoseUnsynced = maker("disk-lose-unsynced");
export const diskTornWrite = maker("disk-torn-write");
export const diskFull = maker("disk-full");
export const diskFsyncFails = maker("disk-fsync-fails");
export const diskReadOnly = maker("disk-read-only");
export const diskStuck = maker("disk-stuck");
export const bitRot = maker("bit-rot");
export const sharedDisk = maker("shared-disk");
export const redisDown = maker("redis-down");
export const redisSlow = maker("redis-slow");
export const redisFailover = maker("redis-failover");
export const order = maker("order");
export const ofdFails = maker("ofd-fails");
export const ofdTimeoutAfterAccept = maker("ofd-timeout-after-accept");
export const ofdSlow = maker("ofd-slow");
export const ofdDuplicateDelivery = maker("ofd-duplicate-delivery");
export const dnsStale = maker("dns-stale");
