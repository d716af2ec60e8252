import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCycle, forbiddenImports, importsOf, roomOf } from "./architecture-check.ts";
import { ROOMS } from "./architecture-table.ts";

const SRC = join(import.meta.dirname, "..", "src");

function sources(): Map<string, string> {
  const entries = readdirSync(SRC, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts"),
  );
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [file.slice(SRC.length + 1).replaceAll("\\", "/"), readFileSync(file, "utf8")]));
}

const plant = (files: Readonly<Record<string, string>>): Map<string, string> => new Map(Object.entries(files));

describe("architecture of src/", () => {
  it("imports only what the table allows", () => {
    expect(forbiddenImports(sources())).toEqual([]);
  });

  it("has no cycle of imports", () => {
    expect(findCycle(sources()).join(" → ")).toBe("");
  });

  it("has a table whose every name is a room", () => {
    const rooms = new Set([...ROOMS.map(({ room }) => room), "system/programs/protocols", "*"]);
    expect(ROOMS.flatMap(({ mayImport }) => mayImport).filter((name) => !rooms.has(name))).toEqual([]);
  });
});

describe("the architecture test itself", () => {
  it.each([
    [
      "a component that knows the simulator",
      "system/components/raft/raft.ts",
      `import { Kernel } from "../../../sim/kernel/kernel.ts";`,
    ],
    [
      "a component that writes records",
      "system/components/hlc/hlc.ts",
      `import type { Trace } from "../../../trace/trace.ts";`,
    ],
    [
      "a component that knows one to its right",
      "system/components/lock/lock.ts",
      `import { Raft } from "../raft/raft.ts";`,
    ],
    ["a component that reads files", "system/components/raft/log.ts", `import { readFile } from "node:fs/promises";`],
    [
      "a checker that looks into a component",
      "lab/checkers/x.ts",
      `import { Raft } from "../../system/components/raft/raft.ts";`,
    ],
    [
      "a workload that knows more than a protocol",
      "lab/workloads/kv.ts",
      `export * from "../../system/programs/ha-node/ha-node.ts";`,
    ],
    ["a station that reaches back", "lab/scenario/load.ts", `const run = await import("../run/run.ts");`],
    ["a live port in the simulator", "sim/disk/sim-disk.ts", `import { FsDisk } from "../../system/live/fs-disk.ts";`],
    ["a file outside every room", "helpers/misc.ts", ``],
  ])("finds %s", (_what, file, text) => {
    expect(forbiddenImports(plant({ [file]: text }))).toHaveLength(1);
  });

  it("lets a component know those to its left, and a workload a protocol", () => {
    const files = plant({
      "system/components/raft/raft.ts": `import { x } from "../lock/lock.ts"; import type { Clock } from "../../ports/clock.ts";`,
      "lab/workloads/kv.ts": `import type { KvRequest } from "../../system/programs/ha-node/protocol.ts";`,
    });
    expect(forbiddenImports(files)).toEqual([]);
  });

  it("finds a cycle", () => {
    const files = plant({
      "sim/a.ts": `import "./b.ts";`,
      "sim/b.ts": `import type { C } from "./c.ts";`,
      "sim/c.ts": `export { b } from "./b.ts";`,
    });
    expect(findCycle(files)).toEqual(["sim/b.ts", "sim/c.ts", "sim/b.ts"]);
  });

  it("reads every way to import, and the longest room", () => {
    const text = `import a from "a"; import type { B } from "b"; export * from "c"; const d = import("d"); type E = import("e").E;`;
    expect(importsOf(text)).toEqual(["a", "b", "c", "d", "e"]);
    expect([roomOf("sim/kernel/rng.ts")?.room, roomOf("sim/cluster.ts")?.room]).toEqual(["sim/kernel", "sim"]);
  });
});
