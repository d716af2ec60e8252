import { describe, expect, it } from "vitest";
import { usageWords } from "../../src/cli/usage-words.ts";

describe("a command line that is wrong", () => {
  const flags = ["seed", "seeds", "reports", "last-failed", "plans"];

  it.each([
    ["Unknown argument: seedz", 'There is no option or argument "seedz" here. Did you mean --seed?'],
    ["Unknown arguments: last-faild, lastFaild", '"last-faild" here. Did you mean --last-failed?'],
    ["Unknown argument: extra-thing", 'There is no option or argument "extra-thing" here.'],
    [
      'Invalid values:\n  Argument: plans, Given: "randm", Choices: "scenario", "written", "random"',
      '--plans takes one of scenario, written, random; got "randm". Did you mean random?',
    ],
    ["Not enough non-option arguments: got 0, need at least 1", "Name scenario files"],
    ["Arguments workers and queue are mutually exclusive", "Leave one of the two out."],
    ["Did you mean sweep?", "Did you mean sweep?"],
  ])("is told with the nearest name: %s", (message, words) => {
    expect(usageWords(message, flags)).toContain(words);
    expect(usageWords(message, flags).split("\n")).toHaveLength(1);
  });
});
