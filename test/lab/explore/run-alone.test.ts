import { describe, expect, it } from "vitest";
import { runAlone } from "../../../src/lab/explore/run-alone.ts";
import { split } from "../../integrations/vitest/bully.ts";

describe("runs of tests that run at the same time", () => {
  it("follow one another, also after one that could not begin", async () => {
    const seen: string[] = [];
    const watch = (name: string): { triggers: string[]; on(): void } => ({
      triggers: ["state:role"],
      on: () => {
        if (seen.at(-1) !== name) seen.push(name);
      },
    });
    const [a, wrong, b] = await Promise.allSettled([
      runAlone(split, { seed: "1", drain: "turn", listeners: [watch("a")] }),
      runAlone({ ...split, duration: "soon" }, { seed: "1" }),
      runAlone(split, { seed: "1", drain: "turn", listeners: [watch("b")] }),
    ]);
    expect(seen).toEqual(["a", "b"]);
    expect([a.status, wrong.status, b.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });
});
