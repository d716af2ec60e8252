import type { Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

interface Last {
  readonly fencing: bigint;
  readonly node: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/** A server that forgot is no excuse: the number must carry an epoch that outlives it. */
export const fencingGrows = defineChecker("fencing-grows", {
  invariant: "I25",
  unexercised: "no lock used",
  title: "Fencing numbers grow",
  rule: "Every grant of a lock has a fencing number larger than all earlier grants of it, crashes and failovers of its server included.",
  triggers: ["point:lock.grant", "point:lock.apply"],
  create(context) {
    const highest = new Map<string, Last>();
    /** Last entry of a group's log that some copy applied: each counts once. */
    let applied = 0;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        if (record.name === "lock.apply") {
          const index = intOf(record.fields["index"]);
          if (index <= applied) return;
          applied = index;
          if (textOf(record.fields["what"]) !== "grant") return;
        }
        const key = textOf(record.fields["key"]);
        const fencing = BigInt(textOf(record.fields["fencing"]));
        const last = highest.get(key);
        context.judged();
        if (last === undefined || fencing > last.fencing) {
          highest.set(key, { fencing, node: record.node, record: record.id, time: record.time });
          return;
        }
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [...new Set([record.node, textOf(record.fields["by"]) || record.node])],
          message: `${record.node} granted the lock "${key}" with fencing number ${fencing.toString()} at ${formatSeconds(record.time)}, but ${last.node} had granted it with ${last.fencing.toString()} at ${formatSeconds(last.time)}`,
          expected: `a number larger than ${last.fencing.toString()}`,
          observed: fencing.toString(),
          related: [last.record],
          facts: { key, fencing: fencing.toString() },
        });
      },
    };
  },
});
