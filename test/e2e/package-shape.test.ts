import { existsSync, readFileSync } from "node:fs";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, it } from "vitest";

interface PackageJson {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const own = JSON.parse(readFileSync("package.json", "utf8")) as PackageJson;

describe("the package", () => {
  it("is shaped as Node, bundlers and TypeScript want it", async () => {
    const { messages, pkg } = await publint({ pkgDir: ".", level: "suggestion", strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg) ?? message.code)).toEqual([]);
  });

  it("has every file it names, with its types", () => {
    const named = Object.values(own.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : [entry.types, entry.default],
    );
    for (const file of [...named, ...Object.values(own.bin)]) expect(existsSync(file), file).toBe(true);
    expect(readFileSync(own.bin["faultline"] ?? "", "utf8").split("\n")[0]).toBe("#!/usr/bin/env node");
  });

  it("pins what it depends on: another version of one of them may draw other faults", () => {
    for (const [name, version] of Object.entries(own.dependencies)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("has a lock file that npm ci takes on every platform: all that is asked for is in it", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      packages: Record<string, { dependencies?: object; devDependencies?: object; optionalDependencies?: object }>;
    };
    const missing = Object.entries(packages).flatMap(([path, one]) => {
      const asked = { ...one.dependencies, ...one.devDependencies, ...one.optionalDependencies };
      return Object.keys(asked).filter((name) => !foldersAbove(path).some((folder) => `${folder}${name}` in packages));
    });
    expect(missing).toEqual([]);
  });
});

/** Where Node looks for what a package asks for: in itself, in the one around it, and so on to the top. */
function foldersAbove(path: string): string[] {
  const names = path.split(/(?:^|\/)node_modules\//).slice(1);
  return Array.from({ length: names.length + 1 }, (_, depth) =>
    [...names.slice(0, depth), ""].map((name) => `node_modules/${name}`).join("/"),
  );
}
