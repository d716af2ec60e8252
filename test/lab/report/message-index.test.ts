import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { LAYERS, MessageIndex } from "../../../src/lab/report/viewer/message-index.ts";
import { bigRun } from "./big-run.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ hasDetector: true, seconds: 20 });
const model = buildModel(result, trace);
const index = new MessageIndex(model);
const { sent, took, from, to, fate } = model.messages;
const nodes = model.nodes.length;
const isBetweenNodes = (row: number): boolean => (from[row] as number) < nodes && (to[row] as number) < nodes;
const rows = Array.from(sent, (_, row) => row).filter(isBetweenNodes);

describe("messages by time", () => {
  it("are found in any window as looking at each of them finds them", () => {
    for (const [a, b] of [
      [0, 20_000_000],
      [9_999_000, 10_001_000],
      [10_500_000, 10_700_000],
      [19_990_000, 20_000_000],
    ] as const) {
      const touches = (row: number): boolean =>
        (sent[row] as number) <= b && (sent[row] as number) + (took[row] as number) >= a;
      const found = LAYERS.flatMap((layer) => index.layers[layer].rowsIn(a, b)).sort((x, y) => x - y);
      expect(found).toEqual(rows.filter(touches));
      expect(index.lost.rowsIn(a, b)).toEqual(rows.filter((row) => touches(row) && (fate[row] as number) >= 0));
    }
  });

  it("are counted for each gap between lanes and each column of a picture", () => {
    const window = { from: 9_000_000, to: 12_000_000 };
    const columns = 37;
    for (const layer of LAYERS) {
      const wanted = new Uint32Array(columns * (nodes - 1));
      for (const row of index.layers[layer].rows) {
        const place = (((sent[row] as number) - window.from) * columns) / (window.to - window.from);
        // What is sent at the very edge of two columns is of the one that ends there.
        const column = Math.max(0, Math.ceil(place) - 1);
        if (place < 0 || column >= columns) continue;
        const [low, high] = [from[row] as number, to[row] as number].sort((x, y) => x - y) as [number, number];
        for (let gap = low; gap < high; gap++)
          wanted[gap * columns + column] = (wanted[gap * columns + column] as number) + 1;
      }
      expect(Array.from(index.density(layer, window, columns))).toEqual(Array.from(wanted));
    }
  });
});

describe("a run with more messages than a page has room for", () => {
  it("keeps those around the fault, and says how many are left out", () => {
    const big = bigRun(4_000);
    const whole = buildModel(big.result, big.trace);
    const cut = buildModel(big.result, big.trace, { messagesMax: 1_500 });
    expect(whole.left).toEqual({ messages: 0, radius: -1, stamps: 0 });
    const kept = cut.messages.sent.length;
    expect(kept).toBeLessThanOrEqual(1_500);
    expect(kept).toBeGreaterThan(500);
    expect(kept + cut.left.messages).toBe(whole.messages.sent.length);
    const start = whole.faults[0]?.from as number;
    for (const at of Array.from(cut.messages.sent)) expect(Math.abs(at - start)).toBeLessThanOrEqual(cut.left.radius);
  });
});
