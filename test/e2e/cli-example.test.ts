import { describe, expect, it } from "vitest";
import type { RunResult } from "../../src/trace/result.ts";
import { faultline } from "./run-cli.ts";

const EXAMPLE = "docs/examples/two-leaders.ts";

describe("the example of the guide", () => {
  it("fails the reader's own invariant under a partition, the same in two processes", () => {
    const { code, stdout, stderr } = faultline(process.cwd(), [
      "run",
      EXAMPLE,
      "--verify",
      "--no-report",
      "--reporter",
      "json",
    ]);
    const result = JSON.parse(stdout) as RunResult;
    expect(code).toBe(1);
    expect(stderr).toContain("the same in a second process");
    expect(result.verdicts).toMatchObject([{ checker: "one-leader", verdict: "violated" }]);
    const violation = result.verdicts[0]?.violation;
    // n1 is cut off at 2 s; n2 waits 300 ms for it and leads beside it.
    expect(violation?.time).toBeGreaterThan(2_300_000 - 100_000);
    expect(violation?.time).toBeLessThan(2_500_000);
    expect(violation?.message).toBe("n2 became role=leader, and the rule was broken: At most one node leads.");
    expect(violation?.observed).toBe("n1 role=leader; n2 role=leader; n3 role=follower");
  });
});
