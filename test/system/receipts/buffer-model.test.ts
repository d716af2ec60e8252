import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JournalReceiptBuffer } from "../../../src/system/components/receipts/journal-receipt-buffer.ts";
import { MemoryReceiptBuffer } from "../../../src/system/components/receipts/memory-receipt-buffer.ts";
import { anyCall, anyChange, CAPACITY, make, ReceiptModel } from "../../contract/receipt-model.ts";
import { DiskBench, LOSE } from "../../sim/disk/disk-bench.ts";

const calls = fc.array(anyCall, { minLength: 10, maxLength: 60 });

describe("buffers and the model", () => {
  it("give equal answers in memory", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (program) => {
        const buffer = new MemoryReceiptBuffer({ capacity: CAPACITY });
        const model = new ReceiptModel();
        for (const call of program) expect(await make(buffer, call)).toEqual(model.call(call));
      }),
      { numRuns: 300 },
    );
  });

  it("give equal answers in a journal, however often it is closed, compacted and opened", async () => {
    const program = fc.array(
      fc.oneof({ weight: 9, arbitrary: anyCall }, { weight: 1, arbitrary: fc.constant("reopen") }),
      {
        minLength: 10,
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(program, fc.constantFrom(1, 600, 1_048_576), async (steps, compactBytes) => {
        const bench = new DiskBench();
        const open = (): Promise<JournalReceiptBuffer> =>
          bench.do(JournalReceiptBuffer.open({ disk: bench.disk, capacity: CAPACITY, compactBytes }));
        const model = new ReceiptModel();
        let buffer = await open();
        for (const step of steps) {
          if (typeof step === "string") buffer = await open();
          else expect(await bench.do(make(buffer, step))).toEqual(model.call(step));
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Lets time pass until it has settled: what needs no disk before what does is no event yet. */
async function drive(bench: DiskBench, work: Promise<unknown>): Promise<void> {
  let isDone = false as boolean;
  void work.then(() => (isDone = true));
  for (let turns = 0; turns < 1_000; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isDone) return;
    await bench.advance(bench.trace.time + 1_000);
  }
  throw new Error("Not settled after a second of the disk's time.");
}

describe("a journal and a power loss", () => {
  /** Calls that come together, as tills make them, and when the power goes, in µs after the last of them was made. */
  const loss = fc.record({
    batches: fc.array(fc.array(anyChange, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
    afterUs: fc.nat(7_000),
    compactBytes: fc.constantFrom(1, 700, 1_048_576),
    rules: fc.record({ tornWrites: fc.boolean(), orderFree: fc.boolean() }),
    seed: fc.nat(1_000),
  });

  it("has everything that was answered, and what was not as a whole or not at all, in order", async () => {
    let lost = 0;
    let unanswered = 0;
    await fc.assert(
      fc.asyncProperty(loss, async ({ batches, afterUs, compactBytes, rules, seed }) => {
        const bench = new DiskBench(String(seed));
        const options = { disk: bench.disk, capacity: CAPACITY, compactBytes };
        const buffer = await bench.do(JournalReceiptBuffer.open(options));
        const program = batches.flat();
        let answered = 0;
        for (const [i, batch] of batches.entries()) {
          const made = batch.map((call) => make(buffer, call).then(() => answered++));
          if (i < batches.length - 1) await drive(bench, Promise.all(made));
        }
        await bench.advance(bench.trace.time + afterUs);
        const acknowledged = answered;
        bench.disk.powerLoss({ ...LOSE, ...rules });
        const found = await bench.do((await bench.do(JournalReceiptBuffer.open(options))).list());
        // Equal calls in equal order: the state after some of them, and no fewer than those that were answered.
        const model = new ReceiptModel();
        const states = [model.receipts];
        for (const call of program) {
          model.call(call);
          states.push(model.receipts);
        }
        expect(states.slice(acknowledged)).toContainEqual(found);
        if (acknowledged < program.length) unanswered++;
        if (JSON.stringify(found) !== JSON.stringify(model.receipts)) lost++;
      }),
      { numRuns: 300 },
    );
    // The property was put to the test: calls were cut off, and some of those were lost.
    expect(unanswered).toBeGreaterThan(50);
    expect(lost).toBeGreaterThan(20);
  });
});
