// Builds the script that a report carries: the modules of src/lab/report/viewer and what they import, checked, stripped of
// types and comments and joined in one scope. Usage: node scripts/build-viewer.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const out = resolve(root, "src/lab/report/viewer-script.ts");

/** The text of `viewer-script.ts` as the sources give it now. */
export function viewerModule() {
  const parts = [];
  const done = new Set();
  const names = new Map();
  visit(resolve(root, "src/lab/report/viewer/main.ts"));
  const script = `(() => {\n"use strict";\n${parts.join("\n")}\n})();\n`;
  if (/<\/script|<!--/i.test(script)) throw new Error("The viewer's script could end its own element.");
  const literal = script.replace(/\\/g, "\\\\").replace(/`/g, "\\`").replace(/\$\{/g, "\\${");
  return `// Made by scripts/build-viewer.mjs from src/lab/report/viewer; change the sources, then run it again.\n\n/** The script of the report's page. */\nexport const VIEWER_SCRIPT = \`${literal}\`;\n`;

  function visit(file) {
    if (done.has(file)) return;
    done.add(file);
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      fileName: file,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        removeComments: true,
        verbatimModuleSyntax: false,
      },
    });
    const body = [];
    for (const line of outputText.split("\n")) {
      const imported = /^import .* from "(\.[^"]+)";$/.exec(line);
      if (imported !== null) visit(resolve(dirname(file), imported[1]));
      else if (/^import\b/.test(line))
        throw new Error(`${relative(root, file)} imports a package; the viewer has none.`);
      else if (line !== "export {};" && line !== "") {
        // Indentation is a fifth of the script; without it no text may run over a line's end.
        if ((line.match(/`/g) ?? []).length % 2 === 1)
          throw new Error(`${relative(root, file)} has a text over several lines.`);
        body.push(line);
      }
    }
    for (const line of body) {
      const name = /^(?:export )?(?:async )?(?:const|let|function|class) (\w+)/.exec(line)?.[1];
      if (name === undefined) continue;
      if (names.has(name))
        throw new Error(`"${name}" is in ${relative(root, file)} and in ${names.get(name)}; the viewer is one scope.`);
      names.set(name, relative(root, file));
    }
    parts.push(body.map((line) => line.replace(/^export /, "").trimStart()).join("\n"));
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const text = viewerModule();
  if (process.argv.includes("--check")) {
    if (readFileSync(out, "utf8") !== text)
      throw new Error("viewer-script.ts is stale: run node scripts/build-viewer.mjs");
  } else {
    writeFileSync(out, text);
    console.log(`${relative(root, out)}: ${String(text.length)} characters`);
  }
}
