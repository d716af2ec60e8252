import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JournalReceiptBuffer } from "../../src/system/components/receipts/journal-receipt-buffer.ts";
import { SqliteReceiptBuffer } from "../../src/system/components/receipts/sqlite-receipt-buffer.ts";
import { FsDisk } from "../../src/system/live/fs-disk.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import type { Observer } from "../../src/system/ports/observer.ts";
import { SqlError, type SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { describeReceiptBuffer, pointsOf, receiptOf, type BufferSetup } from "./receipt-buffer.contract.ts";
import { engineKinds, inFolder } from "./sqlite-engines.ts";

describeReceiptBuffer("journal on the file system", (body, settings) =>
  inFolder(async (folder) => {
    const disks: FsDisk[] = [];
    const open = async (): Promise<BufferSetup> => {
      await disks.at(-1)?.close();
      const disk = await FsDisk.open(folder);
      disks.push(disk);
      const { observer, points } = pointsOf();
      return { buffer: await JournalReceiptBuffer.open({ ...settings, disk, observer }), points };
    };
    try {
      return await body({ ...(await open()), reopen: open });
    } finally {
      await disks.at(-1)?.close();
    }
  }),
);

for (const { name, open: openEngine } of engineKinds) {
  describeReceiptBuffer(`SQLite, ${name}`, (body, settings) =>
    inFolder(async (folder) => {
      let engine: SqlEngine | undefined;
      const open = async (): Promise<BufferSetup> => {
        engine?.close();
        engine = await openEngine(join(folder, "receipts.db"));
        const { observer, points } = pointsOf();
        return { buffer: SqliteReceiptBuffer.open({ ...settings, engine, observer }), points };
      };
      try {
        return await body({ ...(await open()), reopen: open });
      } finally {
        engine?.close();
      }
    }),
  );
}

describe("a buffer in SQLite", () => {
  const withEngine = <T>(body: (engine: SqlEngine) => Promise<T>): Promise<T> =>
    inFolder(async (folder) => {
      const engine = await openWasmSqlite(join(folder, "receipts.db"));
      try {
        return await body(engine);
      } finally {
        engine.close();
      }
    });

  it("shows the parts of the stamps in the seed's columns, as far as they are stamps", async () => {
    const rows = await withEngine(async (engine) => {
      const buffer = SqliteReceiptBuffer.open({ engine });
      await buffer.insert({ id: "a", posId: "p1", hlc: "017c3f5a8e40000a-n1", payload: "" });
      await buffer.insert({ id: "b", posId: "p2", hlc: "x", payload: "" });
      await buffer.claim({ claim: 1n, limit: 2 });
      await buffer.settle("a", 1n, { status: "synced", serverHlc: "017c3f5a8e410000-ofd" });
      await buffer.settle("b", 1n, { status: "synced", serverHlc: "2021-10-09T10:00:00Z" });
      return engine.all(
        "SELECT id, hlc_local_time, hlc_logical_counter, hlc_server_time, server_hlc FROM receipts ORDER BY id",
      );
    });
    const ms = 0x017c3f5a8e40;
    expect(rows).toEqual([
      {
        id: "a",
        hlc_local_time: ms,
        hlc_logical_counter: 10,
        hlc_server_time: ms + 1,
        server_hlc: "017c3f5a8e410000-ofd",
      },
      {
        id: "b",
        hlc_local_time: null,
        hlc_logical_counter: null,
        hlc_server_time: null,
        server_hlc: "2021-10-09T10:00:00Z",
      },
    ]);
  });

  it("knows that a statement that failed changed nothing, and does not know what a commit that failed left", async () => {
    const seen = await withEngine(async (engine) => {
      const buffer = SqliteReceiptBuffer.open({ engine });
      engine.exec("CREATE TRIGGER refuse BEFORE INSERT ON receipts BEGIN SELECT raise(ABORT, 'no'); END");
      const statement: unknown = await buffer.insert(receiptOf(1)).catch((error: unknown) => error);
      engine.exec("DROP TRIGGER refuse");
      const failing: SqlEngine = {
        exec: (sql) => engine.exec(sql),
        run: (sql, parameters) => engine.run(sql, parameters),
        all: (sql, parameters) => engine.all(sql, parameters),
        transaction: (work) => {
          work();
          throw new SqlError("COMMIT", "disk I/O error");
        },
        close: () => engine.close(),
      };
      const { observer, points } = pointsOf();
      const lame = openOn(failing, engine, observer);
      const commit: unknown = await lame.insert(receiptOf(1)).catch((error: unknown) => error);
      return { statement, commit, points };
    });
    expect(seen.statement).toMatchObject({ code: "BUFFER_UNAVAILABLE", definite: true });
    expect(seen.commit).toMatchObject({ code: "BUFFER_UNAVAILABLE", definite: false });
    expect(seen.points).toEqual([]);
  });

  it("does not touch the tables of another version", async () => {
    const error = await withEngine(async (engine) => {
      SqliteReceiptBuffer.open({ engine });
      engine.run("UPDATE receipt_buffer SET value = '2' WHERE key = 'version'");
      try {
        return SqliteReceiptBuffer.open({ engine });
      } catch (reason) {
        return reason;
      }
    });
    expect(error).toMatchObject({ code: "BUFFER_VERSION", facts: { found: "2", known: "1" } });
  });
});

/** A buffer that is opened on an engine that works and goes on with one that does not. */
function openOn(later: SqlEngine, first: SqlEngine, observer: Observer): SqliteReceiptBuffer {
  let engine = first;
  const buffer = SqliteReceiptBuffer.open({
    engine: {
      exec: (sql) => engine.exec(sql),
      run: (sql, parameters) => engine.run(sql, parameters),
      all: (sql, parameters) => engine.all(sql, parameters),
      transaction: (work) => engine.transaction(work),
      close: () => engine.close(),
    },
    observer,
  });
  engine = later;
  return buffer;
}
