import type { Part } from "./part.ts";
import type { Place, Span, SweepPlan } from "./plan.ts";
import type { RunEvent } from "./run-unit.ts";

/** What a worker process is told. It ends when the channel closes. */
export type ToWorker =
  | { readonly type: "plan"; readonly plan: SweepPlan }
  | { readonly type: "unit"; readonly unit: Span }
  /** End the unit before its next run. */
  | { readonly type: "stop" };

/** What a worker process says. */
export type FromWorker =
  /** Once, when its scenarios are loaded. */
  | { readonly type: "ready" }
  | { readonly type: "start"; readonly place: Place }
  | { readonly type: "run"; readonly run: RunEvent }
  | { readonly type: "done"; readonly part: Part }
  /** It cannot go on; it ends. */
  | { readonly type: "broken"; readonly name: string; readonly message: string };
