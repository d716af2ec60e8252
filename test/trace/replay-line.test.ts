import { describe, expect, it } from "vitest";
import { runLine, shellWord } from "../../src/trace/replay-line.ts";

describe("a command line", () => {
  it.each([
    ["scenarios/seed/split-2-3.yaml", "scenarios/seed/split-2-3.yaml"],
    ["my scenarios/a.yaml", '"my scenarios/a.yaml"'],
    ["it's mine.yaml", '"it\'s mine.yaml"'],
    ["$HOME.yaml", "'$HOME.yaml'"],
    ["it's $5.yaml", "'it'\\''s $5.yaml'"],
    ["", '""'],
  ])("has %j as one word", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });

  it("runs a scenario whose folder has a space in its name", () => {
    expect(runLine({ path: "a b/c.yaml", seed: "7" })).toBe('faultline run "a b/c.yaml" --seed 7');
    expect(runLine({ path: "c.yaml", seed: "7", checks: "a,b" })).toBe("faultline run c.yaml --seed 7 --checks a,b");
  });
});
