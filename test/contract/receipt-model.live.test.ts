import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SqliteReceiptBuffer } from "../../src/system/components/receipts/sqlite-receipt-buffer.ts";
import type { SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { receiptOf } from "./receipt-buffer.contract.ts";
import { anyCall, CAPACITY, make, ReceiptModel } from "./receipt-model.ts";
import { engineKinds, inFolder } from "./sqlite-engines.ts";

describe("buffers in SQLite and the model", () => {
  it.each(engineKinds)("give equal answers, closed and opened between: $name", async ({ open }) => {
    await inFolder(async (folder) => {
      let file = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(anyCall, { minLength: 10, maxLength: 40 }), fc.nat(40), async (program, reopenAt) => {
          const path = join(folder, `${String(++file)}.db`);
          let engine = await open(path);
          try {
            const model = new ReceiptModel();
            let buffer = SqliteReceiptBuffer.open({ engine, capacity: CAPACITY });
            for (const [i, call] of program.entries()) {
              if (i === reopenAt) {
                engine.close();
                engine = await open(path);
                buffer = SqliteReceiptBuffer.open({ engine, capacity: CAPACITY });
              }
              expect(await make(buffer, call)).toEqual(model.call(call));
            }
          } finally {
            engine.close();
          }
        }),
        { numRuns: 30 },
      );
    });
  });

  it("sorts nothing to claim, and reads nothing but an index to insert, however much is synced", async () => {
    const plans = await inFolder(async (folder) => {
      const engine = await (engineKinds[0] as (typeof engineKinds)[number]).open(join(folder, "plan.db"));
      const asked: string[] = [];
      const watched: SqlEngine = {
        exec: (sql) => engine.exec(sql),
        run: (sql, parameters) => engine.run(sql, parameters),
        all: (sql, parameters) => {
          asked.push(sql);
          return engine.all(sql, parameters);
        },
        transaction: (work) => engine.transaction(work),
        close: () => engine.close(),
      };
      try {
        const buffer = SqliteReceiptBuffer.open({ engine: watched });
        await buffer.insert(receiptOf(1));
        await buffer.claim({ claim: 1n, limit: 50 });
        return asked
          .filter((sql) => /\b(FROM|UPDATE) receipts\b/.test(sql))
          .map((sql) => engine.all(`EXPLAIN QUERY PLAN ${sql}`, sql.match(/\?/g)?.map(() => 1) ?? []))
          .map((plan) => plan.map(({ detail }) => String(detail)).join("; "));
      } finally {
        engine.close();
      }
    });
    expect(plans.length).toBe(5);
    expect(plans.filter((plan) => plan.includes("receipts_waiting")).length).toBe(3);
    // A scan of a partial index is one of what waits.
    for (const plan of plans)
      expect(plan).not.toMatch(/TEMP B-TREE|SCAN receipts(?! USING (COVERING )?INDEX receipts_waiting)/);
  });
});
