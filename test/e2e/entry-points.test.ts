import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { testFolder } from "./run-cli.ts";

/** A name by which each entry is known; the rest of its names are in its own file. */
const ENTRIES: Readonly<Record<string, string>> = {
  hlc: "HlcClock",
  "circuit-breaker": "CircuitBreaker",
  "failure-detector": "PingFailureDetector",
  lock: "RedisLock",
  raft: "RaftNode",
  "split-brain": "SplitBrainCoordinator",
  failover: "WriteGate",
  replication: "KvStore",
  receipts: "SyncWorker",
  proxy: "ReadYourWritesProxy",
  guard: "GuardedDatabase",
  settings: "PrimaryMarker",
};

const OURS = /^system\/(components|ports)\/|^node:zlib$/;
/** The settings' schema is written with it. */
const ZOD = /\/node_modules\/zod\//;

interface Loaded {
  readonly names: readonly string[];
  /** Everything that Node loaded for it: files as paths in the package, packages and built-in modules as their names. */
  readonly files: readonly string[];
}

const dist = pathToFileURL(`${process.cwd()}/dist/`).href;
const folder = testFolder();
mkdirSync(join(folder.path, "node_modules"));
symlinkSync(process.cwd(), join(folder.path, "node_modules", "faultline"));
folder.write("package.json", '{ "type": "module" }\n');
folder.write(
  "hooks.mjs",
  `import { writeSync } from "node:fs";
   export const load = (url, context, next) => (writeSync(2, "loaded " + url + "\\n"), next(url, context));\n`,
);
folder.write(
  "names.mjs",
  `import { register } from "node:module";
   register("./hooks.mjs", import.meta.url);
   console.log(JSON.stringify(Object.keys(await import(process.argv[2]))));\n`,
);

const loaded = new Map<string, Loaded>();

/** Imports an entry by the package's name in a process of its own, as a user's program does. */
function load(entry: string): Loaded {
  const known = loaded.get(entry);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["names.mjs", entry], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const files = [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url]) => url?.replace(dist, "") ?? "");
  const now = { names: JSON.parse(stdout) as string[], files };
  loaded.set(entry, now);
  return now;
}

describe("the entry points of the components", () => {
  it("are one for each component", () => {
    const components = readdirSync("src/system/components", { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? entry.name : [],
    );
    const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
    const entries = Object.keys(exports).flatMap((key) => /^\.\/components\/(.+)$/.exec(key)?.[1] ?? []);
    expect([...entries].sort()).toEqual([...components].sort());
    expect([...entries].sort()).toEqual(Object.keys(ENTRIES).sort());
  });

  it.each(Object.entries(ENTRIES))(
    "faultline/components/%s gives %s, and loads components and ports only",
    (entry, name) => {
      const { names, files } = load(`faultline/components/${entry}`);
      expect(names).toContain(name);
      expect(files).toContain(`system/components/${entry}/index.js`);
      const mayLoad = entry === "settings" ? [OURS, ZOD] : [OURS];
      expect(files.filter((file) => !mayLoad.some((one) => one.test(file)))).toEqual([]);
    },
  );

  it("are all in faultline/components", () => {
    const all = load("faultline/components");
    expect(all.files.filter((file) => !OURS.test(file) && !ZOD.test(file))).toEqual([]);
    const names = Object.keys(ENTRIES).flatMap((entry) => load(`faultline/components/${entry}`).names);
    expect([...all.names].sort()).toEqual([...new Set(names)].sort());
  });

  it("have types", () => {
    const lines = Object.entries(ENTRIES).map(
      ([entry, name], i) => `import { ${name} as X${String(i)} } from "faultline/components/${entry}";`,
    );
    const used = Object.keys(ENTRIES).map((_, i) => `const wrong${String(i)}: number = X${String(i)};`);
    folder.write("types.ts", [...lines, ...used].join("\n"));
    const program = ts.createProgram([join(folder.path, "types.ts")], {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    });
    const problems = ts.getPreEmitDiagnostics(program).map(({ code, messageText }) => {
      return `${String(code)} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    // Each class is known for what it is, and so is no number.
    expect(problems).toEqual(
      Object.values(ENTRIES).map((name) => `2322 Type 'typeof ${name}' is not assignable to type 'number'.`),
    );
  });
});
