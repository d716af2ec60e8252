// `faultline/components/raft`: one leader a term, and a log that a majority keeps.
export { RaftNode } from "./raft-node.ts";
export type { RaftOptions, RaftRole } from "./raft-node.ts";
export { raftConfig } from "./raft-config.ts";
export type { RaftConfig } from "./raft-config.ts";
export { RaftLeaderElection } from "./raft-election-port.ts";
export type { LogEntry } from "./raft-log.ts";
export type { Command, ProposalOutcome } from "./leadership.ts";
export type { Clock } from "../../ports/clock.ts";
export type { Disk } from "../../ports/disk.ts";
export { FailStopError, FaultlineError } from "../../ports/errors.ts";
export type * from "../../ports/leader-election.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Random } from "../../ports/random.ts";
export type { Timers } from "../../ports/timers.ts";
export type { Message, Plain } from "../../ports/transport.ts";
