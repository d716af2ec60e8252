/**
 * The two clocks of one node.
 *
 * Durations and deadlines use `monotonic()` only; `wall()` is for timestamps and display.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, integer, rounded down. May be wrong, may step in both directions, may freeze. */
  wall(): number;
  /** Milliseconds since the machine booted, integer ≥ 0, rounded down. Never goes back; may drift. Runs on while the process is paused. */
  monotonic(): number;
}
