import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { knownNames } from "../../src/lab/run/known-names.ts";
import { loadScenarioFile } from "../../src/lab/scenario/load.ts";
import { checkScenario } from "../../src/lab/scenario/validate.ts";
import { placeOf, readersFolder } from "./readers-folder.ts";
import { linksOf, pages } from "./snippets.ts";

const { folder, snippets, of } = readersFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** A scenario in which a list of faults, or a few keys, stand for themselves. */
const AROUND = {
  name: "around",
  nodes: [{ program: "ha-node", count: 5 }],
  faults: [
    { id: "cut", kind: "partition", shape: "split", groups: [["leader", "n5"], ["rest"]], at: "10s", for: "10s" },
  ],
  duration: "60s",
};

describe("the pages", () => {
  it.each(pages())("%s links only to what is there", (page) => {
    const missing = linksOf(page).filter((target) => !existsSync(join(dirname(page), target)));
    expect(missing).toEqual([]);
  });

  it("have no block of a kind that nothing tests", () => {
    const known = ["yaml", "ts", "js", "sh", "text", ""];
    expect(snippets.filter(({ language }) => !known.includes(language)).map(placeOf)).toEqual([]);
  });

  it("name each file once, and show the example as it is", () => {
    const files = snippets.flatMap(({ file }) => file ?? []);
    expect(files).toEqual([...new Set(files)]);
    const shown = snippets.find(({ file }) => file === "two-leaders.ts")?.text.replace(/^.*\n/, "");
    expect(shown).toBe(readFileSync("docs/examples/two-leaders.ts", "utf8"));
  });
});

describe("YAML", () => {
  // Workflows and manifests are for other loaders: ci.test.ts has them.
  const scenarios = of("yaml").filter(([, { text }]) => !/^(jobs|apiVersion):/m.test(text));
  it.each(scenarios)("at %s is what the loader takes", async (_, { text, file }) => {
    const value: unknown = parse(text);
    if (file !== undefined) {
      const load = loadScenarioFile({
        path: join(folder, file),
        known: () => Promise.resolve(knownNames()),
        packageModule: () => Promise.resolve({}),
      });
      // The one that shows an error is run, and its message compared, with the commands.
      await (file === "typo.yaml" ? expect(load).rejects.toThrow("SCENARIO_UNKNOWN_NODE") : load);
    } else if (value !== null) {
      const around = Array.isArray(value) ? { ...AROUND, faults: value as unknown[] } : { ...AROUND, ...value };
      expect(checkScenario(around, knownNames()).problems).toEqual([]);
    }
  });
});

describe("TypeScript", () => {
  it("compiles against the package as a reader's strict project would", () => {
    const files = snippets
      .filter(({ language }) => language === "ts")
      .map(({ file, page, line }) => {
        expect(file, `${page}:${String(line)} names its file`).toBeDefined();
        return join(folder, file ?? "");
      });
    const program = ts.createProgram(files, {
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ["node"],
      typeRoots: [resolve("node_modules/@types")],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
    });
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      return `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    expect(problems).toEqual([]);
  });
});
