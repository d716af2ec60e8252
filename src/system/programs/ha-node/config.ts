import type { DetectorKind } from "../../components/failure-detector/ping-failure-detector.ts";

/** Configuration of an `ha-node`. Times are integer ms. Everything has a default. */
export interface HaNodeConfig {
  /** Minimum election timeout ET. Default 300. */
  readonly electionTimeoutMs?: number;
  /** Heartbeat interval HB. Default 50. */
  readonly heartbeatMs?: number;
  /** Leader lease. Default 0.75·ET. */
  readonly leaseMs?: number;
  /** Poll period of the coordinator. Default 100. */
  readonly pollMs?: number;
  /** `strict` (default): a write needs a live lease. `off`: the seeds' own behaviour, the marker alone decides. */
  readonly leases?: "strict" | "off";
  /** How peers are judged. Default `fixed`. */
  readonly detector?: DetectorKind;
  /** Node id of an isolation device, when there is one. */
  readonly isolation?: string;
  /** Log entries one append carries at most. Default 64. */
  readonly batchMax?: number;
}

/** The same with every default filled in that is not another component's own. */
export interface ResolvedHaNodeConfig {
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly leases: "strict" | "off";
  readonly detector: DetectorKind;
  readonly isolation: string;
  readonly batchMax: number;
}

export function resolveHaNodeConfig(config: HaNodeConfig): ResolvedHaNodeConfig {
  const electionTimeoutMs = config.electionTimeoutMs ?? 300;
  return {
    electionTimeoutMs,
    heartbeatMs: config.heartbeatMs ?? 50,
    leaseMs: config.leaseMs ?? Math.floor((electionTimeoutMs * 3) / 4),
    pollMs: config.pollMs ?? 100,
    leases: config.leases ?? "strict",
    detector: config.detector ?? "fixed",
    isolation: config.isolation ?? "",
    batchMax: config.batchMax ?? 64,
  };
}
