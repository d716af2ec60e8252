export { FsDisk } from "./fs-disk.ts";
export { IoRedisClient, type IoRedisClientOptions, type IoRedisLike } from "./ioredis-client.ts";
export { jsonLines, ObserverLog, type Observation } from "./observer-log.ts";
export { EXIT_FAIL_STOP, EXIT_UNCAUGHT, runLive, type LiveNode, type RunLiveOptions } from "./run-live.ts";
export { SystemClock } from "./system-clock.ts";
export { SystemRandom } from "./system-random.ts";
export { SystemTimers } from "./system-timers.ts";
export { type TcpCounters, type TcpLimits } from "./tcp-limits.ts";
export { TcpTransport, type TcpTransportOptions } from "./tcp-transport.ts";
