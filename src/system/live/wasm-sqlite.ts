import { statSync } from "node:fs";
import { SqlError, type SqlEngine } from "../ports/sql-engine.ts";
import { sqliteEngine } from "./sqlite-driver.ts";
import { takeSqliteFile } from "./sqlite-owner.ts";

/**
 * Opens a file with node-sqlite3-wasm (an optional peer dependency without an install script): SQLite wherever Node runs.
 *
 * In WAL, `synchronous=FULL` and `locking_mode=EXCLUSIVE`, for one process at a time. A process that was killed is recognised by the file
 * `PATH.owner`, and its lock taken away.
 *
 * @throws {SqlError} when the package is missing, the file belongs to a living process or cannot be opened, or a rollback journal stands
 * beside it: this engine never rolls one back, so the file has to be opened once by another one.
 * @example
 * const engine = await openWasmSqlite("/var/lib/pos/receipts.db");
 */
export async function openWasmSqlite(path: string): Promise<SqlEngine> {
  const { Database } = await load();
  const release = takeSqliteFile(path);
  try {
    const journal = `${path}-journal`;
    if ((statSync(journal, { throwIfNoEntry: false })?.size ?? 0) > 0) {
      throw new SqlError(
        `open "${path}"`,
        `"${journal}" is a transaction to roll back, which node-sqlite3-wasm does not do; open the file once with another SQLite`,
      );
    }
    const database = openDatabase(() => new Database(path), path);
    return sqliteEngine(
      {
        exec: (sql) => {
          database.exec(sql);
        },
        run: (sql, parameters) => database.run(sql, [...parameters]).changes,
        all: (sql, parameters) => database.all(sql, [...parameters]),
        close: () => {
          try {
            database.close();
          } finally {
            release();
          }
        },
      },
      { isExclusive: true },
    );
  } catch (error) {
    release();
    throw error;
  }
}

function openDatabase<T>(make: () => T, path: string): T {
  try {
    return make();
  } catch (error) {
    throw new SqlError(`open "${path}"`, String(error), { cause: error });
  }
}

async function load(): Promise<typeof import("node-sqlite3-wasm")> {
  try {
    const { default: module } = (await import("node-sqlite3-wasm")) as unknown as {
      default: typeof import("node-sqlite3-wasm");
    };
    return module;
  } catch (error) {
    throw new SqlError("open", "the package node-sqlite3-wasm is missing; run `npm install node-sqlite3-wasm`", {
      cause: error,
    });
  }
}
