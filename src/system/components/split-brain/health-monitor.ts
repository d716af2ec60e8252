import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";
import type { HealthLevel, HealthStatePort, HealthStatus } from "../../ports/split-brain.ts";

/** One thing that can be wrong with a node. */
export interface HealthSource {
  /** Why the node is not well (`"disk_slow"`). */
  readonly reason: string;
  level(): HealthLevel;
}

/**
 * Judges a write latency against ET: unhealthy beyond it (a leader that slow can acknowledge nobody in time), degraded beyond a
 * quarter.
 */
export function diskLatencySource(options: { writeMs: () => number; electionTimeoutMs: number }): HealthSource {
  return {
    reason: "disk_slow",
    level: () => {
      const ms = options.writeMs();
      return ms > options.electionTimeoutMs ? "unhealthy" : ms * 4 > options.electionTimeoutMs ? "degraded" : "healthy";
    },
  };
}

/** Unhealthy while something does not fit on the disk: such a node can promise nothing, and so acknowledge nothing. */
export function diskSpaceSource(options: { isFull: () => boolean }): HealthSource {
  return { reason: "disk_full", level: () => (options.isFull() ? "unhealthy" : "healthy") };
}

/**
 * Judges how far a replica is behind its primary: degraded beyond `maxMs`. Never unhealthy: where no primary is left every replica
 * is behind, and one of them has to lead.
 */
export function replicationLagSource(options: { lagMs: () => number; maxMs: number }): HealthSource {
  return { reason: "replication_lag", level: () => (options.lagMs() > options.maxMs ? "degraded" : "healthy") };
}

/**
 * Judges how far the wall clock is off, either way: degraded beyond half of what may be tolerated, unhealthy beyond all of it, or
 * never with `isReportOnly`.
 */
export function clockOffsetSource(options: {
  offsetMs: () => number;
  maxOffsetMs: number;
  isReportOnly?: boolean;
}): HealthSource {
  const worst = options.isReportOnly === true ? "degraded" : "unhealthy";
  return {
    reason: "clock",
    level: () => {
      const ms = Math.abs(options.offsetMs());
      return ms > options.maxOffsetMs ? worst : ms * 2 > options.maxOffsetMs ? "degraded" : "healthy";
    },
  };
}

/** Samples its sources and keeps the worst as the node's health. */
export class HealthMonitor implements HealthStatePort {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #sources: readonly HealthSource[];
  #status: HealthStatus;

  constructor(options: { clock: Clock; observer: Observer; sources: readonly HealthSource[] }) {
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#sources = options.sources;
    this.#status = { isHealthy: true, level: "healthy", lastCheck: options.clock.wall() / 1_000 };
    this.#observe();
  }

  getHealthStatus(): HealthStatus {
    return this.#status;
  }
  updateHealth(status: HealthStatus): void {
    this.#status = status;
    this.#observe();
  }

  /** Asks every source now. */
  sample(): HealthStatus {
    const lastCheck = this.#clock.wall() / 1_000;
    let worst: HealthSource | undefined;
    let level: HealthLevel = "healthy";
    for (const source of this.#sources) {
      const found = source.level();
      if (found === "healthy" || level === "unhealthy" || found === level) continue;
      worst = source;
      level = found;
    }
    this.updateHealth({
      isHealthy: level !== "unhealthy",
      level,
      lastCheck,
      ...(worst === undefined ? {} : { reason: worst.reason }),
    });
    return this.#status;
  }

  #observe(): void {
    this.#observer.state("health", this.#status.level, { reason: this.#status.reason ?? "" });
  }
}
