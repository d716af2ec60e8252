import { join } from "node:path";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
/** The project's rules as they are, but for those that ask the compiler: most bans need no types, and types of all files take seconds. */
const untyped = new ESLint({ cwd: ROOT, overrideConfig: [tseslint.configs.disableTypeChecked] });
/** The project's rules as they are, with the types of a few files. */
const typed = new ESLint({
  cwd: ROOT,
  overrideConfig: [
    {
      files: ["**/*.ts"],
      languageOptions: {
        parserOptions: { project: "test/lint-bans.tsconfig.json", disallowAutomaticSingleRunInference: true },
      },
    },
  ],
});

/** The rules that this text breaks when it stands in a file of that room. */
async function rulesBroken(eslint: ESLint, file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(ROOT, file) });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

describe("lint of simulated rooms", () => {
  it.each([
    ["no-restricted-globals", "export const now = Date.now();"],
    ["no-restricted-globals", "export const now = performance.now();"],
    ["no-restricted-globals", "setTimeout(() => 1, 1);"],
    ["no-restricted-globals", "setImmediate(() => 1);"],
    ["no-restricted-globals", "export const id = crypto.randomUUID();"],
    ["no-restricted-globals", "export const text = new Intl.NumberFormat().format(1);"],
    ["no-restricted-properties", "export const x = Math.random();"],
    ["no-restricted-properties", "export const x = Math.pow(2, 0.5);"],
    ["no-restricted-properties", "export const x = Math.log(2) + 1;"],
    ["no-restricted-properties", "process.nextTick(() => 1);"],
    ["no-restricted-syntax", "export const root = (x: number): number => x ** 0.5;"],
    ["no-restricted-syntax", "let x = 2; x **= 0.5; export const y = x;"],
    ["no-restricted-syntax", "export function keys(o: object): void { for (const key in o) { String(key); } }"],
    ["no-restricted-syntax", `export const order = "a".localeCompare("b");`],
    ["no-restricted-imports", `export { randomUUID } from "node:crypto";`],
    ["no-restricted-imports", `import { setTimeout as later } from "timers/promises"; export const x = later;`],
  ])("finds %s in: %s", async (rule, text) => {
    expect(await rulesBroken(untyped, "src/sim/kernel/rng.ts", text)).toContain(rule);
  });

  it.each([
    ["@typescript-eslint/no-floating-promises", "async function f(): Promise<void> { await Promise.resolve(); }\nf();"],
    [
      "@typescript-eslint/switch-exhaustiveness-check",
      `export function f(x: "a" | "b"): number { switch (x) { case "a": return 1; } return 2; }`,
    ],
  ])("finds %s in: %s", async (rule, text) => {
    // A file that exists, because the linter asks the compiler about it; its text is replaced.
    expect(await rulesBroken(typed, "src/sim/kernel/rng.ts", text)).toContain(rule);
  });

  it("leaves the same code alone where the real world begins", async () => {
    const text = "export const now = Date.now() + performance.now() + Math.random();";
    expect(await rulesBroken(typed, "src/system/live/system-clock.ts", text)).toEqual([]);
  });
});
