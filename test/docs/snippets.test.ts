import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { knownNames } from "../../src/lab/run/known-names.ts";
import { loadScenarioFile } from "../../src/lab/scenario/load.ts";
import { checkScenario } from "../../src/lab/scenario/validate.ts";
import { faultline } from "../e2e/run-cli.ts";
import { commandsOf, linksOf, missingLine, pages, snippetsOf, type Snippet } from "./snippets.ts";

// A reader's folder: the files of the pages, and the package installed beside them.
const folder = mkdtempSync(join(tmpdir(), "faultline-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(process.cwd(), join(folder, "node_modules/faultline"));
for (const name of ["vitest", "@types", "ioredis", "express"])
  symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
for (const name of ["scenarios", "docs"]) symlinkSync(resolve(name), join(folder, name));

const snippets = pages().flatMap(snippetsOf);
const place = (snippet: Snippet): string => `${snippet.page}:${String(snippet.line)}`;
const of = (...languages: string[]): [string, Snippet][] =>
  snippets.filter(({ language }) => languages.includes(language)).map((snippet) => [place(snippet), snippet]);
for (const { file, text } of snippets) if (file !== undefined) writeFileSync(join(folder, file), text);

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
    expect(snippets.filter(({ language }) => !known.includes(language)).map(place)).toEqual([]);
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
  it("compiles against the package as a reader's strict project would", { timeout: 60_000 }, () => {
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

  it("runs as a test suite", () => {
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const { status, stdout } = spawnSync(process.execPath, [vitest, "run", "--root", folder, "one-leader.test.ts"], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
    });
    expect(stdout).toContain("1 passed");
    expect(status).toBe(0);
  });
});

describe("commands", () => {
  // Those of a fleet need a Redis, and run in test/e2e/cli-fleet.test.ts.
  const alone = of("sh").filter(([, { page }]) => page !== "docs/fleet.md");
  it.each(alone)("at %s end as they say, and print what the page shows", { timeout: 60_000 }, (_, snippet) => {
    const next = snippets[snippets.indexOf(snippet) + 1];
    let output = "";
    for (const { args, exit, line } of commandsOf(snippet)) {
      const { code, stdout, stderr } = faultline(folder, args);
      output = `${stdout}\n${stderr}`;
      expect(code, `${line}\n${output}`).toBe(exit);
    }
    if (next?.page === snippet.page && next.language === "text")
      expect(missingLine(output, next.text), output).toBeUndefined();
  });
});

describe("live", () => {
  it.each(of("js"))("at %s runs on this machine, a process a node", { timeout: 30_000 }, async (_, { file, text }) => {
    // The ports of the page may be taken here.
    const free = await Promise.all([freePort(), freePort()]);
    const script = text
      .replace("127.0.0.1:7001", `127.0.0.1:${String(free[0])}`)
      .replace("127.0.0.1:7002", `127.0.0.1:${String(free[1])}`);
    writeFileSync(join(folder, file ?? ""), script);
    const heard = await Promise.all(["n1", "n2"].map((id) => firstLine(file ?? "", id)));
    expect(heard.map((line) => JSON.parse(line) as object)).toMatchObject([
      { node: "n1", incarnation: 1, key: "heard", value: "n2" },
      { node: "n2", incarnation: 1, key: "heard", value: "n1" },
    ]);
    for (const child of children) child.kill();
  });
});

const children: ReturnType<typeof spawn>[] = [];

function firstLine(file: string, id: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [file, id], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let seen = "";
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
      const [line, rest] = seen.split("\n");
      if (rest !== undefined) done(line ?? "");
    });
    child.on("exit", () => fail(new Error(`${id} ended: ${errors}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
