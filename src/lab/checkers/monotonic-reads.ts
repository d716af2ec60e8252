import { formatSeconds } from "../../trace/units.ts";
import type { Cluster } from "./cluster.ts";
import { defineChecker } from "./checker.ts";
import type { RunFacts } from "./facts.ts";
import { needsProxy, proxySetting, SESSION_TRIGGERS, SessionBook } from "./views/session-book.ts";

/** Judged where readers get a cookie too: without one, nothing is promised to a session that only reads. */
export const monotonicReads = defineChecker("monotonic-reads", {
  invariant: "I21",
  unexercised: "no session read a key twice",
  title: "What a session has seen stays",
  rule: "A session that has seen a value of a key is shown that or a later one at any node, on the same history; it fails explicitly where that is lost (409).",
  triggers: SESSION_TRIGGERS,
  premises: needsReaderCookies,
  create(context) {
    const book = new SessionBook();
    return {
      on(record) {
        const call = book.take(record);
        if (call?.isRead !== true || record.kind !== "complete") return;
        const floor = book.floor(record.node, call.key, record.time);
        // Nothing and then something is progress; what nobody wrote is another rule's matter.
        if (call.version >= (floor?.version ?? -1)) {
          book.raise(record, call);
          if (floor !== undefined) context.judged();
          return;
        }
        context.judged();
        const [before, shown] = [JSON.stringify(floor?.value ?? null), JSON.stringify(call.value)];
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [record.node],
          message: `${record.node} saw ${before} of "${call.key}" at ${formatSeconds(floor?.time ?? 0)}, and the older ${shown} at ${formatSeconds(record.time)}`,
          expected: `${before}, a later value, or an error`,
          observed: shown,
          related: [floor?.record ?? -1, call.invoke],
        });
      },
    };
  },
});

function needsReaderCookies(run: RunFacts, _cluster: Cluster): string | undefined {
  const silent = run.nodes.some(
    ({ program, config }) => program === "ryw-proxy" && proxySetting(config, "monotonicReads") !== true,
  );
  return needsProxy(run) ?? (silent ? "readers get no cookie (proxy: monotonicReads)" : undefined);
}
