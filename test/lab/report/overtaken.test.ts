import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { isOvertaken } from "../../../src/lab/report/overtaken.ts";
import { messageText } from "../../../src/lab/report/viewer/event-text.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { syntheticRun } from "./synthetic.ts";

type Step = (writer: TraceWriter, sent: number[]) => void;

const send =
  (from: string, to: string): Step =>
  (writer, sent) =>
    sent.push(writer.sent(from, to, { type: "raft.heartbeat" }));
const arrive =
  (from: string, to: string, number: number): Step =>
  (writer, sent) =>
    writer.delivered(to, from, sent[number] as number, { type: "raft.heartbeat" });

/** Steps a millisecond apart; those in one list at one moment. */
function modelOf(...steps: (Step | readonly Step[])[]): ReportModel {
  const writer = new TraceWriter({ keep: true });
  const sent: number[] = [];
  steps.forEach((step, index) => {
    writer.time = 1_000 * (index + 1);
    for (const one of typeof step === "function" ? [step] : step) one(writer, sent);
  });
  const { result } = syntheticRun({ seconds: 1 });
  return buildModel({ ...result, faults: [], story: [], verdicts: [] }, writer.trace as Trace);
}

/** Numbers of the messages that were overtaken, in order of sending. */
function overtakenOf(model: ReportModel): number[] {
  return Array.from(model.messages.sent, (_, row) => row).filter((row) => isOvertaken(model, row));
}

describe("a message is overtaken", () => {
  it("when one sent later on the same link arrives before it", () => {
    const model = modelOf(send("n1", "n2"), send("n1", "n2"), arrive("n1", "n2", 1), arrive("n1", "n2", 0));
    expect(overtakenOf(model)).toEqual([0]);
    expect(messageText(model, 0)).toBe(
      "n1 → n2  raft.heartbeat, sent 0.001 s, delivered after 0.003 s, overtaken by one sent later",
    );
    expect(messageText(model, 1)).not.toContain("overtaken");
  });

  it("once or by many, and not by what comes at the same moment", () => {
    const three = modelOf(...[send("n1", "n2"), send("n1", "n2"), send("n1", "n2"), arrive("n1", "n2", 2)], [
      arrive("n1", "n2", 0),
      arrive("n1", "n2", 1),
    ]);
    expect(overtakenOf(three)).toEqual([0, 1]);
    const together = modelOf(send("n1", "n2"), send("n1", "n2"), [arrive("n1", "n2", 0), arrive("n1", "n2", 1)]);
    expect(overtakenOf(together)).toEqual([]);
  });

  it("by none of another link, by none that was lost, and not when it was lost itself", () => {
    const other = modelOf(
      ...[send("n1", "n2"), send("n1", "n3"), send("n2", "n1")],
      ...[arrive("n2", "n1", 2), arrive("n1", "n3", 1), arrive("n1", "n2", 0)],
    );
    expect(overtakenOf(other)).toEqual([]);
    const drop =
      (number: number): Step =>
      (writer, sent) =>
        writer.dropped("n2", "n1", sent[number] as number, { type: "raft.heartbeat" }, "loss", "");
    expect(overtakenOf(modelOf(send("n1", "n2"), send("n1", "n2"), drop(1), arrive("n1", "n2", 0)))).toEqual([]);
    expect(overtakenOf(modelOf(send("n1", "n2"), send("n1", "n2"), arrive("n1", "n2", 1), drop(0)))).toEqual([]);
  });

  it("not as a second copy, which says that it is one", () => {
    const copy: Step = (writer, sent) =>
      writer.duplicated("n2", "n1", sent[0] as number, { type: "raft.heartbeat" }, "twice");
    const model = modelOf(
      ...[send("n1", "n2"), copy, arrive("n1", "n2", 0), send("n1", "n2"), arrive("n1", "n2", 1)],
      arrive("n1", "n2", 0),
    );
    expect(overtakenOf(model)).toEqual([]);
    expect(messageText(model, 1)).toContain("second copy");
  });
});
