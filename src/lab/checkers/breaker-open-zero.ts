import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { describeBreaker } from "./views/breaker-view.ts";

export const breakerOpenZero = defineChecker("breaker-open-zero", {
  invariant: "I27",
  unexercised: "no breaker opened",
  title: "An open breaker lets nothing through",
  rule: "While a breaker is open, no call reaches the dependency.",
  triggers: ["point:breaker.call", "point:breaker.refuse"],
  create(context) {
    const { breakers } = context.views;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        const breaker = breakers.of(record);
        if (breaker.state !== "open") return;
        context.judged();
        if (record.name !== "breaker.call") return;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${describeBreaker(breaker)} let a call through at ${formatSeconds(record.time)}, open since ${formatSeconds(breaker.since)}`,
          expected: "a refusal",
          observed: `call ${String(record.fields["id"])}`,
          related: [breaker.record],
        });
      },
    };
  },
});
