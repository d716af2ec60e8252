import type { SqlEngine, SqlRow, SqlValue } from "../ports/sql-engine.ts";
import { sqliteEngine } from "./sqlite-driver.ts";

/** What is used of a `Database` of better-sqlite3. */
export interface BetterSqliteLike {
  exec(sql: string): unknown;
  prepare(sql: string): {
    /** Whether it gives rows. */
    readonly reader: boolean;
    run(...parameters: SqlValue[]): { readonly changes: number };
    all(...parameters: SqlValue[]): unknown[];
  };
  close(): unknown;
}

/**
 * {@link SqlEngine} on a caller's open better-sqlite3 database, which is put into WAL and `synchronous=FULL`. `close` closes it.
 *
 * @throws {SqlError} when it cannot be in WAL mode: one in memory, or one that is only read.
 * @example
 * const engine = betterSqliteEngine(new Database("/var/lib/pos/receipts.db"));
 */
export function betterSqliteEngine(database: BetterSqliteLike): SqlEngine {
  return sqliteEngine(
    {
      exec: (sql) => {
        database.exec(sql);
      },
      run: (sql, parameters) => {
        const statement = database.prepare(sql);
        return statement.run(...parameters).changes;
      },
      all: (sql, parameters) => {
        const statement = database.prepare(sql);
        if (statement.reader) return statement.all(...parameters) as SqlRow[];
        statement.run(...parameters);
        return [];
      },
      close: () => {
        database.close();
      },
    },
    { isExclusive: false },
  );
}
