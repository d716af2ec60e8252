/**
 * Timers on the node's own monotonic clock. They never fire early; a paused process fires nothing, and what fell due
 * meanwhile fires late, in order of deadline, when it resumes.
 */
export interface Timers {
  /**
   * Makes an unarmed timer.
   *
   * @param name      What it is for, in words a reader of the timeline understands (`"election"`, `"heartbeat"`).
   * @param callback  Runs once for each time the armed deadline is reached. It must re-check its own deadline if it guards one: it may run late.
   */
  create(name: string, callback: () => void): Timer;
}

/** One timer. Arming an armed timer moves its deadline; it never fires twice for one `arm`. */
export interface Timer {
  /** @param delayMs Milliseconds of the monotonic clock, integer, 0…2_147_483_647. 0 fires after the current event, not inside it. */
  arm(delayMs: number): void;
  cancel(): void;
  readonly isArmed: boolean;
}
