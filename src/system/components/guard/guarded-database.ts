import { StaleEpochError, type DatabaseError } from "../../ports/database-errors.ts";
import { SqlError, type SqlEngine, type SqlRow, type SqlValue } from "../../ports/sql-engine.ts";

/** Says whether a write may happen now. `SplitBrainGuard` does. */
export interface WriteAuthority {
  /** Looks in this very turn. @returns why no write may happen; `undefined` when one may. */
  refusal(): DatabaseError | undefined;
}

export interface GuardedDatabaseOptions {
  readonly engine: SqlEngine;
  readonly authority: WriteAuthority;
  /** Term of the present leadership, safe integer ≥ 1; written with every transaction. Default: always 1, for a primary that is never elected. */
  readonly epoch?: () => number;
}

/** What a transaction may do. */
export type GuardedStatements = Pick<SqlEngine, "exec" | "run" | "all">;

/** Keeps the largest epoch that ever committed here. It is part of the database, so replicas get it with the data. */
const EPOCH_TABLE =
  "CREATE TABLE IF NOT EXISTS faultline_epoch (id INTEGER PRIMARY KEY CHECK (id = 1), max_epoch INTEGER NOT NULL)";

/**
 * A SQLite database that only the primary of the present epoch can write.
 *
 * The engine itself refuses: `PRAGMA query_only` is on but during a transaction that was let in, and no statement is read to
 * guess what it does. A write passes the gate before `BEGIN IMMEDIATE` and again, with the epoch it began in, before `COMMIT`; when
 * the gate closed in between it is rolled back. What remains is the commit's own sync of the disk: a lease that ends during it ends
 * too late for this write, and only a quorum's acknowledgement (`durability: quorum`) covers that.
 *
 * Statements that begin, commit or roll back are not for callers, nor is `PRAGMA query_only`. What has to run outside a
 * transaction (`VACUUM`) is done on the engine itself.
 */
export class GuardedDatabase implements SqlEngine {
  readonly #engine: SqlEngine;
  readonly #authority: WriteAuthority;
  readonly #epoch: () => number;
  #isWriting = false;

  /** @throws {SqlError} when the engine cannot be made read-only. */
  constructor(options: GuardedDatabaseOptions) {
    this.#engine = options.engine;
    this.#authority = options.authority;
    this.#epoch = options.epoch ?? (() => 1);
    this.#setQueryOnly(true);
  }

  /** Largest epoch that committed here; 0 for none. */
  get maxEpoch(): number {
    const [table] = this.#engine.all("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'faultline_epoch'");
    if (table === undefined) return 0;
    const [row] = this.#engine.all("SELECT max_epoch FROM faultline_epoch");
    return Number(row?.["max_epoch"] ?? 0);
  }

  /**
   * Runs statements without parameters, in one transaction.
   *
   * @throws {DatabaseError} when they write and may not.
   */
  exec(sql: string): void {
    this.#write((engine) => {
      engine.exec(sql);
    });
  }

  /**
   * Runs one statement, in a transaction of its own.
   *
   * @returns how many rows it changed.
   * @throws {DatabaseError} when it writes and may not.
   */
  run(sql: string, parameters: readonly SqlValue[] = []): number {
    return this.#write((engine) => engine.run(sql, parameters));
  }

  /**
   * Runs one statement and gives its rows. Reads always pass.
   *
   * @throws {DatabaseError} when it writes (`INSERT … RETURNING`) and may not.
   */
  all(sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] {
    if (this.#isWriting) return this.#engine.all(sql, parameters);
    try {
      return this.#engine.all(sql, parameters);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      return this.transaction(() => this.#engine.all(sql, parameters));
    }
  }

  /**
   * Runs `work` in `BEGIN IMMEDIATE … COMMIT`; a throw rolls back and goes on. Not nested.
   *
   * @throws {SplitBrainError} first, {@link NotPrimaryError} next, {@link StaleEpochError} last: at the beginning, where `work` does
   * not run, or at the commit, where all of it is rolled back.
   */
  transaction<T>(work: (statements: GuardedStatements) => T): T {
    if (this.#isWriting) throw new SqlError("BEGIN IMMEDIATE", "a transaction is under way; they do not nest");
    this.#admit();
    const epoch = this.#epoch();
    return this.#unlocked(() => {
      const maxEpoch = this.maxEpoch;
      if (epoch < maxEpoch) throw new StaleEpochError(epoch, maxEpoch);
      const result = work(this.#engine);
      this.#admit();
      const now = this.#epoch();
      if (now !== epoch) throw new StaleEpochError(epoch, now);
      if (epoch > maxEpoch) this.#noteEpoch(epoch);
      return result;
    });
  }

  /**
   * Runs what the primary has committed already, in one transaction: the way in for replication, which passes no gate and brings
   * the epoch with the data.
   */
  applyReplicated<T>(work: (statements: GuardedStatements) => T): T {
    if (this.#isWriting) throw new SqlError("BEGIN IMMEDIATE", "a transaction is under way; they do not nest");
    return this.#unlocked(() => work(this.#engine));
  }

  close(): void {
    this.#engine.close();
  }

  #write<T>(work: (engine: SqlEngine) => T): T {
    if (this.#isWriting) return work(this.#engine);
    const refusal = this.#authority.refusal();
    if (refusal === undefined) return this.transaction(() => work(this.#engine));
    // It may be a read: the engine knows. Whatever else the text does is rolled back.
    this.#engine.exec("BEGIN");
    try {
      return work(this.#engine);
    } catch (error) {
      throw isReadOnly(error) ? refusal : error;
    } finally {
      this.#engine.exec("ROLLBACK");
      this.#setQueryOnly(true);
    }
  }

  #admit(): void {
    const refusal = this.#authority.refusal();
    if (refusal !== undefined) throw refusal;
  }

  #unlocked<T>(work: () => T): T {
    this.#isWriting = true;
    try {
      this.#setQueryOnly(false);
      return this.#engine.transaction(work);
    } finally {
      this.#isWriting = false;
      this.#setQueryOnly(true);
    }
  }

  #noteEpoch(epoch: number): void {
    this.#engine.exec(EPOCH_TABLE);
    this.#engine.run(
      "INSERT INTO faultline_epoch (id, max_epoch) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET max_epoch = excluded.max_epoch",
      [epoch],
    );
  }

  #setQueryOnly(isOn: boolean): void {
    this.#engine.exec(`PRAGMA query_only = ${isOn ? "ON" : "OFF"}`);
  }
}

/** The words of SQLite for `SQLITE_READONLY`, the same behind every engine. */
function isReadOnly(error: unknown): boolean {
  return error instanceof SqlError && String(error.facts["reason"]).includes("attempt to write a readonly database");
}
