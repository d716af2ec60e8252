import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { textOf } from "./views/fields.ts";

/** A program that stops itself on purpose (`fail-stop`) has decided; one that dies of its own error has a bug. */
export const noUncaughtException = defineChecker("no-uncaught-exception", {
  title: "No program dies of its own error",
  rule: "No error leaves a program's own code.",
  triggers: ["state:process"],
  create(context) {
    return {
      on(record: TraceRecord) {
        if (record.kind !== "state" || record.origin !== "world") return;
        if (record.value === "up") context.judged();
        if (record.value !== "down" || record.fields["reason"] !== "uncaught") return;
        const error = textOf(record.fields["error"]);
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `the program of ${record.node} died of an uncaught error at ${formatSeconds(record.time)}: ${error}`,
          expected: "no uncaught error",
          observed: error,
        });
      },
    };
  },
});
