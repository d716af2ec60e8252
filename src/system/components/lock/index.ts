// `faultline/components/lock`: a lock of several processes, fenced by a number that only grows.
export { LockLostError } from "./lock-port.ts";
export type {
  AcquireOptions,
  Acquisition,
  HeldLock,
  LockLoss,
  LockPort,
  ReleaseOutcome,
  TransferableLock,
} from "./lock-port.ts";
export { DiskEpochBook } from "./disk-epoch-book.ts";
export type { DiskEpochBookOptions } from "./disk-epoch-book.ts";
export { EpochBook } from "./epoch-book.ts";
export { fencingEpoch, RedisLock } from "./redis-lock.ts";
export type { RedisLockOptions } from "./redis-lock.ts";
export { Redlock } from "./redlock.ts";
export type { RedlockOptions } from "./redlock.ts";
export { LockClient } from "./lock-client.ts";
export type { LockClientPorts } from "./lock-client.ts";
export type { Asked, Granter } from "./granter.ts";
export type { Clock } from "../../ports/clock.ts";
export type { Disk } from "../../ports/disk.ts";
export { FaultlineError } from "../../ports/errors.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Random } from "../../ports/random.ts";
export { RedisError } from "../../ports/redis.ts";
export type { RedisErrorCode, RedisPort, RedisReply, RedisSetOptions } from "../../ports/redis.ts";
export type { Timers } from "../../ports/timers.ts";
