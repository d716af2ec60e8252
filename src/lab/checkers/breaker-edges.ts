import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { describeBreaker } from "./views/breaker-view.ts";

const EDGES = new Set([">closed", "closed>open", "open>half-open", "half-open>open", "half-open>closed"]);
/** An operator may open it (not when it is open), and may close it from anywhere. */
const MANUAL_EDGES = new Set(["closed>open", "half-open>open", "open>closed", "half-open>closed", "closed>closed"]);

export const breakerEdges = defineChecker("breaker-edges", {
  invariant: "I26",
  unexercised: "no breaker used",
  title: "Breakers take only legal edges",
  rule: "A breaker goes from closed to open, from open to half-open, and from half-open to open or closed; an operator's edges are marked as such.",
  triggers: ["state:breaker", "state:breaker>*"],
  create(context) {
    const { breakers } = context.views;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "state") return;
        const breaker = breakers.of(record);
        const isManual = record.fields["isManual"] === true;
        context.judged();
        if ((isManual ? MANUAL_EDGES : EDGES).has(`${breaker.state}>${record.value}`)) return;
        const from = breaker.state === "" ? "nothing" : breaker.state;
        const by = isManual ? " by hand" : "";
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${describeBreaker(breaker)} went from ${from} to ${record.value}${by} at ${formatSeconds(record.time)}`,
          expected: "closed → open → half-open → open or closed",
          observed: `${from} → ${record.value}${by}`,
          related: breaker.record < 0 ? [] : [breaker.record],
        });
      },
    };
  },
});
