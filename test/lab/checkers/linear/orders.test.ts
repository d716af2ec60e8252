import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import { kv } from "../../../../src/lab/checkers/linear/kv-model.ts";
import type { Model } from "../../../../src/lab/checkers/linear/model.ts";
import type { Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import { casRegister, register, type RegisterOp } from "../../../../src/lab/checkers/linear/register-model.ts";
import { provesLinearizable } from "../../../../src/lab/checkers/linear/witness.ts";
import { distinctWrites, histories, KV_OPS, READS_AND_WRITES, REGISTER_OPS } from "./arbitraries.ts";

const READS_WRITES_AND_UNKNOWN = fc.oneof(READS_AND_WRITES, fc.constant<RegisterOp>({ f: "read" }));

/** Judges histories and counts those that are right: each of their orders must prove its partition, and hold nothing else. */
function proved<Op, State>(
  runs: number,
  history: fc.Arbitrary<readonly Operation<Op>[]>,
  model: Model<Op, State>,
): { readonly [layer: string]: number } {
  const seen: Record<string, number> = {};
  fc.assert(
    fc.property(history, (operations) => {
      const { verdict, layer, orders } = checkLinearizable(operations, model, { withOrders: true });
      expect(orders !== undefined).toBe(verdict === "ok");
      if (orders === undefined) return;
      seen[layer] = (seen[layer] ?? 0) + 1;
      const partitionOf = (place: number): string => model.partitionOf?.((operations[place] as Operation<Op>).op) ?? "";
      const needed = operations.flatMap((one, place) => (one.return === undefined ? [] : [place]));
      expect(needed.filter((place) => !orders.flat().includes(place))).toEqual([]);
      for (const order of orders) {
        const name = partitionOf(order[0] ?? 0);
        const mine = operations.map((_, place) => place).filter((place) => partitionOf(place) === name);
        const own = mine.map((place) => operations[place] as Operation<Op>);
        const renumbered = order.map((place) => mine.indexOf(place));
        expect(order.length === 0 || provesLinearizable(own, model, renumbered)).toBe(true);
      }
    }),
    { numRuns: runs },
  );
  return seen;
}

describe("the order that is handed over proves a right history", () => {
  it("of a register with distinct values, without a search", () => {
    const history = histories(READS_WRITES_AND_UNKNOWN, 9).map(distinctWrites);
    expect(proved(800, history, register())["zones"]).toBeGreaterThan(80);
  });

  it("of a register that was searched", () => {
    expect(proved(300, histories(REGISTER_OPS), casRegister())["search"]).toBeGreaterThan(15);
  });

  it("key by key", () => {
    expect(proved(300, histories(KV_OPS), kv(""))["search"]).toBeGreaterThan(15);
  });

  it("that was given as a witness, key by key", () => {
    const put = (key: string, call: number): Operation<{ f: "put"; key: string; value: string }> => {
      return { client: "a", op: { f: "put", key, value: "v" }, call, return: call + 1 };
    };
    const history = [put("x", 0), put("y", 2), put("x", 4)];
    const { layer, orders } = checkLinearizable(history, kv(""), { withOrders: true, witness: [0, 1, 2] });
    expect({ layer, orders }).toEqual({ layer: "witness", orders: [[0, 2], [1]] });
  });
});

it("is not made for those who do not ask, nor for a history that has none", () => {
  const write: Operation<RegisterOp> = { client: "a", op: { f: "write", value: 1 }, call: 0, return: 1 };
  const stale: Operation<RegisterOp> = { client: "b", op: { f: "read", value: null }, call: 2, return: 3 };
  expect(checkLinearizable([write], register())).not.toHaveProperty("orders");
  expect(checkLinearizable([write, stale], register(), { withOrders: true })).not.toHaveProperty("orders");
});
