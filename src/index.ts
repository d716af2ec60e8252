// Programs: what a node runs, and what it is handed.
export type { Clock } from "./system/ports/clock.ts";
export type { Disk } from "./system/ports/disk.ts";
export type { NodeEnv, NodeId, Program, RunningProgram } from "./system/ports/node.ts";
export type { Observer, OperationCall, Outcome } from "./system/ports/observer.ts";
export type { Random } from "./system/ports/random.ts";
export type { Timer, Timers } from "./system/ports/timers.ts";
export type { Fields, Message, MessageHandler, Plain, Transport } from "./system/ports/transport.ts";
export { DiskError, FailStopError, FaultlineError } from "./system/ports/errors.ts";
export { defineProgram } from "./system/programs/define-program.ts";
export { every } from "./system/programs/every.ts";
export { registerProgram } from "./lab/run/programs.ts";

// Scenarios: a cluster, what its clients do, what breaks, what must hold.
export {
  at,
  bandwidth,
  bitRot,
  blackhole,
  burstLoss,
  corrupt,
  crash,
  defineScenario,
  delay,
  diskFsyncFails,
  diskFull,
  diskLoseUnsynced,
  diskReadOnly,
  diskSlow,
  diskStuck,
  diskTornWrite,
  dnsStale,
  drift,
  duplicate,
  flap,
  freeze,
  hold,
  jitter,
  kill,
  leapSecond,
  loss,
  ofdDuplicateDelivery,
  ofdFails,
  ofdSlow,
  ofdTimeoutAfterAccept,
  order,
  partition,
  pause,
  queueLimit,
  redisDown,
  redisFailover,
  redisSlow,
  release,
  reorder,
  restart,
  restartLoop,
  rollingRestart,
  sharedDisk,
  skew,
  slow,
  smear,
  step,
  strobe,
  wipe,
  wrongAtBoot,
} from "./lab/scenario/dsl.ts";
export type { ScenarioDefinition } from "./lab/scenario/dsl.ts";
export type { FaultInput, LoadedScenario, Scenario, ScenarioInput } from "./lab/scenario/model.ts";
export { sometimes } from "./lab/scenario/sometimes.ts";
export type { StateProbe, StatesOfNode } from "./lab/scenario/sometimes.ts";
export { patchScenario } from "./lab/scenario/patch.ts";
export type { ScenarioPatch } from "./lab/scenario/patch.ts";
export { ScenarioError } from "./lab/scenario/problems.ts";
export type { Problem } from "./lab/scenario/problems.ts";
export { registerWorkload } from "./lab/run/workloads.ts";
export type { ClientConfig, Workload } from "./lab/run/workloads.ts";

// Checkers: what must hold.
export { defineChecker } from "./lab/checkers/checker.ts";
export { defineInvariant } from "./lab/checkers/define-invariant.ts";
export type { NodeStates } from "./lab/checkers/define-invariant.ts";
export type { Checker, CheckerContext, CheckerFold, CheckerOptions } from "./lab/checkers/checker.ts";
export { registerChecker } from "./lab/run/checks.ts";

// Histories: what clients saw, judged by itself, wherever it comes from.
export { checkLinearizable } from "./lab/checkers/linear/check.ts";
export type { LinearizabilityOptions } from "./lab/checkers/linear/check.ts";
export type {
  Counterexample,
  Layer,
  LinearizabilityResult,
  LinearizabilityVerdict,
} from "./lab/checkers/linear/result.ts";
export type { History, Operation, Value } from "./lab/checkers/linear/operation.ts";
export type { Access, Model } from "./lab/checkers/linear/model.ts";
export { casRegister, register } from "./lab/checkers/linear/register-model.ts";
export type { RegisterOp } from "./lab/checkers/linear/register-model.ts";
export { kv } from "./lab/checkers/linear/kv-model.ts";
export type { KvOp } from "./lab/checkers/linear/kv-model.ts";
export { multiRegister } from "./lab/checkers/linear/multi-register-model.ts";
export type { MicroOp, TransactionOp } from "./lab/checkers/linear/multi-register-model.ts";
export { fencedLock, fencedResource, leaderRegister, mutex, ownedLock } from "./lab/checkers/linear/lock-models.ts";
export type {
  FencedLockOp,
  FencedResourceOp,
  LeaderOp,
  MutexOp,
  OwnedLockOp,
} from "./lab/checkers/linear/lock-models.ts";
export { importHistory } from "./lab/checkers/linear/import-history.ts";
export type { HistoryFormat } from "./lab/checkers/linear/import-history.ts";
export type { KnossosOp, KnossosType } from "./lab/checkers/linear/import-knossos.ts";
export { HistoryFormatError } from "./lab/checkers/linear/history-format-error.ts";

// The settings of a project: faultline.config.ts.
export { defineConfig } from "./cli/config/define-config.ts";
export type { Config } from "./cli/config/config-schema.ts";

// Runs: one scenario and one seed, judged.
export { runScenario } from "./lab/explore/drawn.ts";
export type { FinishedRun, RunOptions } from "./lab/run/run-scenario.ts";
export type { TraceRecord } from "./trace/record.ts";
export type { RunResult } from "./trace/result.ts";
export { Trace } from "./trace/trace.ts";
export type { Verdict, Violation } from "./trace/verdict.ts";
export { formatDuration, formatSeconds, parseDuration } from "./trace/units.ts";

// Many runs: seeds, plans of faults, smaller failures, and whether two runs are one.
export { sweepScenario } from "./lab/explore/sweep-scenario.ts";
export type { SweepScenarioOptions } from "./lab/explore/sweep-scenario.ts";
export type { SweepResult } from "./lab/explore/sweep-result.ts";
export type { Failure, FailureGroup } from "./lab/explore/failure.ts";
export { searchPlans } from "./lab/explore/search-plans.ts";
export type { FoundPlan, Search, SearchOptions } from "./lab/explore/search-plans.ts";
export { shrinkScenario } from "./lab/explore/shrink-scenario.ts";
export type { ShrinkScenarioOptions, ShrunkScenario } from "./lab/explore/shrink-scenario.ts";
export type { ShrinkStep } from "./lab/explore/shrink.ts";
export { fingerprintOf } from "./lab/explore/fingerprint.ts";
export { replayRun } from "./lab/explore/replay-run.ts";
export type { Replayed } from "./lab/explore/replay-run.ts";
export { compareRuns } from "./lab/explore/replay.ts";
export type { Comparison, RecordedRun } from "./lab/explore/replay.ts";
export type { Divergence } from "./lab/run/verify.ts";

// A run as an assertion, for any test runner; faultline/vitest has more for vitest.
export { assertHolds } from "./integrations/vitest/assert-holds.ts";
export type { JudgedRun } from "./integrations/vitest/judged-run.ts";
export { ScenarioFailure } from "./integrations/vitest/scenario-failure.ts";
