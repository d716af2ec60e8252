import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ReplicatedDatabase } from "../../src/system/components/replication/replicated-database.ts";
import { SqliteStateMachine } from "../../src/system/components/replication/sqlite-state-machine.ts";
import { FsDisk } from "../../src/system/live/fs-disk.ts";
import { SystemClock } from "../../src/system/live/system-clock.ts";
import type { SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { engineKinds, inFolder } from "./sqlite-engines.ts";
import { describeStateMachine, type WithMachines } from "./state-machine.contract.ts";

const TABLE = "CREATE TABLE pairs (key TEXT PRIMARY KEY, value TEXT NOT NULL)";
const UPSERT = "INSERT INTO pairs (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const create = { sql: TABLE.replace("TABLE", "TABLE IF NOT EXISTS") };

for (const { name, open } of engineKinds) {
  const withMachines: WithMachines = (body) =>
    inFolder(async (folder) => {
      let engines: SqlEngine[] = [];
      let files = 0;
      try {
        await body(async () => {
          const path = join(folder, `${String(++files)}.db`);
          let engine = await open(path);
          engines.push(engine);
          const machine = new SqliteStateMachine(engine);
          return {
            machine,
            set: (key, value) => ({ statements: [create, { sql: UPSERT, parameters: [key, value] }] }),
            get: (key) => {
              const known = engine.all("SELECT 1 AS found FROM sqlite_master WHERE name = 'pairs'").length > 0;
              const [row] = known ? engine.all("SELECT value FROM pairs WHERE key = ?", [key]) : [];
              return row?.["value"] ?? null;
            },
            failing: (key) => ({
              statements: [
                { sql: "UPDATE pairs SET value = 'half'" },
                { sql: "INSERT INTO pairs (key, value) VALUES (?, 'again')", parameters: [key] },
              ],
            }),
            reopen: async () => {
              engine.close();
              engines = engines.filter((one) => one !== engine);
              engine = await open(path);
              engines.push(engine);
              return new SqliteStateMachine(engine);
            },
          };
        });
      } finally {
        for (const engine of engines) engine.close();
      }
    });
  describeStateMachine(`SQLite with ${name}`, withMachines);
}

describe("a replicated SQLite database on a real disk", () => {
  const [{ open: openEngine }] = engineKinds as [(typeof engineKinds)[number]];
  const clock = new SystemClock();

  it("applies what its log has and its state has not, when a process dies between the two", () =>
    inFolder(async (folder) => {
      const disk = await FsDisk.open(join(folder, "files"));
      const statements = (n: number) => ({ statements: [create, { sql: UPSERT, parameters: ["k", String(n)] }] });
      const first = await openEngine(join(folder, "a.db"));
      const database = new ReplicatedDatabase({ disk, clock, machine: new SqliteStateMachine(first) });
      await database.open();
      for (const n of [1, 2, 3]) await database.commit(1, statements(n));
      first.close();
      // The state is from before all of it.
      const second = await openEngine(join(folder, "b.db"));
      const machine = new SqliteStateMachine(second);
      const again = new ReplicatedDatabase({ disk, clock, machine });
      await again.open();
      expect(machine.position).toEqual(database.position);
      expect(second.all("SELECT value FROM pairs")).toEqual([{ value: "3" }]);
      second.close();
    }));

  it("refuses statements that give another answer on every copy, and its own table", () =>
    inFolder(async (folder) => {
      const engine = await openEngine(join(folder, "a.db"));
      const machine = new SqliteStateMachine(engine);
      const refused = [
        "INSERT INTO t VALUES (random())",
        "UPDATE t SET at = datetime('now')",
        "INSERT INTO t VALUES (CURRENT_TIMESTAMP)",
        "SELECT 1",
        "PRAGMA user_version = 3",
        "BEGIN",
        "DELETE FROM _replication_position",
      ];
      for (const sql of refused) expect(machine.refusal({ statements: [{ sql }] })).toEqual(expect.any(String));
      const fine = "INSERT INTO t VALUES ('changes are random')";
      expect(machine.refusal({ statements: [{ sql: fine }] })).toBeUndefined();
      engine.close();
    }));

  it("takes the whole schema into a snapshot: indexes, views, triggers, generated columns, counters", () =>
    inFolder(async (folder) => {
      const engines = [await openEngine(join(folder, "a.db")), await openEngine(join(folder, "b.db"))] as const;
      const [from, to] = engines;
      const one = new SqliteStateMachine(from);
      from.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, loud TEXT AS (upper(name)));
        CREATE TABLE child (parent INTEGER REFERENCES parent (id), n INTEGER);
        CREATE INDEX by_name ON parent (name);
        CREATE VIEW names AS SELECT name FROM parent;
        CREATE TRIGGER grow AFTER INSERT ON parent BEGIN INSERT INTO child VALUES (new.id, 1); END;
        INSERT INTO parent (name) VALUES ('a'), ('b'); DELETE FROM child WHERE parent = 2; DELETE FROM parent WHERE id = 2;`);
      to.exec("CREATE TABLE parent (other TEXT); INSERT INTO parent VALUES ('old')");
      const other = new SqliteStateMachine(to);
      other.restore(one.snapshot(), one.position);
      expect(other.snapshot()).toEqual(one.snapshot());
      to.run("INSERT INTO parent (name) VALUES ('c')");
      expect(to.all("SELECT id, loud FROM parent ORDER BY id")).toEqual([
        { id: 1, loud: "A" },
        { id: 3, loud: "C" },
      ]);
      expect(to.all("SELECT parent, n FROM child ORDER BY parent")).toEqual([
        { parent: 1, n: 1 },
        { parent: 3, n: 1 },
      ]);
      for (const engine of engines) engine.close();
    }));
});
