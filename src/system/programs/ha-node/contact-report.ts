import type { NodeEnv } from "../../ports/node.ts";
import type { SplitBrainDetector } from "../../components/split-brain/split-brain-detector.ts";

/** How often a node tells what it has heard of its peers. */
const REPORT_MS = 1_000;

/** Tells now and then how long ago each peer was heard, for whoever compares that with the truth. */
export class ContactReport {
  readonly #env: NodeEnv;
  readonly #detector: SplitBrainDetector;
  #dueMs = 0;

  constructor(env: NodeEnv, detector: SplitBrainDetector) {
    this.#env = env;
    this.#detector = detector;
  }

  /** Called at every poll. */
  tick(): void {
    const { clock, observer, peers } = this.#env;
    const now = clock.monotonic();
    if (now < this.#dueMs) return;
    this.#dueMs = now + REPORT_MS;
    const ages: Record<string, number> = {};
    for (const peer of peers) {
      const seconds = this.#detector.lastHeartbeatFrom(peer);
      ages[peer] = seconds === Infinity ? -1 : Math.round(seconds * 1_000);
    }
    observer.point("detector.report", ages);
  }
}
