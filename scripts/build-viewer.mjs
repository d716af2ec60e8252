// Builds the scripts that a report and the page of two runs carry: the modules of src/lab/report/viewer and what they import, in one,
// without types and comments. Usage: node scripts/build-viewer.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { rolldown } from "rolldown";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Scripts by the module that they are written to. */
const SCRIPTS = {
  "viewer-script.ts": { input: "main.ts", name: "VIEWER_SCRIPT", words: "The script of the report's page." },
  "start-script.ts": { input: "start.ts", name: "START_SCRIPT", words: "What unpacks and starts a page's script." },
  "diff-script.ts": { input: "diff-main.ts", name: "DIFF_SCRIPT", words: "The script of the page of two runs." },
};

/** The text of a script's module as the sources give it now. */
export async function viewerModule(file = "viewer-script.ts") {
  const { input, name, words } = SCRIPTS[file];
  const bundle = await rolldown({
    input: resolve(root, "src/lab/report/viewer", input),
    tsconfig: false,
    transform: { target: "es2022" },
    plugins: [ownOnly],
  });
  const { output } = await bundle.generate({ format: "iife", minify: true });
  await bundle.close();
  // Notes to bundlers, and conversions that a template makes itself.
  const script = output[0].code
    .replace(/(?<=[\w$])\/\* @__PURE__ \*\/ ?/g, " ")
    .replace(/\/\* @__PURE__ \*\/ ?/g, "")
    .replace(/\$\{String\(([^(){}`]*)\)\}/g, "${$1}");
  // Parsed, not run: what is left out must leave a script.
  new Script(script, { filename: file });
  if (output.length > 1) throw new Error("The viewer is more than one script.");
  if (/<\/script|<!--/i.test(script)) throw new Error("The viewer's script could end its own element.");
  const literal = script.replace(/\\/g, "\\\\").replace(/`/g, "\\`").replace(/\$\{/g, "\\${");
  return `// Made by scripts/build-viewer.mjs from src/lab/report/viewer; change the sources, then run it again.\n\n/** ${words} */\nexport const ${name} = \`${literal}\`;\n`;
}

/** The page has no package in it. */
const ownOnly = {
  name: "own-only",
  resolveId(name, importer) {
    if (importer === undefined || name.startsWith(".")) return null;
    throw new Error(`${relative(root, importer)} imports "${name}"; the viewer has no packages.`);
  },
};

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const file of Object.keys(SCRIPTS)) {
    const out = resolve(root, "src/lab/report", file);
    const text = await viewerModule(file);
    if (process.argv.includes("--check")) {
      if (readFileSync(out, "utf8") !== text) throw new Error(`${file} is stale: run node scripts/build-viewer.mjs`);
    } else {
      writeFileSync(out, text);
      console.log(`${relative(root, out)}: ${String(text.length)} characters`);
    }
  }
}
