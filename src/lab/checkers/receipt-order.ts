import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { textOf } from "./views/fields.ts";

/** The last acceptance of a till that was in order. */
interface Last {
  readonly key: string;
  readonly receiptHlc: string;
  readonly record: number;
}

/**
 * Judged at the first acceptance of each receipt, by stamps as texts, whose order is that of the stamps. A receipt that was given up
 * (`sync.dead`) may come late, when an attempt of it was still under way: it holds up nobody, so it is the one exception.
 */
export const receiptOrder = defineChecker("receipt-order", {
  invariant: "I36",
  unexercised: "no receipt was accepted",
  title: "Receipts arrive in their order",
  rule: "The OFD accepts the receipts of one till in the order of their stamps, but for those that were given up.",
  triggers: ["point:ofd.accept", "point:ofd.recover"],
  create(context) {
    const { receipts } = context.views;
    const last = new Map<string, Last>();
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        const key = textOf(record.fields["key"]);
        if (receipts.acceptance(key) !== undefined || receipts.isDead(key)) return;
        const pos = textOf(record.fields["pos"]);
        const receiptHlc = textOf(record.fields["receiptHlc"]);
        const before = last.get(pos);
        context.judged();
        if (before === undefined || before.receiptHlc < receiptHlc) {
          last.set(pos, { key, receiptHlc, record: record.id });
          return;
        }
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${record.node} accepted receipt "${key}" of ${pos} at ${formatSeconds(record.time)}, after "${before.key}", which has the later stamp`,
          expected: `a stamp above ${before.receiptHlc}`,
          observed: receiptHlc,
          related: [before.record],
        });
      },
    };
  },
});
