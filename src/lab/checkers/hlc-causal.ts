import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { compareGiven, givenStamp, nameStamp, needsHlc } from "./views/hlc-view.ts";

/** Judged on the messages that the network delivered, not on what a node says it received. */
export const hlcCausal = defineChecker("hlc-causal", {
  invariant: "I31",
  unexercised: "no hlc used",
  title: "Stamps follow causality",
  rule: "What happened before an event, on its node or on one it was told of by a message with a stamp, has a smaller stamp.",
  triggers: ["point:hlc"],
  premises: needsHlc,
  create(context) {
    const { hlc } = context.views;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point" || !hlc.hasReceived(record.node)) return;
        const given = givenStamp(record);
        const { stamp: past } = hlc.before(record.node);
        context.judged();
        if (past === undefined || compareGiven(given, past) > 0) return;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: past.node === given.node ? [given.node] : [past.node, given.node],
          message: `${given.node} gave the stamp ${nameStamp(given)} at ${formatSeconds(given.time)}, though ${nameStamp(past)} of ${past.node} at ${formatSeconds(past.time)} happened before it`,
          expected: `a stamp above ${nameStamp(past)}`,
          observed: nameStamp(given),
          related: [past.record],
        });
      },
    };
  },
});
