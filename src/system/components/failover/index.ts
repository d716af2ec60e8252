// `faultline/components/failover`: a node as primary or replica, and the gate that every write passes.
export { FailoverCoordinator } from "./failover-coordinator.ts";
export type { FailoverCoordinatorOptions, FailoverEvent, NodeState } from "./failover-coordinator.ts";
export { leaseWaitMs, PromotionGuard } from "./promotion-guard.ts";
export type { PromotionGuardOptions, PromotionPolicy } from "./promotion-guard.ts";
export { WriteGate } from "./write-gate.ts";
export type { WriteGateFacts, WriteRefusal } from "./write-gate.ts";
export type * from "../../ports/leader-election.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export type { Clock } from "../../ports/clock.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type * from "../../ports/split-brain.ts";
