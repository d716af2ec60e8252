import { describe, expect, it } from "vitest";
import { compareRuns } from "../../../src/lab/explore/replay.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";

function recorded(values: readonly string[]): { result: { digest: string }; trace: Trace } {
  const writer = new TraceWriter({ keep: true });
  for (const value of values) writer.state(0, "n1", "role", value);
  return { result: { digest: writer.digest() }, trace: writer.trace as Trace };
}

describe("comparing two runs", () => {
  const run = recorded(["follower", "candidate", "leader"]);

  it("finds one and the same run", () => {
    expect(compareRuns(run, recorded(["follower", "candidate", "leader"]))).toEqual({ isSame: true });
    expect(compareRuns({ result: run.result }, run)).toEqual({ isSame: true });
  });

  it("gives the first record that differs, with both values", () => {
    const { isSame, divergence } = compareRuns(run, recorded(["follower", "leader", "leader"]));
    expect(isSame).toBe(false);
    expect(divergence).toMatchObject({
      record: 1,
      first: expect.stringContaining("role=candidate"),
      second: expect.stringContaining("role=leader"),
    });
  });

  it("does not believe a digest that is not that of its records", () => {
    const tampered = { ...run, result: { digest: "0000000000000000" } };
    expect(compareRuns(tampered, run)).toEqual({ isSame: false, contradiction: "first" });
    expect(compareRuns(run, tampered)).toEqual({ isSame: false, contradiction: "second" });
  });

  it("has the digests alone where no records were kept", () => {
    expect(compareRuns({ result: run.result }, { result: { digest: "1" } })).toEqual({ isSame: false });
  });
});
