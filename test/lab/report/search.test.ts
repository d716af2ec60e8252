import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { searchRun } from "../../../src/lab/report/viewer/search.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ isFailing: true, seconds: 20 });
const model = buildModel(result, trace);
const { messages, messageTypes, names } = model;
const countRows = (wanted: (row: number) => boolean): number =>
  Array.from(messages.sent, (_, row) => row).filter(wanted).length;
const typeOf = (row: number): string => messageTypes[messages.type[row] as number]?.name ?? "";
const link = (row: number): string =>
  `${names[messages.from[row] as number] ?? ""}>${names[messages.to[row] as number] ?? ""}`;

describe("a search", () => {
  it("finds messages by link, type and fate, and words narrow each other", () => {
    expect(searchRun(model, "n1->n3").counts.message).toBe(countRows((row) => link(row) === "n1>n3"));
    expect(searchRun(model, "type:vote n3->n4").counts.message).toBe(
      countRows((row) => link(row) === "n3>n4" && typeOf(row).includes("vote")),
    );
    const dropped = searchRun(model, "dropped cause:cut");
    expect(dropped.count).toBe(result.counts.dropped);
    expect(dropped.rows.length).toBe(result.counts.dropped);
  });

  it("finds states, calls, faults and violations by what they say", () => {
    const term = searchRun(model, "kind:state term:2 leader").found;
    expect(term.map(({ who, what }) => `${who} ${what}`)).toEqual(["n3 role: leader, term 2"]);
    expect(searchRun(model, "violation").found.map(({ record }) => record)).toEqual([model.findings[0]?.record]);
    expect(searchRun(model, "kind:fault cut").counts).toEqual({
      message: 0,
      state: 0,
      point: 0,
      call: 0,
      fault: 1,
      violation: 0,
    });
    expect(searchRun(model, "client:c1 kind:call key:x").count).toBe(model.clients[0]?.operations.call.length);
  });

  it("leaves out what a word with a minus names, and what lies outside a range", () => {
    const all = searchRun(model, "kind:message").count;
    const votes = searchRun(model, "type:vote").count;
    expect(all).toBe(messages.sent.length);
    expect(searchRun(model, "kind:message -type:vote").count).toBe(all - votes);
    const inRange = searchRun(model, "kind:message 10s..10.5s").found;
    expect(inRange.length).toBeGreaterThan(0);
    for (const { time } of inRange) expect(time >= 10_000_000 && time <= 10_500_000).toBe(true);
  });

  it("counts everything, lists the first in order of time, and finds nothing for nonsense", () => {
    const every = searchRun(model, "n1");
    expect(every.count).toBeGreaterThan(every.found.length);
    expect(every.found.map(({ time }) => time)).toEqual(every.found.map(({ time }) => time).sort((a, b) => a - b));
    expect(searchRun(model, "no-such-thing").count).toBe(0);
  });
});
