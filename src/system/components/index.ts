// `faultline/components`: all of them, for use without any simulator: each takes only the ports it needs.
export * from "./hlc/index.ts";
export * from "./circuit-breaker/index.ts";
export * from "./failure-detector/index.ts";
export * from "./lock/index.ts";
export * from "./raft/index.ts";
export * from "./split-brain/index.ts";
export * from "./failover/index.ts";
export * from "./replication/index.ts";
export * from "./receipts/index.ts";
export * from "./proxy/index.ts";
export * from "./guard/index.ts";
export * from "./settings/index.ts";
