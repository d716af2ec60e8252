import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { exampleFolder, runExample } from "./component-examples.ts";
import { snippetsOf } from "./snippets.ts";

const folder = exampleFolder();
afterAll(() => rmSync(folder, { recursive: true }));

describe("the page about locks", () => {
  it("shows a lock kept by a Raft group that prints what the page says", () => {
    const [program, printed] = snippetsOf("docs/lock.md");
    if (program === undefined || printed === undefined)
      throw new Error("docs/lock.md shows a program and what it prints");
    const { status, stdout, stderr } = runExample(folder, {
      file: program.file ?? "",
      text: program.text,
      printed: printed.text,
    });
    expect(stderr).toBe("");
    expect(stdout).toBe(printed.text);
    expect(status).toBe(0);
  });
});
