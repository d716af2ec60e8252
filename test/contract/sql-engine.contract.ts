import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SqlError, type SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { inFolder, type EngineKind } from "./sqlite-engines.ts";

/** What every {@link SqlEngine} promises, in one process. */
export function describeSqlEngine({ name, open, isExclusive }: EngineKind): void {
  const withEngine = <T>(body: (engine: SqlEngine, path: string) => T | Promise<T>): Promise<T> =>
    inFolder(async (folder) => {
      const path = join(folder, "test.db");
      const engine = await open(path);
      try {
        engine.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL); CREATE INDEX t_b ON t (b)");
        return await body(engine, path);
      } finally {
        engine.close();
      }
    });
  const caught = (work: () => unknown): unknown => {
    try {
      return { value: work() };
    } catch (error) {
      return error;
    }
  };

  describe(`SQL engine contract: ${name}`, () => {
    it("keeps texts, numbers and nulls as they are", async () => {
      const rows = await withEngine((engine) => {
        engine.run("INSERT INTO t VALUES (?, ?, ?), (2, NULL, ?)", [9_007_199_254_740_991, "ä 漢 🙂 \n'\"", 0.1, -2.5]);
        return engine.all("SELECT * FROM t ORDER BY a DESC");
      });
      expect(rows).toEqual([
        { a: 9_007_199_254_740_991, b: "ä 漢 🙂 \n'\"", c: 0.1 },
        { a: 2, b: null, c: -2.5 },
      ]);
    });

    it("counts the rows that a statement changed, and gives those that it returns", async () => {
      const seen = await withEngine((engine) => [
        engine.run("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'x')"),
        engine.run("UPDATE t SET c = 1 WHERE b = ?", ["x"]),
        engine.all("UPDATE t SET b = 'z' WHERE a >= ? RETURNING a, b", [2]).length,
        engine.all("SELECT count(*) AS n FROM t WHERE b = 'z'"),
        engine.all("DELETE FROM t WHERE a = 1"),
        engine.run("DELETE FROM t WHERE a = 1"),
      ]);
      expect(seen).toEqual([3, 2, 2, [{ n: 2 }], [], 0]);
    });

    it("commits what a transaction did as a whole, and gives what it gave", async () => {
      const seen = await withEngine((engine) => {
        const given = engine.transaction(() => {
          engine.run("INSERT INTO t (a) VALUES (1)");
          return engine.run("INSERT INTO t (a) VALUES (2)");
        });
        return [given, engine.all("SELECT a FROM t ORDER BY a")];
      });
      expect(seen).toEqual([1, [{ a: 1 }, { a: 2 }]]);
    });

    it("rolls back all of a transaction that throws, says why, and can begin another", async () => {
      const seen = await withEngine((engine) => {
        engine.run("INSERT INTO t (a) VALUES (1)");
        const reason = new Error("the caller's own");
        const own = caught(() =>
          engine.transaction(() => {
            engine.run("INSERT INTO t (a) VALUES (2)");
            throw reason;
          }),
        );
        const constraint = caught(() =>
          engine.transaction(() => {
            engine.run("INSERT INTO t (a) VALUES (3)");
            engine.run("INSERT INTO t (a) VALUES (1)");
          }),
        );
        engine.transaction(() => engine.run("INSERT INTO t (a) VALUES (4)"));
        return { isOwn: own === reason, constraint, rows: engine.all("SELECT a FROM t ORDER BY a") };
      });
      expect(seen.isOwn).toBe(true);
      expect(seen.constraint).toBeInstanceOf(SqlError);
      expect(seen.rows).toEqual([{ a: 1 }, { a: 4 }]);
    });

    it("refuses a transaction in a transaction, and work that is not done when it returns", async () => {
      const seen = await withEngine((engine) => {
        const nested = caught(() => engine.transaction(() => engine.transaction(() => 1)));
        const promised = caught(() =>
          engine.transaction(() => {
            engine.run("INSERT INTO t (a) VALUES (1)");
            return Promise.resolve();
          }),
        );
        return [nested, promised, engine.all("SELECT * FROM t")] as const;
      });
      expect(seen[0]).toMatchObject({ code: "SQL", message: expect.stringContaining("do not nest") as string });
      expect(seen[1]).toMatchObject({ code: "SQL", message: expect.stringContaining("synchronous") as string });
      expect(seen[2]).toEqual([]);
    });

    it("tells the statement and the engine's reason of a failure", async () => {
      const error = await withEngine((engine) => caught(() => engine.all("SELECT missing   FROM\n t")));
      expect(error).toBeInstanceOf(SqlError);
      expect(error).toMatchObject({
        code: "SQL",
        message: "SQL: no such column: missing, in: SELECT missing FROM t",
        facts: { sql: "SELECT missing   FROM\n t", reason: "no such column: missing" },
      });
    });

    it("gives no integer that it would have to round, and no bytes", async () => {
      const seen = await withEngine((engine) =>
        ["SELECT 9007199254740993 AS x", "SELECT x'00' AS x"].map((sql) => caught(() => engine.all(sql))),
      );
      for (const error of seen) expect(error).toBeInstanceOf(SqlError);
    });

    it("syncs each commit of a WAL, and lets nobody change that", async () => {
      const seen = await withEngine((engine) => ({
        modes: [engine.all("PRAGMA journal_mode"), engine.all("PRAGMA synchronous")],
        errors: ["PRAGMA journal_mode = DELETE", "PRAGMA main.synchronous=OFF", "pragma locking_mode(normal)"].map(
          (sql) => caught(() => engine.all(sql)),
        ),
        after: [engine.all("PRAGMA journal_mode"), engine.all("PRAGMA synchronous")],
      }));
      expect(seen.modes).toEqual([[{ journal_mode: "wal" }], [{ synchronous: 2 }]]);
      for (const error of seen.errors)
        expect(error).toMatchObject({ message: expect.stringContaining("is fixed") as string });
      expect(seen.after).toEqual(seen.modes);
    });

    it("has everything again when it is closed and opened, and answers nothing while it is closed", async () => {
      const seen = await withEngine(async (engine, path) => {
        engine.run("INSERT INTO t (a) VALUES (7)");
        engine.close();
        engine.close();
        const closed = [caught(() => engine.all("SELECT 1")), caught(() => engine.transaction(() => 1))];
        const again = await open(path);
        try {
          return { closed, rows: again.all("SELECT a FROM t") };
        } finally {
          again.close();
        }
      });
      for (const error of seen.closed)
        expect(error).toMatchObject({ message: expect.stringContaining("closed") as string });
      expect(seen.rows).toEqual([{ a: 7 }]);
    });

    it("says so when it cannot open", async () => {
      const error = await inFolder((folder) =>
        open(join(folder, "no", "such", "folder.db")).catch((reason: unknown) => reason),
      );
      expect(error).toBeInstanceOf(Error);
    });

    if (!isExclusive) return;
    it("has the file for itself, and leaves it to the next when it is closed", async () => {
      const seen = await withEngine(async (engine, path) => {
        engine.run("INSERT INTO t (a) VALUES (1)");
        const second = await open(path).catch((reason: unknown) => reason);
        engine.run("INSERT INTO t (a) VALUES (2)");
        engine.close();
        const third = await open(path);
        const rows = third.all("SELECT a FROM t");
        third.close();
        return { second, rows };
      });
      expect(seen.second).toBeInstanceOf(SqlError);
      expect(seen.rows).toEqual([{ a: 1 }, { a: 2 }]);
    });
  });
}
