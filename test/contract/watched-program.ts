import type { Program } from "../../src/system/ports/node.ts";

export interface WatchedConfig {
  readonly timeoutMs: number;
  /** What it does once it was fed for a while: goes on, or keeps its one thread busy for ever. */
  readonly then: "stay" | "hang";
}

/** Feeds its watchdog, and says so. */
export const watched: Program<WatchedConfig> = {
  name: "watched",
  start({ observer, timers, watchdog }, { timeoutMs, then }) {
    watchdog?.arm(timeoutMs);
    observer.point("armed", { hasWatchdog: watchdog !== undefined });
    let fed = 0;
    const feeding = timers.create("feed", () => {
      watchdog?.feed();
      observer.point("fed", { times: ++fed });
      // Longer than the timeout: without the feeding it would be over by now.
      if (fed > 20 && then === "hang") for (;;);
      feeding.arm(Math.floor(timeoutMs / 10));
    });
    feeding.arm(0);
    return {};
  },
};
