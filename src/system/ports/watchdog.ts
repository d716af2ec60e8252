/**
 * A watchdog outside the process: while it is armed, a process that does not feed it in time is ended, whatever that process is
 * doing, also when it is paused and can do nothing at all.
 *
 * It is the last line of a fence: who may not be heard of must not be able to act. A rival that waits at least twice the timeout
 * after the last sign of life (or until the lease is over, whichever is later) meets nobody.
 */
export interface WatchdogPort {
  /** Starts the count, or starts it anew with another timeout. @param timeoutMs Integer, ≥ 1. */
  arm(timeoutMs: number): void;
  /** Begins the count again. Nothing happens while it is not armed. */
  feed(): void;
  disarm(): void;
}
