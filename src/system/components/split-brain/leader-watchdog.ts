import type { Timer, Timers } from "../../ports/timers.ts";
import type { WatchdogPort } from "../../ports/watchdog.ts";

export interface LeaderWatchdogOptions {
  readonly watchdog: WatchdogPort;
  readonly timers: Timers;
  /** W: how long a leader may go unfed. Integer ms, ≥ 4. */
  readonly timeoutMs: number;
  /** Whether this node may write, or was not verifiably kept from it since it last could. */
  isDangerous(): boolean;
  /** Whether a quorum has acknowledged this node as the leader within its lease. */
  isQuorumAcked(): boolean;
}

/**
 * Keeps a watchdog for the time in which this node can do harm: armed with the right to write, fed only while a quorum acknowledges
 * it, disarmed when the right is certainly gone. A leader that is paused, hangs, or cannot get its fence onto the disk is ended.
 *
 * Its end comes at most W after the last feeding, and that at most one lease after the last acknowledgement.
 *
 * @see Pacemaker's SBD (`stonith-watchdog-timeout` is twice the watchdog's).
 */
export class LeaderWatchdog {
  readonly #options: LeaderWatchdogOptions;
  readonly #tick: Timer;
  #isArmed = false;

  constructor(options: LeaderWatchdogOptions) {
    this.#options = options;
    this.#tick = options.timers.create("watchdog", () => {
      this.update();
    });
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  /** Looks at the node: call it after anything that may have given or taken the right to write. */
  update(): void {
    const { watchdog, timeoutMs } = this.#options;
    if (!this.#options.isDangerous()) {
      if (this.#isArmed) watchdog.disarm();
      this.#isArmed = false;
      this.#tick.cancel();
      return;
    }
    if (!this.#isArmed) watchdog.arm(timeoutMs);
    else if (this.#options.isQuorumAcked()) watchdog.feed();
    this.#isArmed = true;
    this.#tick.arm(Math.max(1, Math.floor(timeoutMs / 4)));
  }

  /** The process ends in order. */
  stop(): void {
    if (this.#isArmed) this.#options.watchdog.disarm();
    this.#isArmed = false;
    this.#tick.cancel();
  }
}
