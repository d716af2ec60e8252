import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { consoleReport } from "../../src/cli/console-report.ts";
import { runScenario } from "../../src/lab/run/run-scenario.ts";
import { bullies } from "../trace/why/planted-programs.ts";

describe("the console's report of a violation", () => {
  it("says under it which fault, which missing message and which timer led to it", async () => {
    const { result, trace } = await runScenario(bullies, { seed: "1", keepTrace: true });
    const lines = stripVTControlCharacters(consoleReport({ result, trace })).split("\n");
    const first = lines.findIndex((line) => line.startsWith("  observed "));
    expect(lines.slice(first + 1, first + 5)).toEqual([
      "  because  2.000 s  fault cut (partition)  what it did leads to the violation; in force then",
      expect.stringMatching(
        /^ {11}2\.\d{3} s {2}n2 x- n1 bully\.alive #\d+ partition by cut {2}the last of \d messages/,
      ),
      expect.stringMatching(/^ {11}2\.\d{3} s {2}n2 timer beat {2}n2 acted because this timer fired$/),
      expect.stringMatching(/^ {11}\d+ more records belong to it$/),
    ]);
  });

  it("says nothing of it where no records were kept", async () => {
    const { result } = await runScenario(bullies, { seed: "1" });
    const text = stripVTControlCharacters(consoleReport({ result }));
    expect(text).toContain("✗ one-bully violated");
    expect(text).not.toContain("because");
  });
});
