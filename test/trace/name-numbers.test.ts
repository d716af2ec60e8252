import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameNumbers } from "../../src/trace/name-numbers.ts";

/** Few letters and lengths, so that many texts share a place. */
const text = fc.string({ unit: fc.constantFrom("a", "b", "1", "ž"), maxLength: 3 });

describe("NameNumbers", () => {
  it("knows every text by its number, whatever was asked for between", () => {
    const step = fc.oneof(
      fc.record({ set: text, number: fc.nat(1_000) }),
      fc.record({ get: fc.array(text, { minLength: 1 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new NameNumbers();
        const model = new Map<string, number>();
        for (const one of steps) {
          if ("set" in one) {
            if (model.has(one.set)) continue;
            table.set(one.set, one.number);
            model.set(one.set, one.number);
          } else for (const asked of one.get) expect(table.get(asked)).toBe(model.get(asked) ?? -1);
        }
      }),
    );
  });

  it("tells texts apart that share a place", () => {
    const table = new NameNumbers();
    const names = Array.from({ length: 200 }, (_, id) => `node-${String(id)}`);
    names.forEach((name, id) => {
      table.set(name, id);
    });
    for (const id of [7, 17, 7, 107, 17, 199, 7]) expect(table.get(names[id] as string)).toBe(id);
    expect(table.get("node-200")).toBe(-1);
    expect(table.get("")).toBe(-1);
  });
});
