import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULTS, settingsOf, type Settings, type SettingsSource } from "../../../src/cli/config/settings.ts";
import { CONFIG_NAMES } from "../../../src/cli/config/find-config.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-config-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const warnings: string[] = [];
function settings(source: Partial<SettingsSource> = {}): Promise<Settings> {
  warnings.length = 0;
  return settingsOf({ cwd: root, env: {}, flags: {}, warn: (line) => warnings.push(line), ...source });
}

const ALL = {
  scenarios: ["some"],
  seed: "7",
  seeds: "1..7",
  plans: "random",
  checks: ["election-safety"],
  reports: "out",
  report: false,
  reporters: ["dot"],
  outputFiles: { junit: "j.xml" },
  workers: 7,
  bail: 7,
  verify: true,
  open: true,
  queue: "redis://file:1",
};
const ENV: Readonly<Record<keyof typeof ALL, readonly [text: string, value: unknown]>> = {
  scenarios: ["a, b/*.yaml", ["a", "b/*.yaml"]],
  seed: ["8", "8"],
  seeds: ["1..8,nightly", "1..8,nightly"],
  plans: ["written", "written"],
  checks: ["all", "all"],
  reports: ["elsewhere", "elsewhere"],
  report: ["true", true],
  reporters: ["junit,github", ["junit", "github"]],
  outputFiles: ["junit=a.xml,jsonl=b.jsonl", { junit: "a.xml", jsonl: "b.jsonl" }],
  workers: ["8", 8],
  bail: ["8", 8],
  verify: ["0", false],
  open: ["on-failure", "on-failure"],
  queue: ["rediss://env:1", "rediss://env:1"],
};
const variable = (key: string): string => `FAULTLINE_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`;

describe("where settings come from", () => {
  it("is nowhere at first", async () => {
    expect(await settings()).toEqual(DEFAULTS);
  });

  it.each(Object.keys(ALL) as (keyof typeof ALL)[])("is the flag, the environment, the file: %s", async (key) => {
    write("faultline.config.json", JSON.stringify(ALL));
    const env = { [variable(key)]: ENV[key][0] };
    const flag = { [key]: "of the flag" };
    expect((await settings())[key]).toEqual(ALL[key]);
    expect((await settings({ env }))[key]).toEqual(ENV[key][1]);
    expect(ENV[key][1]).not.toEqual(ALL[key]);
    expect((await settings({ env, flags: flag }))[key]).toBe("of the flag");
    expect((await settings({ env: { [variable(key)]: "" }, flags: { [key]: undefined } }))[key]).toEqual(ALL[key]);
  });

  it("is a file in the folder or above it, not beyond the package", async () => {
    write("faultline.config.json", '{ "seed": "above" }');
    write("package/package.json", "{}");
    write("package/inner/x", "");
    expect((await settings({ cwd: join(root, "package/inner") })).seed).toBe("1");
    rmSync(join(root, "package/package.json"));
    expect((await settings({ cwd: join(root, "package/inner") })).seed).toBe("above");
  });

  it("is another file with --config, or FAULTLINE_CONFIG", async () => {
    write("faultline.config.json", '{ "seed": "near" }');
    write("ci/nightly.json", '{ "seed": "night", "reports": "out", "scenarios": ["../s", "/abs"] }');
    expect(await settings({ config: "ci/nightly.json" })).toMatchObject({
      seed: "night",
      reports: "ci/out",
      scenarios: ["s", "/abs"],
    });
    expect((await settings({ env: { FAULTLINE_CONFIG: "ci/nightly.json" } })).seed).toBe("night");
  });

  it.each(CONFIG_NAMES)("may be %s", async (name) => {
    const code = `import { defineConfig } from "faultline";\nexport default defineConfig({ seed: "of-code" });\n`;
    write(name, name.endsWith("json") ? '{ "seed": "of-code" }' : code);
    expect((await settings()).seed).toBe("of-code");
  });
});

describe("settings that are not right", () => {
  it.each([
    ['{ "seeeds": "1..3" }', 'faultline.config.json:1:3 CONFIG_UNKNOWN_KEY: The configuration has no key "seeeds".'],
    ['{ "seeeds": "1..3" }', 'Did you mean "seeds"?'],
    [
      '{\n  "seeds": "3..1" }',
      'faultline.config.json:2:12 CONFIG_VALUE: "seeds" is not right.\n  Expected seeds in quotes',
    ],
    [
      '{ "seed": 7 }',
      'faultline.config.json:1:11 CONFIG_TYPE: "seed" has the wrong type.\n  Expected a string; got 7.',
    ],
    ['{ "reporters": ["junti"] }', 'got "junti". Did you mean "junit"?'],
    ['{ "outputFiles": { "junitt": "x" } }', 'Did you mean "junit"?'],
    ['{ "workers": 0 }', "CONFIG_RANGE"],
    ['{ "queue": "localhost" }', "the address of a Redis"],
    ['{ "seed": ', "CONFIG_SYNTAX"],
  ])("are told with file, place and nearest name: %s", async (text, message) => {
    write("faultline.config.json", text);
    await expect(settings()).rejects.toThrow(message);
  });

  it.each([
    ["FAULTLINE_SEEDS", "9..1", "FAULTLINE_SEEDS CONFIG_VALUE"],
    ["FAULTLINE_OPEN", "maybe", 'Expected one of true, false, on-failure; got "maybe".'],
    ["FAULTLINE_WORKERS", "two", 'FAULTLINE_WORKERS CONFIG_TYPE: "workers" has the wrong type.'],
    ["FAULTLINE_REPORTERS", "dto", "FAULTLINE_REPORTERS [0] CONFIG_VALUE"],
    ["FAULTLINE_OUTPUT_FILES", "junit", "FAULTLINE_OUTPUT_FILES junit CONFIG_RANGE"],
    ["FAULTLINE_CONFIG", "nowhere.json", "nowhere.json CONFIG_NOT_FOUND"],
  ])("are told with the variable: %s=%s", async (name, value, message) => {
    await expect(settings({ env: { [name]: value } })).rejects.toThrow(message);
  });

  it("are told when they are code", async () => {
    write("faultline.config.ts", "export const config = {};\n");
    await expect(settings()).rejects.toThrow(/faultline\.config\.ts CONFIG_CODE: The file has no default export\./);
    write("faultline.config.ts", 'throw new Error("no disk");\n');
    await expect(settings()).rejects.toThrow(/CONFIG_CODE: The file does not run: Error: no disk/);
  });

  it("are two files of which nobody knows which counts", async () => {
    write("faultline.config.ts", "");
    write("faultline.config.json", "{}");
    await expect(settings()).rejects.toThrow("CONFIG_SEVERAL");
  });

  it("have a nearest file", async () => {
    write("faultline.config.ts", "");
    await expect(settings({ config: "faultline.config.json" })).rejects.toThrow('Did you mean "faultline.config.ts"?');
  });

  it("may be misspelt variables, which are told and not refused; those of others are let be", async () => {
    const env = { FAULTLINE_SEEEDS: "1", FAULTLINE_REDIS_SERVICE_HOST: "10.0.0.1", FAULTLINE_LIVE: "{}" };
    expect(await settings({ env })).toEqual(DEFAULTS);
    expect(warnings).toEqual(["FAULTLINE_SEEEDS is no setting. Did you mean FAULTLINE_SEEDS?"]);
  });
});
