// `faultline/components/guard`: stands before an application's writes, and refuses those that a node must not make.
export { createSplitBrainGuard, SplitBrainGuard } from "./split-brain-guard.ts";
export type { SplitBrainGuardOptions } from "./split-brain-guard.ts";
export type { CoordinatorSource } from "./coordinator-watch.ts";
export type {
  CheckCause,
  GuardCoordinator,
  GuardEdge,
  GuardPrimary,
  GuardState,
  SplitBrainSignal,
} from "./guard-state.ts";
export { Signal } from "./signal.ts";
export { GuardedDatabase } from "./guarded-database.ts";
export type { GuardedDatabaseOptions, GuardedStatements, WriteAuthority } from "./guarded-database.ts";
export { answerRefusal, FORWARDED_HEADER, kindOf, PRIMARY_HEADER } from "./refusal-answer.ts";
export type { OnReplica, RefusalAnswer, RefusalOptions, RefusedRequest } from "./refusal-answer.ts";
export type { SplitBrainEvent, SplitBrainState } from "../split-brain/split-brain-coordinator.ts";
export type { Clock } from "../../ports/clock.ts";
export { DatabaseError, NotPrimaryError, SplitBrainError, StaleEpochError } from "../../ports/database-errors.ts";
export { FaultlineError, LiteFSConfigError } from "../../ports/errors.ts";
export { silentLog } from "../../ports/log.ts";
export type { Log, LogLevel } from "../../ports/log.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export { SqlError } from "../../ports/sql-engine.ts";
export type { SqlEngine, SqlRow, SqlValue } from "../../ports/sql-engine.ts";
export type { Timers } from "../../ports/timers.ts";
