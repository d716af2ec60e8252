import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { currentCalls, describeBreaker } from "./views/breaker-view.ts";
import { intOf } from "./views/fields.ts";

/** Calls that began before it was half-open are under way still and are no probes. */
export const breakerProbeLimit = defineChecker("breaker-probe-limit", {
  invariant: "I28",
  unexercised: "no breaker was half-open",
  title: "Few probes at once",
  rule: "While a breaker is half-open, at most `halfOpenCallsMax` calls that it let through are under way.",
  triggers: ["point:breaker.config", "point:breaker.call"],
  create(context) {
    const { breakers } = context.views;
    const limits = new Map<string, number>();
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        const breaker = breakers.of(record);
        const key = `${breaker.node}/${breaker.name}`;
        if (record.name === "breaker.config") limits.set(key, intOf(record.fields["halfOpenCallsMax"]));
        const limit = limits.get(key);
        if (record.name !== "breaker.call" || breaker.state !== "half-open" || limit === undefined) return;
        const probes = currentCalls(breaker) + 1;
        context.judged();
        if (probes <= limit) return;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${describeBreaker(breaker)} had ${String(probes)} probes under way at ${formatSeconds(record.time)}, half-open since ${formatSeconds(breaker.since)}`,
          expected: `at most ${String(limit)}`,
          observed: String(probes),
          related: [breaker.record],
        });
      },
    };
  },
});
