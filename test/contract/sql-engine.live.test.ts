import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeSqlite } from "../../src/system/live/node-sqlite.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import { compileSystem, LiveProcess } from "./live-process.ts";
import { describeSqlEngine } from "./sql-engine.contract.ts";
import { engineKinds, hasNodeSqlite, inFolder } from "./sqlite-engines.ts";

for (const kind of engineKinds) describeSqlEngine(kind);

const COMMITTED = 20;
const out = mkdtempSync(join(tmpdir(), "faultline-sqlite-writer-"));
let writer = "";
beforeAll(() => {
  writer = compileSystem(out, ["test/contract/sqlite-writer.ts"])("test/contract/sqlite-writer.ts");
  symlinkSync(resolve("node_modules"), join(out, "node_modules"));
});
afterAll(() => rmSync(out, { recursive: true }));

/** A writer that stands in the middle of a transaction. */
async function writing(kind: string, path: string): Promise<LiveProcess> {
  const child = new LiveProcess(writer, { kind, path, committed: COMMITTED });
  await child.line("in the middle of a transaction", (line) => line.kind === "in the middle");
  return child;
}

describe("a writer that is killed in the middle of a transaction", () => {
  it.each(engineKinds.filter(({ name }) => !name.includes("stand-in")))(
    "leaves what it committed, and nothing of what it did not: $name",
    async ({ name, open }) => {
      const seen = await inFolder(async (folder) => {
        const path = join(folder, "test.db");
        const child = await writing(name, path);
        child.signal("SIGKILL");
        await child.exited;
        const walBytes = statSync(`${path}-wal`).size;
        const engine = await open(path);
        try {
          const rows = engine.all("SELECT n FROM rows ORDER BY n").map(({ n }) => n);
          engine.run("INSERT INTO rows VALUES (0, 'after')");
          return { walBytes, rows, check: engine.all("PRAGMA integrity_check") };
        } finally {
          engine.close();
        }
      });
      // Some of what was not committed had reached the file.
      expect(seen.walBytes).toBeGreaterThan(1_000_000);
      expect(seen.rows).toEqual(Array.from({ length: COMMITTED }, (_, i) => i + 1));
      expect(seen.check).toEqual([{ integrity_check: "ok" }]);
    },
  );
});

describe("the owner of a file of node-sqlite3-wasm", () => {
  it("is not displaced while its process lives, stopped or not", async () => {
    const error = await inFolder(async (folder) => {
      const path = join(folder, "test.db");
      const child = await writing("node-sqlite3-wasm", path);
      try {
        child.signal("SIGSTOP");
        return await openWasmSqlite(path).catch((reason: unknown) => reason);
      } finally {
        await child.destroy();
      }
    });
    expect(error).toMatchObject({
      code: "SQL",
      message: expect.stringMatching(/process \d+ on \S+ has it open/) as string,
    });
  });

  it("is not displaced when it is of another host, nor a lock of which nobody knows whose it is", async () => {
    const seen = await inFolder(async (folder) => {
      const path = join(folder, "test.db");
      const owner = { host: "elsewhere", boot: "", pid: 1, started: "" };
      writeFileSync(`${path}.owner`, JSON.stringify(owner));
      const elsewhere: unknown = await openWasmSqlite(path).catch((reason: unknown) => reason);
      rmSync(`${path}.owner`);
      mkdirSync(`${path}.lock`);
      return [elsewhere, await openWasmSqlite(path).catch((reason: unknown) => reason)];
    });
    expect(seen[0]).toMatchObject({ message: expect.stringContaining("process 1 on elsewhere owns it") as string });
    expect(seen[1]).toMatchObject({ message: expect.stringContaining("nobody knows by whom") as string });
  });

  it("may leave no rollback journal, which this engine would not roll back", async () => {
    const seen = await inFolder(async (folder) => {
      const path = join(folder, "test.db");
      (await openWasmSqlite(path)).close();
      writeFileSync(`${path}-journal`, "not empty");
      const refused: unknown = await openWasmSqlite(path).catch((reason: unknown) => reason);
      rmSync(`${path}-journal`);
      const engine = await openWasmSqlite(path);
      engine.close();
      return refused;
    });
    expect(seen).toMatchObject({ message: expect.stringContaining("does not do") as string });
  });

  it("has no database in memory, which no WAL could make durable", async () => {
    const seen = await inFolder(async (folder) => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        return await openWasmSqlite(":memory:").catch((reason: unknown) => reason);
      } finally {
        process.chdir(before);
      }
    });
    expect(seen).toMatchObject({ code: "SQL", message: expect.stringContaining("not WAL") as string });
  });
});

if (!hasNodeSqlite) {
  describe("a Node without node:sqlite", () => {
    it("says what to use", async () => {
      await expect(openNodeSqlite("any.db")).rejects.toMatchObject({
        code: "SQL",
        message: expect.stringMatching(/^SQL: Node 2\d\.\d+\.\d+ has no node:sqlite, .* use openWasmSqlite/) as string,
      });
    });
  });
}
