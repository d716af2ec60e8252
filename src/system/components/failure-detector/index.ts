// `faultline/components/failure-detector`: who answered a ping lately, by a fixed timeout, an adaptive one or phi.
export { PingFailureDetector } from "./ping-failure-detector.ts";
export type { DetectorKind, PingFailureDetectorOptions } from "./ping-failure-detector.ts";
export type { Estimator, FailureDetectorPort } from "./failure-detector-port.ts";
export type { Clock } from "../../ports/clock.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Timers } from "../../ports/timers.ts";
export type { Message, Plain } from "../../ports/transport.ts";
