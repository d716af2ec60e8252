import { SqlError, type SqlEngine, type SqlRow, type SqlValue } from "../ports/sql-engine.ts";
import { sqliteEngine } from "./sqlite-driver.ts";

/** What is used of `node:sqlite`. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => {
    exec(sql: string): void;
    prepare(sql: string): {
      run(...parameters: SqlValue[]): { readonly changes: number | bigint };
      all(...parameters: SqlValue[]): unknown[];
    };
    close(): void;
  };
}

/**
 * Opens a file with Node's own SQLite: WAL, `synchronous=FULL`, `locking_mode=EXCLUSIVE`, for one process at a time.
 *
 * @throws {SqlError} when this Node has none (it came with Node 22.5), or the file cannot be opened.
 */
export async function openNodeSqlite(path: string): Promise<SqlEngine> {
  const { DatabaseSync } = await load();
  const database = openDatabase(() => new DatabaseSync(path), path);
  return sqliteEngine(
    {
      exec: (sql) => {
        database.exec(sql);
      },
      run: (sql, parameters) => Number(database.prepare(sql).run(...parameters).changes),
      all: (sql, parameters) => database.prepare(sql).all(...parameters) as SqlRow[],
      close: () => {
        database.close();
      },
    },
    { isExclusive: true },
  );
}

function openDatabase<T>(make: () => T, path: string): T {
  try {
    return make();
  } catch (error) {
    throw new SqlError(`open "${path}"`, String(error), { cause: error });
  }
}

async function load(): Promise<NodeSqlite> {
  // Not written out in the import: a compiler for Node 20 knows no such module.
  const name: string = "node:sqlite";
  try {
    return (await import(name)) as NodeSqlite;
  } catch (error) {
    throw new SqlError(
      "open",
      `Node ${process.versions.node} has no node:sqlite, which came with 22.5; use openWasmSqlite`,
      { cause: error },
    );
  }
}
