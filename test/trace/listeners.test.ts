import { describe, expect, it } from "vitest";
import { replayTrace, type TraceListener, type TraceTarget } from "../../src/trace/listeners.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";

const PING = { type: "ping", seq: 1 };

/** Writes down what it is shown, and how. */
function listener(triggers: readonly string[], seen: string[], isTold = true): TraceListener & { isDone: boolean } {
  return {
    triggers,
    isDone: false,
    on: (record) => void seen.push(`record ${record.kind} ${record.node}`),
    ...(isTold
      ? {
          onMessage: (kind, id, time, node, peer, message) =>
            void seen.push(`told ${[kind, id, time, node, peer, message.type].join(" ")}`),
        }
      : {}),
  };
}

describe("those who see the records of a run", () => {
  it("are told of messages without a record where all of them can be", () => {
    const seen: string[] = [];
    const trace = new TraceWriter({ keep: false, listeners: [listener(["sent:ping", "delivered", "point"], seen)] });
    trace.time = 7;
    const sent = trace.sent("a", "b", PING);
    trace.delivered("b", "a", sent, PING);
    trace.sent("a", "b", { type: "other" });
    trace.point(0, "a", "p");
    expect(seen).toEqual(["told sent 0 7 a b ping", "told delivered 1 7 b a ping", "record point a"]);
  });

  it("all see the record of a message that one of them wants, in their order", () => {
    const seen: string[] = [];
    const all = [listener(["sent"], seen), listener(["sent:ping"], seen, false)];
    const trace = new TraceWriter({ keep: true, listeners: all });
    trace.sent("a", "b", PING);
    expect(seen).toEqual(["record sent a", "record sent a"]);
    if (trace.trace !== undefined) replayTrace(trace.trace, all);
    expect(seen).toHaveLength(4);
  });

  it("see no more once they are done and the writer asks anew, the others do", () => {
    const seen: string[] = [];
    const first = listener(["sent"], seen);
    const trace = new TraceWriter({ keep: true, listeners: [first, listener(["point"], seen)] });
    trace.sent("a", "b", PING);
    first.isDone = true;
    trace.reroute();
    trace.sent("a", "b", PING);
    trace.point(0, "a", "p");
    expect(seen).toEqual(["told sent 0 0 a b ping", "record point a"]);
    seen.length = 0;
    if (trace.trace !== undefined) replayTrace(trace.trace, [first]);
    expect(seen).toEqual([]);
  });

  it("may have somebody see in their place", () => {
    const seen: string[] = [];
    const target: TraceTarget = listener([], seen, false);
    const own: TraceListener = { triggers: ["point"], on: () => void seen.push("itself"), target };
    new TraceWriter({ keep: false, listeners: [own] }).point(0, "a", "p");
    expect(seen).toEqual(["record point a"]);
  });
});
