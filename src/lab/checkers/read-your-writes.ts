import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { needsProxy, SESSION_TRIGGERS, SessionBook } from "./views/session-book.ts";

/** A write that may have happened (`info`) binds nobody; a session that was told of a loss (409) begins anew. */
export const readYourWrites = defineChecker("read-your-writes", {
  invariant: "I20",
  unexercised: "no session read what it had written",
  title: "Sessions see their own writes",
  rule: "A session that was told that its write is done is shown that or a later value of the key at any node, or fails explicitly (409, 503, 504).",
  triggers: SESSION_TRIGGERS,
  premises: needsProxy,
  create(context) {
    const book = new SessionBook();
    return {
      on(record) {
        const call = book.take(record);
        if (call === undefined || record.kind !== "complete") return;
        if (!call.isRead) {
          book.raise(record, call);
          return;
        }
        const floor = book.floor(record.node, call.key, record.time);
        if (floor === undefined) return;
        context.judged();
        if (call.version >= floor.version) return;
        const [mine, shown] = [JSON.stringify(floor.value), JSON.stringify(call.value)];
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${record.node} wrote ${mine} to "${call.key}", acknowledged at ${formatSeconds(floor.time)}, and was shown ${shown} at ${formatSeconds(record.time)}`,
          expected: `${mine}, a later value, or an error`,
          observed: shown,
          related: [floor.record, call.invoke],
        });
      },
    };
  },
});
