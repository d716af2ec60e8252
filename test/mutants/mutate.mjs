// Plants a bug from outside: a source replacement applied to a copy of the built package. Production code carries no switches.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../../", import.meta.url));
/** As the build compiles, as far as one file can tell. */
const compilerOptions = {
  rewriteRelativeImportExtensions: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
};

/** Copies the build, replaces one place of one source file, and returns where the mutated package is. */
export function plant(mutant) {
  const directory = mkdtempSync(join(tmpdir(), `faultline-mutant-${mutant.id}-`));
  // What runs; types and maps are most of it.
  const isRun = (path) => !/\.(d\.ts|map)$/.test(path);
  cpSync(join(root, "dist"), join(directory, "dist"), { recursive: true, filter: isRun });
  for (const name of ["package.json", "scenarios"])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const sources = new Map();
  for (const { file, find, replace } of mutant.changes) {
    const source = sources.get(file) ?? readFileSync(join(root, "src", file), "utf8");
    const parts = source.split(find);
    if (parts.length !== 2) {
      rmSync(directory, { recursive: true, force: true });
      throw new Error(
        `${mutant.id}: the text to replace stands ${parts.length - 1} times in src/${file}; it must stand once:\n${find}`,
      );
    }
    sources.set(file, parts.join(replace));
  }
  for (const [file, source] of sources) {
    const { outputText, diagnostics } = ts.transpileModule(source, {
      fileName: file,
      reportDiagnostics: true,
      compilerOptions: { ...compilerOptions, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    if (diagnostics?.length)
      throw new Error(
        `${mutant.id}: the mutated source does not parse: ${ts.flattenDiagnosticMessageText(diagnostics[0].messageText, "\n")}`,
      );
    const target = join(directory, "dist", file.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The runner of a package directory: `run(scenarioPath, seed)` → RunResult. */
export async function runnerOf(directory) {
  const from = (path) => import(pathToFileURL(join(directory, "dist", path)).href);
  const { loadScenarios } = await from("cli/scenario-files.js");
  const { runScenario } = await from("lab/run/run-scenario.js");
  const loaded = new Map();
  return async (path, seed) => {
    if (!loaded.has(path)) loaded.set(path, (await loadScenarios([join(root, path)]))[0]);
    const { result } = await runScenario(loaded.get(path), { seed: String(seed), keepTrace: false, strict: false });
    return result;
  };
}

export const catalogue = JSON.parse(readFileSync(new URL("catalogue.json", import.meta.url), "utf8"));

/** Seeds a difficulty may take. */
export const SEEDS_MAX = { E: 500, M: 500, H: 5_000 };

/** The invariants a result violates, `expect` for a story that did not come true, `crash` for a run that broke. */
export function violatedBy(result) {
  const invariants = result.verdicts
    .filter(({ verdict }) => verdict === "violated")
    .map(({ invariant, checker }) => invariant || checker);
  if (result.expects.some(({ held }) => !held)) invariants.push("expect");
  return result.error === undefined ? invariants : [...invariants, "crash"];
}
