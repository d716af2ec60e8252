import type { TraceRecord } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";

/** Counts how operations ended. */
export class OutcomeCounter implements TraceListener {
  readonly triggers = ["complete"];
  ok = 0;
  fail = 0;
  info = 0;

  on(record: TraceRecord): void {
    if (record.kind === "complete") this[record.outcome]++;
  }
}
