import { SqlError, type SqlEngine, type SqlRow, type SqlValue } from "../ports/sql-engine.ts";

/** What every SQLite package can do, each in its own words. Throws errors of its own. */
export interface SqliteDriver {
  exec(sql: string): void;
  /** @returns how many rows it changed. */
  run(sql: string, parameters: readonly SqlValue[]): number;
  all(sql: string, parameters: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[];
  close(): void;
}

/** Pragmas that {@link SqlEngine}'s promise rests on. */
const FIXED = /\bpragma\s+(?:\w+\s*\.\s*)?(journal_mode|locking_mode|synchronous)\s*[=(]/i;

/**
 * {@link SqlEngine} on one of the packages: WAL, and a sync for each commit.
 *
 * @param isExclusive  Whether nobody else, in this process or another, may read the file meanwhile.
 * @throws {SqlError} when the database cannot be put into WAL mode (one in memory cannot). It is closed then.
 */
export function sqliteEngine(driver: SqliteDriver, options: { readonly isExclusive: boolean }): SqlEngine {
  try {
    // In this order: a WAL that is opened for everybody needs shared memory, which not every engine has.
    if (options.isExclusive) guarded("PRAGMA locking_mode", () => driver.all("PRAGMA locking_mode = EXCLUSIVE", []));
    const [row] = guarded("PRAGMA journal_mode", () => driver.all("PRAGMA journal_mode = WAL", []));
    const mode = row?.["journal_mode"];
    if (mode !== "wal")
      throw new SqlError("PRAGMA journal_mode = WAL", `the journal mode is "${String(mode)}", not WAL`);
    guarded("PRAGMA synchronous", () => {
      driver.exec("PRAGMA synchronous = FULL");
    });
    return new DriverSqlEngine(driver);
  } catch (error) {
    driver.close();
    throw error;
  }
}

class DriverSqlEngine implements SqlEngine {
  readonly #driver: SqliteDriver;
  #isInTransaction = false;
  #isClosed = false;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  exec(sql: string): void {
    this.#do(sql, () => {
      this.#driver.exec(sql);
    });
  }

  run(sql: string, parameters: readonly SqlValue[] = []): number {
    return this.#do(sql, () => this.#driver.run(sql, parameters));
  }

  all(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    return this.#do(sql, () => this.#driver.all(sql, parameters)).map((row) => plainRow(sql, row));
  }

  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) throw new SqlError("BEGIN IMMEDIATE", "a transaction is under way; they do not nest");
    this.exec("BEGIN IMMEDIATE");
    this.#isInTransaction = true;
    try {
      const result = work();
      if (result instanceof Promise)
        throw new SqlError("COMMIT", "a transaction is synchronous, and its work gave a promise");
      this.exec("COMMIT");
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    guarded("close", () => {
      this.#driver.close();
    });
  }

  #do<T>(sql: string, work: () => T): T {
    if (this.#isClosed) throw new SqlError(sql, "the database is closed");
    const fixed = FIXED.exec(sql)?.[1];
    if (fixed !== undefined) throw new SqlError(sql, `${fixed} is fixed: what is committed has to be durable`);
    return guarded(sql, work);
  }

  #rollBack(): void {
    if (this.#isClosed) return;
    try {
      this.#driver.exec("ROLLBACK");
    } catch {
      // Some failures, a full disk for one, end the transaction themselves.
    }
  }
}

function guarded<T>(sql: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SqlError(sql, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function plainRow(sql: string, row: Readonly<Record<string, unknown>>): SqlRow {
  const plain: Record<string, SqlValue> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value !== null && typeof value !== "string" && !(typeof value === "number" && isExact(value)))
      throw new SqlError(sql, `column "${column}" holds what is neither text, a number nor null (${typeof value})`);
    plain[column] = value;
  }
  return plain;
}

/** An integer that a double could not hold was rounded on its way here. */
function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}
