import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { wrapped } from "../../../src/lab/report/viewer/wrap-text.ts";
import { windowLines, type WindowRecord } from "../../../src/lab/report/viewer/window-records.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ isFailing: true, seconds: 20 });
const model = buildModel(result, trace);
const read = (from: number, to: number): readonly WindowRecord[] =>
  windowLines(model, { from, to })
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as WindowRecord);
const endOf = ({ time, until }: WindowRecord): number => (typeof until === "number" ? until : time);

describe("the records of a window", () => {
  const [head, ...records] = read(10_000_000, 10_700_000);

  it("are JSON, one a line in order of time, after a line that says what they are", () => {
    expect(head).toEqual({
      kind: "window",
      scenario: "split-2-3",
      seed: "8841",
      from: 10_000_000,
      to: 10_700_000,
      records: records.length,
      left: "contents of messages; 0 messages and 0 points of the run that its page has no room for",
    });
    const times = records.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const record of records) expect(record.time <= 10_700_000 && endOf(record) >= 10_000_000).toBe(true);
  });

  it("are exact: messages are those of the trace, with how each ended", () => {
    const messages = records.filter(({ kind }) => kind === "message");
    const sent = new Set<number>();
    for (let id = 0; id < trace.count; id++) {
      const record = trace.record(id);
      if (record.kind === "sent" && record.time >= 10_000_000 && record.time <= 10_700_000) sent.add(id);
    }
    const begun = messages.filter(({ time }) => time >= 10_000_000);
    expect(new Set(begun.map(({ record }) => record))).toEqual(sent);
    for (const message of begun) {
      const record = trace.record(message["record"] as number);
      expect(record).toMatchObject({
        node: message["from"],
        to: message["to"],
        type: message["type"],
        time: message.time,
      });
    }
    expect(begun.some(({ end }) => String(end).startsWith("lost to the cut"))).toBe(true);
  });

  it("hold what lasts, the faults and the violation", () => {
    const kinds = new Set(records.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["call", "clock", "fault", "message", "state", "violation"]);
    expect(records.find(({ kind }) => kind === "violation")).toMatchObject({
      time: 10_642_000,
      checker: "single-primary",
      nodes: ["n1", "n3"],
    });
    expect(records.find(({ kind }) => kind === "fault")).toMatchObject({
      id: "cut",
      fault: "partition",
      time: 10_000_000,
    });
    expect(records.filter(({ node, key }) => node === "n3" && key === "role").map(({ value }) => value)).toEqual([
      "follower",
      "candidate",
      "leader",
    ]);
  });

  it("are all of them in a window of the whole run", () => {
    const all = read(0, model.endTime);
    expect(all.filter(({ kind }) => kind === "message").length).toBe(model.messages.sent.length);
    expect(all.filter(({ kind }) => kind === "point").length).toBe(model.points.at.length);
    expect(all.filter(({ kind }) => kind === "call").length).toBe(result.counts.operations);
  });
});

describe("a caption", () => {
  const fits = (text: string): boolean => text.length <= 10;

  it("breaks between words, and inside one only when it is longer than a line", () => {
    expect(wrapped("two may write at once", fits)).toEqual(["two may", "write at", "once"]);
    expect(wrapped("a scenarios/of/a/long/path", fits)).toEqual(["a", "scenarios/", "of/a/long/", "path"]);
    expect(wrapped("", fits)).toEqual([]);
  });
});
