// `faultline/components/circuit-breaker`: stops calling what fails, and tries it again carefully.
export { CircuitBreaker } from "./circuit-breaker.ts";
export type { BreakerState, BreakerStats, CircuitBreakerOptions } from "./circuit-breaker.ts";
export type { BreakerConfig, SlidingWindow } from "./breaker-config.ts";
export { CallTimeoutError, CircuitOpenError } from "./breaker-errors.ts";
export type { Clock } from "../../ports/clock.ts";
export { FaultlineError } from "../../ports/errors.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Timers } from "../../ports/timers.ts";
