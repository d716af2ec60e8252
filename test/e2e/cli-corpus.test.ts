import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Found } from "../../src/lab/explore/shrunk-file.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();
/** Nobody leads within a millisecond, whatever else happens. */
folder.write(
  "late.yaml",
  `name: late
nodes: [{ program: ha-node, count: 3 }]
faults: [{ id: noise, kind: skew, node: n3, offset: 1s, at: 500ms, until: 1s }]
expect: [{ some-of: all, state: { role: leader }, by: 1ms }]
duration: 3s
`,
);
const corpus = join(folder.path, "scenarios/corpus");

/** Changes the one kept file. @returns its text before and after. */
function edit(change: (text: string) => string): { before: string; after: string } {
  const [name = ""] = readdirSync(corpus);
  const before = readFileSync(join(corpus, name), "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(corpus, name), after);
  return { before, after };
}
const kept = (): string => readFileSync(join(corpus, readdirSync(corpus)[0] ?? ""), "utf8");

describe("faultline corpus", () => {
  it("says what is missing where nothing is kept", () => {
    const { code, stdout, stderr } = faultline(folder.path, ["corpus", "late.yaml"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("late.yaml CORPUS_EMPTY: No scenario here says where it was found.");
    expect(stderr).toContain("faultline shrink --keep");
  });

  it("runs what shrink keeps, as long as it fails as it was found to", () => {
    const shrunk = faultline(folder.path, ["shrink", "late.yaml", "--seed", "3", "--keep"]);
    expect(shrunk.stdout).toContain("shrunk 1 → 0 faults");
    expect(shrunk.code).toBe(0);
    expect(readdirSync(corpus)).toHaveLength(1);
    expect((parse(kept()) as { found: Found }).found).toMatchObject({ seed: "3" });
    const { code, stdout } = faultline(folder.path, ["corpus"]);
    expect(stdout).toMatch(/^✓ open {2}scenarios\/corpus\/\S+\.yaml {2}seed 3, it fails as expect:/);
    expect(stdout).toContain("1 kept failure: 1 open, 0 fixed; each as its file says\n");
    expect(code).toBe(0);
  });

  it("writes the version that reproduced a failure, and changes nothing else in its file", () => {
    const { before, after } = edit(
      (text) => `# Looked at on a Friday.\n${text.replace(/version: .*/, "version: 0.0.0")}`,
    );
    faultline(folder.path, ["corpus"]);
    expect(kept()).toBe(after);
    expect(faultline(folder.path, ["corpus", "--update"]).code).toBe(0);
    expect(kept()).toBe(`# Looked at on a Friday.\n${before}`);
  });

  it("does not let a failure that was fixed come back", () => {
    edit((text) => text.replace(/( +)version: .*/, "$&\n$1fixedBy: elections begin in time"));
    const { code, stdout } = faultline(folder.path, ["corpus"]);
    expect(stdout).toMatch(
      /^✗ fixed scenarios\/corpus\/\S+\.yaml {2}seed 3\n {2}expected it passes\n {2}observed it fails as /,
    );
    expect(stdout).toContain("It was fixed by: elections begin in time.");
    expect(stdout).toContain("0 open, 1 fixed; 1 not as its file says\n");
    expect(code).toBe(1);
  });

  it("takes a fixed failure that passes, and asks what fixed one that passes and is open", () => {
    edit((text) => text.replace("by: 1ms", "by: 2s").replace(/duration: .*/, "duration: 3s"));
    const fixed = faultline(folder.path, ["corpus"]);
    expect([fixed.code, fixed.stdout]).toEqual([0, expect.stringMatching(/^✓ fixed .*seed 3, it passes\n/)]);
    edit((text) => text.replace(/\n +fixedBy: .*/, ""));
    const open = faultline(folder.path, ["corpus"]);
    expect([open.code, open.stdout]).toEqual([1, expect.stringContaining("Say in the file what fixed it")]);
  });
});
