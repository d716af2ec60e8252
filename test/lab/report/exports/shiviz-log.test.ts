import { describe, expect, it } from "vitest";
import { shivizLog } from "../../../../src/lab/report/exports/shiviz-log.ts";
import type { RunResult } from "../../../../src/trace/result.ts";
import { TraceWriter } from "../../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../../src/trace/trace.ts";
import { syntheticRun } from "../synthetic.ts";

interface LogEvent {
  readonly text: string;
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
}

/** Reads a log as ShiViz does: the expression of the first line, an empty line, then what the expression finds. */
function parse(log: string): LogEvent[] {
  const [expression = "", empty, ...rest] = log.split("\n");
  expect(empty).toBe("");
  const found = [...rest.join("\n").matchAll(new RegExp(expression, "g"))];
  expect(found.map(([text]) => text).join("\n")).toBe(rest.join("\n").trimEnd());
  return found.map(({ groups }) => ({
    text: groups?.["event"] ?? "",
    host: groups?.["host"] ?? "",
    clock: JSON.parse(groups?.["clock"] ?? "") as Record<string, number>,
  }));
}

function logOf(result: RunResult, trace: Trace, from = 0, to = Infinity): LogEvent[] {
  return parse([...shivizLog.pieces(result, trace, { from, to })].join(""));
}

describe("the ShiViz log of a run", () => {
  const { result, trace } = syntheticRun({ seconds: 12 });
  const log = logOf(result, trace);

  it("counts each host's own events by one, and forgets nothing it knew", () => {
    const last = new Map<string, Readonly<Record<string, number>>>();
    const wrong: LogEvent[] = [];
    for (const event of log) {
      const { host, clock } = event;
      const before = last.get(host) ?? {};
      const forgets = Object.entries(before).some(([other, count]) => (clock[other] ?? 0) < count);
      if (clock[host] !== (before[host] ?? 0) + 1 || forgets) wrong.push(event);
      last.set(host, clock);
    }
    expect(wrong).toEqual([]);
  });

  it("lets a receipt know all that its sending knew, and never what was not yet", () => {
    expect(log.filter(({ text }) => text.includes(" receives ")).length).toBe(result.counts.delivered);
    const seen = new Map<string, number>();
    const wrong: LogEvent[] = [];
    for (const event of log) {
      const { host, clock } = event;
      if (Object.entries(clock).some(([other, count]) => other !== host && count > (seen.get(other) ?? 0)))
        wrong.push(event);
      seen.set(host, clock[host] ?? 0);
    }
    expect(wrong).toEqual([]);
  });

  it("says at its sending how a message was lost", () => {
    const lost = log.filter(({ text }) => text.includes("(lost: partition by cut)"));
    expect(lost.length).toBe(result.counts.dropped);
    for (const { text } of lost) expect(text).toMatch(/ sends \S+ to n\d /);
  });

  it("is a log of its own for a slice, in which older sendings are unknown", () => {
    const part = logOf(result, trace, 5_000_000, 6_000_000);
    expect(part.length).toBeGreaterThan(50);
    expect(part[0]?.clock).toEqual({ [part[0]?.host ?? ""]: 1 });
    expect(part.filter(({ text }) => !/^(5\.\d{6}|6\.000000) /.test(text))).toEqual([]);
  });

  it("keeps hostile names and texts on their lines", () => {
    const writer = new TraceWriter({ keep: true });
    writer.state(0, "a node", "role", 'x\n{"y":1}\nz', {});
    writer.point(0, "a node", "note", { text: "two\r\nlines {}" });
    const events = logOf(result, writer.trace as Trace);
    expect(events.map(({ host, clock }) => [host, clock])).toEqual([
      ["a_node", { a_node: 1 }],
      ["a_node", { a_node: 2 }],
    ]);
    expect(events[1]?.text).toContain("note text=two lines {}");
  });

  it("tells of a message whose copy alone was lost", () => {
    const writer = new TraceWriter({ keep: true });
    const sent = writer.sent("a", "b", { type: "hello" });
    writer.dropped("b", "a", sent, { type: "hello" }, "loss", "");
    writer.delivered("b", "a", sent, { type: "hello" });
    expect(logOf(result, writer.trace as Trace).map(({ text }) => text)).toEqual([
      "0.000000 sends hello to b (one copy lost: loss)",
      "0.000000 receives hello from a",
    ]);
  });
});
