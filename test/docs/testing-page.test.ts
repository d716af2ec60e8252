import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { missingLine, snippetsOf } from "./snippets.ts";

// A reader's folder: the files of the guide and of this page, and the packages that a reader has installed.
const folder = mkdtempSync(join(tmpdir(), "faultline-testing-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(process.cwd(), join(folder, "node_modules/faultline"));
symlinkSync(resolve("node_modules/vitest"), join(folder, "node_modules/vitest"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');

const snippets = ["docs/guide.md", "docs/testing.md"].flatMap(snippetsOf);
for (const { file, text } of snippets) if (file !== undefined) writeFileSync(join(folder, file), text);
const onPage = snippets.filter(({ page }) => page === "docs/testing.md");
const textOf = (name: string): string => onPage.find(({ file }) => file === name)?.text ?? "";
/** The page shows what its files print, in blocks of text. */
const shown = onPage.filter(({ language }) => language === "text").map(({ text }) => text);

interface Suite {
  readonly status: number | null;
  readonly output: string;
}

function vitest(files: readonly string[], env: Readonly<Record<string, string>> = {}): Suite {
  const args = [resolve("node_modules/vitest/vitest.mjs"), "run", "--root", ".", ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
  });
  return { status, output: `${stdout}\n${stderr}` };
}

describe("docs/testing.md", () => {
  it("fails a first test in fifteen lines, and says what it says it does", () => {
    const lines = textOf("first.test.ts")
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("//"));
    expect(lines.length).toBeLessThanOrEqual(15);
    const { status, output } = vitest(["first.test.ts"]);
    expect(status).toBe(1);
    expect(missingLine(output, shown[0] ?? "no text"), output).toBeUndefined();
    // The place is the line of the reader's file.
    expect(output).toMatch(/❯ first\.test\.ts:\d+:1/);
    const result = JSON.parse(readFileSync(join(folder, "reports/first-1/result.json"), "utf8")) as { outcome: string };
    expect(result.outcome).toBe("violated");
  });

  it("passes it with the one line flipped that the page names", () => {
    const flipped = textOf("first.test.ts").replace('for: "2s"', 'for: "200ms"');
    expect(flipped).not.toBe(textOf("first.test.ts"));
    writeFileSync(join(folder, "flipped.test.ts"), flipped);
    const { status, output } = vitest(["flipped.test.ts"], { FAULTLINE_SEEDS: "1..10" });
    expect(output).toContain("1 passed");
    expect(status).toBe(0);
  });

  it("has tests that pass beside it", () => {
    const files = onPage.flatMap(({ file }) =>
      file?.endsWith(".test.ts") === true && file !== "first.test.ts" ? file : [],
    );
    expect(files.length).toBeGreaterThanOrEqual(4);
    const { status, output } = vitest(files);
    expect(output).toContain(`${String(files.length)} passed`);
    expect(status, output).toBe(0);
  });
});

describe("simTest", () => {
  const failing = (env: Record<string, string>): string => vitest(["first.test.ts"], env).output;

  it("runs the seeds of the environment rather than its own, and says which of them failed", () => {
    expect(failing({ FAULTLINE_SEEDS: "4..6" })).toContain("seed=4 (1 of 3)");
    const one = failing({ FAULTLINE_SEEDS: "4..6", FAULTLINE_SEED: "nightly-3", FAULTLINE_REPORTS: "elsewhere" });
    expect(one).toMatch(/seed=nightly-3$/m);
    expect(one).toContain("report  elsewhere/first-nightly-3/timeline.html");
    expect(one).toContain("replay  FAULTLINE_SEED=nightly-3 npx vitest run first.test.ts");
  });

  it("tells the failure also where its report has no place, and what is wrong with the environment", () => {
    const nowhere = failing({ FAULTLINE_REPORTS: "package.json/x" });
    expect(nowhere).toContain("report  none: package.json/x cannot be written (E");
    expect(nowhere).toContain("first: one violated at 2.300 s  seed=1");
    expect(failing({ FAULTLINE_SEEDS: "9..1" })).toContain("FAULTLINE_SEEDS SEEDS: These are no seeds.");
  });

  it("puts the seed below what a body throws, and tells a scenario that is wrong as the command line does", () => {
    writeFileSync(
      join(folder, "bodies.test.ts"),
      `import { simTest } from "faultline/vitest";
       import { expect } from "vitest";
       const scenario = { name: "calm", nodes: [{ program: "ha-node", count: 3 }], duration: "3s" };
       simTest("counts", { scenario, seeds: "2..3" }, ({ result, seed }) => {
         if (seed === "3") expect(result.counts.sent).toBe(-1);
       });
       simTest("takes what failed for granted", { scenario: { ...scenario, faults: [{ kind: "crash", node: "n1", at: "2s" }, { kind: "loss", links: "all", rate: "0%", at: "1s", for: "1s" }] }, mustHold: false }, ({ result }) => {
         expect(result.outcome).toBe("inert-fault");
       });
       simTest("names the nearest program", { ...scenario, nodes: [{ program: "ha-nod" }] });
       simTest("is another file", "nowhere.yaml");
       simTest.skip("is not run", { ...scenario, nodes: [] });\n`,
    );
    const { status, output } = vitest(["bodies.test.ts"]);
    expect(status).toBe(1);
    expect(output).toContain("3 failed | 1 passed | 1 skipped");
    expect(output).toMatch(/AssertionError: expected \d+ to be -1/);
    expect(output).toContain("calm: seed=3 (2 of 2)\n  report  reports/calm-3/timeline.html");
    expect(output).toContain("replay  FAULTLINE_SEED=3 npx vitest run bodies.test.ts -t counts");
    expect(output).toContain('Did you mean "ha-node"?');
    expect(output).toContain("nowhere.yaml:1:1 SCENARIO_NOT_FOUND: There is no such file.");
  });
});

describe("explore", () => {
  const file = "search.test.ts";
  writeFileSync(
    join(folder, file),
    textOf("first.test.ts")
      .replace(/^const faults.*$/m, "")
      .replace("import { simTest }", "import { explore }")
      .replace(
        /^simTest.*$/m,
        'explore("survives", { scenario: defineScenario({ name: "quiet", nodes, checks: [isOne], duration: "9s" }), runs: 20, seed: 1 });',
      ),
  );

  let searched: Suite | undefined;
  const search = (): Suite => (searched ??= vitest([file]));

  it("prints the smallest plan as a scenario, and begins with it when it is told to", () => {
    const first = search();
    expect(first.status).toBe(1);
    expect(missingLine(first.output, shown[1] ?? "no text"), first.output).toBeUndefined();
    expect(first.output.match(/ {4}- \{ id: /g)).toHaveLength(1);
    const again = /FAULTLINE_EXPLORE=(\S+) npx vitest run search\.test\.ts -t survives/.exec(first.output)?.[1] ?? "";
    const second = vitest([file], { FAULTLINE_EXPLORE: again });
    expect(second.output).toContain("plan 1 of 20 fails; fast-check made it smaller 0 times");
    const faultOf = (output: string): string | undefined => / {4}- \{ id: .*/.exec(output)?.[0];
    expect(faultOf(second.output)).toBe(faultOf(first.output));
  });

  it("writes the scenario to a file that fails on its own, as a test", () => {
    const { output } = search();
    const path = /scenario {2}(\S+\.yaml)/.exec(output)?.[1] ?? "";
    const seed = /found: \{ seed: "(\d+)"/.exec(output)?.[1] ?? "";
    writeFileSync(
      join(folder, "found.test.ts"),
      readFileSync(join(folder, file), "utf8")
        .replace("import { explore }", "import { simTest }")
        .replace(
          /^explore.*$/m,
          `defineScenario({ name: "names", nodes, checks: [isOne], duration: "1s" });\nsimTest("found", ${JSON.stringify({ scenario: path, seeds: seed })});`,
        ),
    );
    expect(vitest(["found.test.ts"]).output).toContain("ScenarioFailure: quiet-seed-");
  });
});
