import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GuardedDatabase } from "../../src/system/components/guard/guarded-database.ts";
import { NotPrimaryError, SplitBrainError, type DatabaseError } from "../../src/system/ports/database-errors.ts";
import type { SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { engineKinds } from "./sqlite-engines.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-guarded-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

describe.each(engineKinds)("a guarded database on $name", ({ open }) => {
  let engine: SqlEngine;
  let database: GuardedDatabase;
  let refusal: DatabaseError | undefined;
  let epoch = 3;
  let asked = 0;
  const names = (): unknown[] => database.all("SELECT name FROM users ORDER BY name").map((row) => row["name"]);

  beforeAll(async () => {
    engine = await open(join(folder, `${String(files++)}.db`));
    database = new GuardedDatabase({
      engine,
      authority: {
        refusal: () => {
          asked++;
          return refusal;
        },
      },
      epoch: () => epoch,
    });
    database.exec("CREATE TABLE users (name TEXT PRIMARY KEY); INSERT INTO users VALUES ('ada')");
  });
  afterAll(() => database.close());

  /** Runs `body` with the gate closed. */
  const refused = (why: DatabaseError, body: () => void): void => {
    refusal = why;
    try {
      body();
    } finally {
      refusal = undefined;
    }
  };

  it("writes while the gate is open, and notes the epoch", () => {
    expect(database.run("INSERT INTO users VALUES (?)", ["bob"])).toBe(1);
    expect(database.all("INSERT INTO users VALUES ('cy') RETURNING name")).toEqual([{ name: "cy" }]);
    expect(names()).toEqual(["ada", "bob", "cy"]);
    expect(database.maxEpoch).toBe(3);
  });

  it("raises NotPrimaryError for a write on a replica (seed 003), with every way to write, and nothing is written", () => {
    const why = new NotPrimaryError("node-0");
    refused(why, () => {
      expect(() => database.run("INSERT INTO users VALUES ('eve')")).toThrow(why);
      expect(() => database.exec("DELETE FROM users; SELECT 1")).toThrow(why);
      expect(() => database.exec("DROP TABLE users")).toThrow(why);
      expect(() => database.all("INSERT INTO users VALUES ('eve') RETURNING name")).toThrow(why);
      expect(() => database.all("WITH x AS (SELECT 1) UPDATE users SET name = 'eve' RETURNING name")).toThrow(why);
      expect(() => database.transaction((tx) => tx.run("INSERT INTO users VALUES ('eve')"))).toThrow(why);
    });
    expect(names()).toEqual(["ada", "bob", "cy"]);
  });

  it("raises SplitBrainError for a write during a split (seed 003)", () => {
    const why = new SplitBrainError("this node leads without a majority");
    refused(why, () => {
      expect(() => database.run("INSERT INTO users VALUES ('bob2')")).toThrow(SplitBrainError);
    });
    expect(names()).not.toContain("bob2");
  });

  it("lets reads pass whatever the gate, by every way to read", () => {
    refused(new NotPrimaryError("node-0"), () => {
      expect(names()).toEqual(["ada", "bob", "cy"]);
      database.exec("SELECT count(*) FROM users");
      expect(database.all("WITH x AS (SELECT count(*) AS n FROM users) SELECT n FROM x")).toEqual([{ n: 3 }]);
    });
  });

  it("gives a wrong statement its own error on a replica", () => {
    refused(new NotPrimaryError("node-0"), () => {
      expect(() => database.run("INSERT INTO nowhere VALUES (1)")).toThrow(/no such table/);
      expect(() => database.all("SELEKT 1")).toThrow(/syntax error/);
    });
  });

  it("does not let a text unlock the database while the gate is closed", () => {
    refused(new NotPrimaryError("node-0"), () => {
      try {
        database.exec("PRAGMA query_only = OFF; INSERT INTO users VALUES ('mallory')");
      } catch {
        // Refused or rolled back: what counts is below.
      }
      expect(() => database.all("INSERT INTO users VALUES ('mallory') RETURNING name")).toThrow(NotPrimaryError);
    });
    expect(names()).not.toContain("mallory");
  });

  it("rolls a transaction back when the gate closes before its commit", () => {
    const why = new SplitBrainError("the lease ended");
    expect(() =>
      database.transaction((tx) => {
        tx.run("INSERT INTO users VALUES ('late')");
        refusal = why;
      }),
    ).toThrow(why);
    refusal = undefined;
    expect(names()).not.toContain("late");
  });

  it("rolls a transaction back when the leadership changed before its commit, although the gate is open", () => {
    expect(() =>
      database.transaction((tx) => {
        tx.run("INSERT INTO users VALUES ('late')");
        epoch = 5;
      }),
    ).toThrow(expect.objectContaining({ code: "ESTALEEPOCH", epoch: 3, maxEpoch: 5 }));
    expect(names()).not.toContain("late");
    expect(database.maxEpoch).toBe(3);
  });

  it("asks the gate at the beginning and at the commit of each transaction", () => {
    asked = 0;
    database.transaction((tx) => {
      tx.run("INSERT INTO users VALUES ('dee')");
      tx.run("DELETE FROM users WHERE name = 'dee'");
    });
    expect(asked).toBe(2);
  });

  it("refuses an epoch below the largest that committed, also one that came by replication", () => {
    database.applyReplicated((tx) => {
      tx.run("INSERT INTO users VALUES ('replicated')");
      tx.run("UPDATE faultline_epoch SET max_epoch = 9");
    });
    epoch = 8;
    let ran = false;
    expect(() =>
      database.transaction(() => {
        ran = true;
      }),
    ).toThrow(expect.objectContaining({ code: "ESTALEEPOCH", epoch: 8, maxEpoch: 9 }));
    expect(ran).toBe(false);
    epoch = 10;
    database.run("INSERT INTO users VALUES ('ten')");
    expect(database.maxEpoch).toBe(10);
    expect(names()).toContain("replicated");
  });

  it("is locked again after an error in a transaction, and does not nest", () => {
    expect(() =>
      database.transaction(() => {
        throw new RangeError("the application's own");
      }),
    ).toThrow(RangeError);
    expect(() =>
      database.transaction(() => {
        database.transaction(() => undefined);
      }),
    ).toThrow(/do not nest/);
    expect(engine.all("PRAGMA query_only")).toEqual([{ query_only: 1 }]);
  });
});

describe("the epoch of a guarded database", () => {
  it("is there when the file is opened again", async () => {
    const path = join(folder, "again.db");
    const kind = engineKinds[0]!;
    const authority = { refusal: () => undefined };
    const first = new GuardedDatabase({ engine: await kind.open(path), authority, epoch: () => 7 });
    expect(first.maxEpoch).toBe(0);
    first.exec("CREATE TABLE t (x)");
    first.close();
    const second = new GuardedDatabase({ engine: await kind.open(path), authority, epoch: () => 6 });
    expect(second.maxEpoch).toBe(7);
    expect(() => second.run("INSERT INTO t VALUES (1)")).toThrow(expect.objectContaining({ code: "ESTALEEPOCH" }));
    second.close();
  });
});
