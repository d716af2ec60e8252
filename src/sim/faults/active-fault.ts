import type { Plain } from "../../trace/plain.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { FaultOutcome } from "../../trace/result.ts";
import type { Cluster } from "../cluster.ts";
import type { RngStream } from "../kernel/rng.ts";
import { startRange, type FaultContext, type FaultKind } from "./fault.ts";
import { writeFault, type FaultSpec } from "./registry.ts";
import { resolveTargets, type NodeId, type ResolvedTargets } from "./targets.ts";

/** How long to wait until roles that could not be resolved are looked at again, µs. */
const RETRY: Micros = 10_000;

export interface ActiveFaultOptions {
  readonly cluster: Cluster;
  readonly spec: FaultSpec & { readonly id: string };
  readonly kind: FaultKind<FaultSpec>;
}

/** One fault of one run, from its timetable to its outcome. Writes its records; everything it does has one of them as its cause. */
export class ActiveFault implements FaultContext<FaultSpec> {
  readonly id: string;
  readonly spec: FaultSpec;
  readonly cluster: Cluster;
  readonly random: RngStream;
  readonly #kind: FaultKind<FaultSpec>;
  readonly #written: Plain;
  #phase: "waiting" | "active" | "over" = "waiting";
  #targets: ResolvedTargets = { groups: [], roles: {} };
  #startRecord: RecordId = -1;
  #startedAt: Micros = -1;
  #stoppedAt: Micros = -1;
  #touched = 0;
  #end = (): void => undefined;

  constructor(options: ActiveFaultOptions) {
    this.id = options.spec.id;
    this.spec = options.spec;
    this.cluster = options.cluster;
    this.random = options.cluster.rng.stream(`faults/${this.id}`);
    this.#kind = options.kind;
    this.#written = writeFault(options.spec);
  }

  get groups(): readonly (readonly NodeId[])[] {
    return this.#targets.groups;
  }
  get startRecord(): RecordId {
    return this.#startRecord;
  }

  /** Puts its start on the timetable. */
  schedule(): void {
    const [earliest, latest] = startRange(this.spec);
    const at = earliest === latest ? earliest : this.random.integer(earliest, latest);
    this.cluster.at(at, this.#tryToStart);
  }

  // Kinds hand these on as functions, so they are bound.
  readonly stream = (name: string): RngStream => this.cluster.rng.stream(`faults/${this.id}/${name}`);

  readonly touch = (count = 1): void => {
    const isFirst = this.#touched === 0 && count > 0;
    this.#touched += count;
    if (isFirst) this.#under(this.#startRecord, () => this.cluster.trace.fault("touch", this.id));
  };

  readonly at = (time: Micros, work: () => void): void => {
    this.cluster.at(time, () => {
      if (this.#phase === "active") this.#under(this.#startRecord, work);
    });
  };

  readonly finish = (): void => {
    this.stop();
  };

  /** Ends it at this moment, or keeps it from starting. */
  stop(): void {
    const wasActive = this.#phase === "active";
    this.#phase = "over";
    if (!wasActive) return;
    this.#stoppedAt = this.cluster.kernel.now;
    const { trace } = this.cluster;
    const record = this.#under(this.#startRecord, () => trace.fault("stop", this.id, { touched: this.#touched }));
    this.#under(record, this.#end);
  }

  outcome(): FaultOutcome {
    return {
      id: this.id,
      kind: this.spec.kind,
      spec: this.#written,
      startedAt: this.#startedAt,
      stoppedAt: this.#stoppedAt,
      groups: this.#targets.groups,
      roles: this.#targets.roles,
      touched: this.#touched,
      optional: this.spec.optional,
    };
  }

  readonly #tryToStart = (): void => {
    const { cluster, spec } = this;
    const now = cluster.kernel.now;
    if (this.#phase !== "waiting" || (spec.until !== undefined && spec.until <= now)) return;
    const targets = resolveTargets(this.#kind.groups(spec), cluster, this.random);
    if (targets === undefined) {
      cluster.at(now + RETRY, this.#tryToStart);
      return;
    }
    this.#targets = targets;
    this.#start(now);
  };

  #start(now: Micros): void {
    const { cluster, spec, id } = this;
    this.#phase = "active";
    this.#startedAt = now;
    this.#startRecord = cluster.trace.fault("start", id, {
      kind: spec.kind,
      spec: JSON.stringify(this.#written),
      groups: JSON.stringify(this.#targets.groups),
      roles: JSON.stringify(this.#targets.roles),
    });
    // The end is put on the timetable first: what the effect schedules for the same moment comes too late.
    const end = spec.until ?? (spec.for === undefined ? undefined : now + spec.for);
    if (end !== undefined) this.at(end, this.finish);
    this.#under(this.#startRecord, () => {
      this.#end = this.#kind.start(this);
    });
  }

  /** Runs code whose records have this cause. */
  #under<T>(cause: RecordId, code: () => T): T {
    const { trace } = this.cluster;
    const before = trace.cause;
    trace.cause = cause;
    try {
      return code();
    } finally {
      trace.cause = before;
    }
  }
}
