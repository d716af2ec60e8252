import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { componentExamples, exampleFolder, runExample } from "./component-examples.ts";

const folder = exampleFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const examples = componentExamples();
/** What needs a redis-server is run with one: test/contract/components-page.live.test.ts. */
const alone = examples.filter(({ text }) => !text.includes('from "ioredis"'));

describe("the page of components", () => {
  it("has an example for each, with what it prints", () => {
    expect(examples.filter(({ printed }) => printed === "").map(({ file }) => file)).toEqual([]);
    expect(examples).toHaveLength(11);
    expect(alone).toHaveLength(9);
  });

  it.each(alone)("$file prints what the page says", (example) => {
    const { status, stdout, stderr } = runExample(folder, example);
    expect(stderr).toBe("");
    expect(stdout).toBe(example.printed);
    expect(status).toBe(0);
  });
});
