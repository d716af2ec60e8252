import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatWithOptions } from "node:util";
import { createJiti } from "jiti";
import { afterAll, expect, it, vi } from "vitest";
import { snippetsOf } from "./snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-linearizability-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("prints what the page says", async () => {
  const [program, printed] = snippetsOf("docs/linearizability.md");
  const file = join(folder, program?.file ?? "");
  writeFileSync(file, program?.text ?? "");
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    lines.push(formatWithOptions({ colors: false }, ...values));
  });
  // The sources of now stand for the package: those lines of its door that lead to this room.
  const door = join(folder, "faultline.ts");
  const exports =
    readFileSync("src/index.ts", "utf8").match(/^export [^;]*"\.\/lab\/checkers\/linear\/[^;]*;$/gm) ?? [];
  writeFileSync(door, exports.join("\n").replaceAll('"./', `"${resolve("src")}/`));
  await createJiti(import.meta.url, { alias: { faultline: door }, fsCache: false }).import(file);
  log.mockRestore();
  expect(printed?.language).toBe("text");
  expect(`${lines.join("\n")}\n`).toBe(printed?.text);
});
