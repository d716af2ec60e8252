import type { TraceRecord } from "../../trace/record.ts";
import { defineChecker } from "./checker.ts";
import { compareGiven, givenStamp, nameStamp, type GivenStamp } from "./views/hlc-view.ts";
import { textOf } from "./views/fields.ts";

/** 12 lower-case hex digits of ms, 4 of the counter, a dash, the node. */
const TEXT = /^([0-9a-f]{12})([0-9a-f]{4})-(.+)$/;

/**
 * Every text is read back and compared with its stamp, and its order with that of the stamp before it in the run. Texts of one
 * width have one order, so neighbours suffice.
 */
export const hlcEncoding = defineChecker("hlc-encoding", {
  invariant: "I33",
  unexercised: "no hlc used",
  title: "Texts of stamps sort as stamps",
  rule: "The text of a stamp reads back as the stamp, texts sort by byte as stamps do, and no stamp is given out twice.",
  triggers: ["point:hlc"],
  create(context) {
    const texts = new Set<string>();
    let previous: { readonly stamp: GivenStamp; readonly text: string } | undefined;
    return {
      on(record: TraceRecord) {
        if (record.kind !== "point") return;
        const stamp = givenStamp(record);
        const text = textOf(record.fields["stamp"]);
        const fault = misread(stamp, text) ?? (texts.has(text) ? "a text that was given out before" : undefined);
        const isMixed =
          previous !== undefined && Math.sign(compareGiven(previous.stamp, stamp)) !== byteOrder(previous.text, text);
        const before = previous;
        texts.add(text);
        previous = { stamp, text };
        context.judged();
        if (fault === undefined && !isMixed) return;
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${record.node} wrote its stamp ${nameStamp(stamp)} as "${text}": ${fault ?? `it does not sort as it should against "${before?.text ?? ""}"`}`,
          expected: "12 hex digits of ms, 4 of the counter, a dash and the node, once in the run",
          observed: text,
          ...(before === undefined ? {} : { related: [before.stamp.record] }),
        });
      },
    };
  },
});

/** What is wrong with the text on its own. */
function misread(stamp: GivenStamp, text: string): string | undefined {
  const match = TEXT.exec(text);
  if (match === null) return "not a text that sorts";
  if (Number.parseInt(match[1] as string, 16) !== stamp.ms) return "it reads back as another ms";
  if (Number.parseInt(match[2] as string, 16) !== stamp.counter) return "it reads back as another counter";
  return match[3] === stamp.node ? undefined : "it names another node";
}

function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
