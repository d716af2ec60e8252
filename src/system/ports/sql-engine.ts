import { FaultlineError } from "./errors.ts";

/** What a column holds. Integers beyond 2^53 are stored as texts. */
export type SqlValue = string | number | null;

/** One row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A statement that failed. `facts` holds `sql` and the engine's own `reason`. */
export class SqlError extends FaultlineError {
  constructor(sql: string, reason: string, options?: ErrorOptions) {
    super("SQL", `${reason}, in: ${sql.trim().replace(/\s+/g, " ").slice(0, 200)}`, { sql, reason }, options);
  }
}

/**
 * One open SQLite database, used by one process.
 *
 * Synchronous, as every engine behind it is. What a committed statement wrote is durable when the call returns (`WAL`,
 * `synchronous=FULL`). Every failure is a {@link SqlError}.
 */
export interface SqlEngine {
  /** Runs statements without parameters, as many as the text has. */
  exec(sql: string): void;
  /** Runs one statement. @returns how many rows it changed. */
  run(sql: string, parameters?: readonly SqlValue[]): number;
  /** Runs one statement and gives its rows, in order. */
  all(sql: string, parameters?: readonly SqlValue[]): readonly SqlRow[];
  /** Runs `work` in `BEGIN IMMEDIATE … COMMIT`; a throw rolls back and goes on. Not nested. */
  transaction<T>(work: () => T): T;
  /** Closes it; any number of calls is one. */
  close(): void;
}
