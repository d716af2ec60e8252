import { FailStopError } from "../../ports/errors.ts";
import { SqlError, type SqlEngine, type SqlValue } from "../../ports/sql-engine.ts";
import type { Plain } from "../../ports/transport.ts";
import { formatPosition, parsePosition, START, type Position } from "./position.ts";
import type { StateMachine } from "./state-machine.ts";
import type { Transaction } from "./transaction.ts";

/** One statement and what its parameters are. */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters?: readonly SqlValue[];
}

interface Snapshot {
  /** `CREATE` texts: tables first, then what rests on them. */
  readonly tables: readonly string[];
  readonly others: readonly string[];
  readonly rows: readonly {
    readonly table: string;
    readonly columns: readonly string[];
    readonly values: SqlValue[][];
  }[];
}

const POSITION_TABLE = "_replication_position";
const WRITES = /^\s*(insert|update|delete|replace|create|drop|alter|with)\b/i;
/** What gives another answer on another copy, or at another time. */
const UNSTEADY =
  /\b(random|randomblob|last_insert_rowid|changes|total_changes|current_time|current_date|current_timestamp|sqlite_version)\b|'now'/i;
/** Failures of this machine, and not of the statement: other copies may succeed. */
const LOCAL = /\bfull\b|disk i\/o|locked|busy|out of memory|malformed|readonly|unable to open/i;

/**
 * A {@link StateMachine} in a SQLite database. The changes of a transaction are `{ statements: [{ sql, parameters }] }`.
 *
 * Data and position are written by one SQLite transaction, so no crash can tell them apart. Statements are run again on every copy:
 * those that depend on more than the data (`random()`, `'now'`) are refused. A statement that fails (a constraint) undoes its
 * transaction everywhere alike; the position moves on.
 */
export class SqliteStateMachine implements StateMachine {
  readonly isDurable = true;
  readonly #engine: SqlEngine;
  #position: Position;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
    engine.exec(
      `CREATE TABLE IF NOT EXISTS ${POSITION_TABLE} (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT NOT NULL)`,
    );
    const [row] = engine.all(`SELECT position FROM ${POSITION_TABLE}`);
    this.#position = row === undefined ? START : parsePosition(String(row["position"]));
  }

  get position(): Position {
    return this.#position;
  }

  refusal(changes: Plain): string | undefined {
    const statements = statementsOf(changes);
    if (statements.length === 0) return "changes of a SQLite database are { statements: [{ sql, parameters }] }.";
    for (const { sql } of statements) {
      if (!WRITES.test(sql)) return `not a statement that changes data: ${sql}`;
      const bare = sql.replaceAll(/'(?!now')(?:[^']|'')*'/gi, "''");
      const unsteady = UNSTEADY.exec(bare);
      if (unsteady !== null)
        return `${unsteady[0]} gives another answer on every copy: send its value as a parameter. In: ${sql}`;
      if (sql.includes(POSITION_TABLE)) return `${POSITION_TABLE} belongs to the replication.`;
    }
    return undefined;
  }

  apply({ changes, position }: Transaction): Plain {
    const engine = this.#engine;
    const result = engine.transaction(() => {
      const outcome = this.#run(statementsOf(changes));
      this.#savePosition(position);
      return outcome;
    });
    this.#position = position;
    return result;
  }

  snapshot(): Plain {
    const tables: string[] = [];
    const others: string[] = [];
    const rows: Snapshot["rows"][number][] = [];
    for (const { type, name, sql } of this.#objects()) {
      (type === "table" ? tables : others).push(sql);
      if (type === "table") rows.push(this.#rowsOf(name));
    }
    if (this.#hasSequence()) rows.push(this.#rowsOf("sqlite_sequence"));
    return { tables, others, rows };
  }

  restore(snapshot: Plain, position: Position): void {
    const { tables, others, rows } = snapshot as unknown as Snapshot;
    const engine = this.#engine;
    engine.transaction(() => {
      engine.exec("PRAGMA defer_foreign_keys = ON");
      for (const { type, name } of this.#objects().reverse()) {
        // An index or a trigger goes with its table.
        if (type === "table" || type === "view") engine.exec(`DROP ${type} IF EXISTS ${quote(name)}`);
      }
      for (const sql of tables) engine.exec(sql);
      for (const { table, columns, values } of rows) {
        if (table === "sqlite_sequence") engine.run("DELETE FROM sqlite_sequence");
        const sql = `INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
        for (const one of values) engine.run(sql, one);
      }
      for (const sql of others) engine.exec(sql);
      this.#savePosition(position);
    });
    this.#position = position;
  }

  #run(statements: readonly SqlStatement[]): Plain {
    const engine = this.#engine;
    engine.exec("SAVEPOINT changes");
    try {
      let rows = 0;
      for (const { sql, parameters } of statements) rows += engine.run(sql, parameters ?? []);
      engine.exec("RELEASE changes");
      return { ok: true, rows };
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const reason = String(error.facts["reason"]);
      if (LOCAL.test(reason))
        throw new FailStopError(
          "SQLite could not apply a transaction that other copies may have applied.",
          { reason },
          { cause: error },
        );
      engine.exec("ROLLBACK TO changes");
      engine.exec("RELEASE changes");
      return { ok: false, error: reason };
    }
  }

  #savePosition(position: Position): void {
    this.#engine.run(
      `INSERT INTO ${POSITION_TABLE} (id, position) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position`,
      [formatPosition(position)],
    );
  }

  /** Tables, then the rest, in the order in which they were made. */
  #objects(): { readonly type: string; readonly name: string; readonly sql: string }[] {
    const sql = `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      AND name <> '${POSITION_TABLE}' ORDER BY type <> 'table', rowid`;
    return this.#engine.all(sql).map((row) => ({
      type: String(row["type"]),
      name: String(row["name"]),
      sql: String(row["sql"]),
    }));
  }

  #rowsOf(table: string): Snapshot["rows"][number] {
    // Generated columns are not in the list: they follow from the others.
    const columns = this.#engine
      .all("SELECT name FROM pragma_table_info(?)", [table])
      .map((row) => String(row["name"]));
    const found = this.#engine.all(`SELECT ${columns.map(quote).join(", ")} FROM ${quote(table)}`);
    return { table, columns, values: found.map((row) => columns.map((column) => row[column] ?? null)) };
  }

  #hasSequence(): boolean {
    return this.#engine.all("SELECT 1 AS found FROM sqlite_master WHERE name = 'sqlite_sequence'").length > 0;
  }
}

function statementsOf(changes: Plain): readonly SqlStatement[] {
  const { statements } = (changes ?? {}) as { statements?: Plain };
  if (!Array.isArray(statements)) return [];
  const all = statements as readonly Plain[];
  return all.every(isStatement) ? all : [];
}

function isStatement(value: Plain): value is SqlStatement & Plain {
  return typeof value === "object" && value !== null && typeof (value as { sql?: Plain }).sql === "string";
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
