import { mkdtemp, rm } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { betterSqliteEngine, type BetterSqliteLike } from "../../src/system/live/better-sqlite.ts";
import { openNodeSqlite } from "../../src/system/live/node-sqlite.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import type { SqlEngine, SqlValue } from "../../src/system/ports/sql-engine.ts";

const require = createRequire(import.meta.url);

/** An engine of the suites. */
export interface EngineKind {
  readonly name: string;
  readonly open: (path: string) => Promise<SqlEngine>;
  /** Refuses a file that another engine has open. */
  readonly isExclusive: boolean;
}

function betterSqlite(): EngineKind {
  const open = (name: string, make: (path: string) => BetterSqliteLike): EngineKind => ({
    name,
    open: async (path) => betterSqliteEngine(make(path)),
    isExclusive: false,
  });
  try {
    const Database = require("better-sqlite3") as new (path: string) => BetterSqliteLike;
    return open("better-sqlite3", (path) => new Database(path));
  } catch {
    return open("better-sqlite3's adapter on a stand-in, as the package is not installed", standIn);
  }
}

/** The calls of better-sqlite3 that the adapter makes, answered by node-sqlite3-wasm. */
function standIn(path: string): BetterSqliteLike {
  const { Database } = require("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");
  const database = new Database(path);
  // It has no shared memory for a WAL that others may read.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const isReader = (sql: string): boolean => /^\s*(select|with|pragma)\b|\breturning\b/i.test(sql);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      // A statement that cannot be compiled fails here already.
      database.prepare(sql).finalize();
      return {
        reader: isReader(sql),
        run: (...parameters: SqlValue[]) => {
          return database.run(sql, parameters);
        },
        all: (...parameters: SqlValue[]) => {
          if (!isReader(sql)) throw new TypeError("This statement does not return data. Use run() instead");
          return database.all(sql, parameters);
        },
      };
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

export const hasNodeSqlite = isBuiltin("node:sqlite");

export const engineKinds: readonly EngineKind[] = [
  { name: "node-sqlite3-wasm", open: openWasmSqlite, isExclusive: true },
  betterSqlite(),
  ...(hasNodeSqlite ? [{ name: "node:sqlite", open: openNodeSqlite, isExclusive: true }] : []),
];

/** Runs a body with a folder of its own. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "faultline-sqlite-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
