// `faultline/components/replication`: a key-value store whose writes come from a replicated log.
export { KvStore } from "./kv-store.ts";
export type { KvWrite } from "./kv-store.ts";
export type { LogEntry } from "../raft/raft-log.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Plain } from "../../ports/transport.ts";
