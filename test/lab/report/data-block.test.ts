import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Arrivals } from "../../../src/lab/report/arrivals.ts";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { packColumns, unpackColumns } from "../../../src/lab/report/columns.ts";
import { encodeModel } from "../../../src/lab/report/data-block.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { readBlock } from "../../../src/lab/report/read-block.ts";
import { fromTables, toTables } from "../../../src/lab/report/tables.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { bigRun } from "./big-run.ts";
import { syntheticRun } from "./synthetic.ts";

/** Typed arrays and plain ones are the same column. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) =>
      ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item,
    ),
  );
}
const bytesOf = (model: ReportModel): Uint8Array => gunzipSync(Buffer.from(encodeModel(model), "base64"));

describe("a run in a page", () => {
  it.each([
    ["fails", syntheticRun({ isFailing: true, seconds: 20, hasDetector: true })],
    ["ends while messages are on their way", syntheticRun({ seconds: 9 })],
    ["is one of many messages", bigRun(20_000)],
  ])("is read to the last bit when it %s", (_, { result, trace }) => {
    const model = buildModel(result, trace);
    expect(plain(readBlock(bytesOf(model)))).toEqual(plain(model));
  });

  it("is read to the last bit with second copies, answers that wait for a disk, and more than one at a moment", () => {
    const writer = new TraceWriter({ keep: true });
    for (let round = 0; round < 40; round++) {
      writer.time = round * 10_000;
      writer.cause = writer.timer("n1", "beat");
      const asks = ["n2", "n3"].map((to) => ({ to, sent: writer.sent("n1", to, { type: "ask", round }) }));
      for (const { to, sent } of asks) {
        // Both arrive at once; every third one a second time, from which the answer comes.
        writer.time = round * 10_000 + 2_000;
        const arrival = writer.delivered(to, "n1", sent, { type: "ask", round });
        const again = round % 3 === 0 ? writer.duplicated(to, "n1", sent, { type: "ask", round }, "twice") : -1;
        writer.cause = arrival;
        if (round % 2 === 0) writer.sent(to, "n1", { type: "quick", round });
        writer.point(0, to, "synced", { round });
        if (again < 0) continue;
        writer.time = round * 10_000 + 4_500;
        writer.cause = writer.delivered(to, "n1", sent, { type: "ask", round });
        writer.sent(to, "n1", { type: "late", round });
        writer.sent(to, to === "n2" ? "n3" : "n2", { type: "tell", round });
      }
      writer.time = round * 10_000 + 5_000;
    }
    const { result } = syntheticRun({ seconds: 1 });
    const nodes = ["n1", "n2", "n3"].map((id) => ({ id, program: "p", role: "node" as const, config: {} }));
    const run = { ...result, nodes, faults: [], story: [], verdicts: [], endTime: 500_000, digest: writer.digest() };
    const model = buildModel(run, writer.trace as Trace);
    expect(model.messages.flags).toContain(2);
    expect(plain(readBlock(bytesOf(model)))).toEqual(plain(model));
  });

  it("keeps stamps of clocks and acknowledged writes, whether points and calls tell them or not", () => {
    const { result, trace } = syntheticRun({ seconds: 12 });
    const bare = buildModel(result, trace);
    const count = 40;
    const column = (valueAt: (index: number) => number): number[] =>
      Array.from({ length: count }, (_, i) => valueAt(i));
    const [at, record] = [column((i) => 1_000_777 * i), column((i) => 5 * i + 3)];
    const node = column((i) => i % 5);
    const points = {
      at,
      node,
      record,
      cause: column(() => -1),
      words: column((i) => i % 2),
      texts: ["hlc", "tick"],
      left: 0,
    };
    const stamps = {
      at: at.slice(10),
      node: node.slice(10),
      record: record.slice(10),
      ms: at.slice(10).map((time, i) => Math.floor(time / 1_000) + (i % 7) - 3),
      counter: node.slice(10),
      odd: record.slice(10).map((id) => id % 3),
      epochMs: 1_700_000_000_000,
    };
    const told = { ...bare, points, stamps };
    const untold = {
      ...told,
      stamps: { ...stamps, record: stamps.record.map((id) => id + 1) },
      acknowledged: Array.from(bare.acknowledged, (time) => time + 1),
    };
    expect(encodeModel(told).length).toBeLessThan(encodeModel(untold).length);
    for (const model of [told, untold]) expect(plain(readBlock(bytesOf(model)))).toEqual(plain(model));
  });

  it("takes less than six bytes a message", () => {
    const { result, trace } = bigRun(20_000);
    const model = buildModel(result, trace);
    expect(encodeModel(model).length / model.messages.sent.length).toBeLessThan(6);
  });
});

describe("columns", () => {
  it("are read as they were, whatever is stored of them", () => {
    const column = (valueAt: (index: number) => number): number[] => Array.from({ length: 300 }, (_, i) => valueAt(i));
    const data = {
      small: column((i) => i % 3),
      rising: column((i) => i * 1_000_003),
      noise: column((i) => Math.imul(i + 1, 2_654_435_761) >>> 8),
      signed: column((i) => (i % 2 === 0 ? i * 77_777 : -i * 99_991)),
      huge: column((i) => 2_251_799_813_685_247 - i * 3_333_333),
      short: [1, 2, 3],
    };
    const { rest, columns, bytes } = packColumns(data);
    expect(columns.map(({ isSplit }) => isSplit)).toEqual([false, true, true, true, true]);
    const read = JSON.parse(JSON.stringify(rest)) as unknown;
    unpackColumns(read, columns, bytes);
    expect(plain(read)).toEqual(data);
  });
});

describe("tables", () => {
  it("give the lists back as they were: like objects, repeated texts, and what is neither", () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      from: i * 10,
      words: `term ${String(i % 4)}`,
      isShown: i % 2 === 0,
    }));
    const data = {
      rows,
      texts: rows.map(({ words }) => words),
      mixed: [...rows, { from: 1 }],
      nested: rows.map((row) => ({ ...row, inner: [row.from] })),
      few: rows.slice(0, 3),
      empty: [],
      none: null,
    };
    const tabled = toTables(data);
    expect(tabled.values).toHaveLength(4 + 2);
    expect(JSON.stringify(tabled).length).toBeLessThan(JSON.stringify(data).length);
    expect(fromTables(tabled)).toEqual(data);
  });
});

describe("the order of arrivals", () => {
  it("is that of time, then of sending, of all that were known when it was asked", () => {
    const at = [50, 20, 20, 90, 10];
    const arrivals = new Arrivals(at);
    for (const row of [0, 1, 2]) arrivals.add(row);
    expect([0, 1].map((place) => arrivals.rowAt(place))).toEqual([1, 2]);
    arrivals.add(3);
    arrivals.add(4);
    expect([2, 3, 4].map((place) => arrivals.rowAt(place))).toEqual([4, 0, 3]);
    expect(arrivals.rowAt(1)).toBe(2);
    expect(() => arrivals.rowAt(5)).toThrow("The data of this page is damaged.");
  });
});
