import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { compareGiven, givenStamp, nameStamp, type GivenStamp } from "./views/hlc-view.ts";

/** Over all lives of a node: what a restart forgets is exactly what this rule is about. */
export const hlcStrict = defineChecker("hlc-strict", {
  invariant: "I30",
  unexercised: "no hlc used",
  title: "Stamps of a node strictly increase",
  rule: "Every stamp of a node is larger than all it gave out before, across restarts and steps of its wall clock.",
  triggers: ["point:hlc"],
  create(context) {
    const last = new Map<string, GivenStamp>();
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        const given = givenStamp(record);
        const before = last.get(given.node);
        last.set(given.node, given);
        context.judged();
        if (before === undefined || compareGiven(given, before) > 0) return;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [given.node],
          message: `${given.node} gave the stamp ${nameStamp(given)} at ${formatSeconds(given.time)}, after ${nameStamp(before)} at ${formatSeconds(before.time)}`,
          expected: `a stamp above ${nameStamp(before)}`,
          observed: nameStamp(given),
          related: [before.record],
        });
      },
    };
  },
});
