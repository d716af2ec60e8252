import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import { kv } from "../../../../src/lab/checkers/linear/kv-model.ts";
import { fencedLock, fencedResource, mutex, ownedLock } from "../../../../src/lab/checkers/linear/lock-models.ts";
import type { Model } from "../../../../src/lab/checkers/linear/model.ts";
import { multiRegister } from "../../../../src/lab/checkers/linear/multi-register-model.ts";
import type { History, Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import { casRegister, register } from "../../../../src/lab/checkers/linear/register-model.ts";
import { Search } from "../../../../src/lab/checkers/linear/search.ts";
import { timelineOf } from "../../../../src/lab/checkers/linear/timeline.ts";
import { provesLinearizable } from "../../../../src/lab/checkers/linear/witness.ts";
import {
  distinctWrites,
  FENCED_OPS,
  histories,
  KV_OPS,
  MUTEX_OPS,
  OWNED_OPS,
  READS_AND_WRITES,
  REGISTER_OPS,
  RESOURCE_OPS,
  TRANSACTIONS,
} from "./arbitraries.ts";
import { isLinearizable } from "./brute-force.ts";

/** Compares the search with the definition, and counts both answers: a fuzz that meets one of them alone shows nothing. */
function compare<Op, State>(op: fc.Arbitrary<Op>, model: Model<Op, State>, runs = 1_500): void {
  const seen = { ok: 0, violation: 0 };
  fc.assert(
    fc.property(histories(op), (history) => {
      const expected = isLinearizable(history, model) ? "ok" : "violation";
      seen[expected]++;
      const result = checkLinearizable(history, model, { without: ["zones"] });
      expect(result.verdict).toBe(expected);
      if (result.counterexample === undefined) return;
      const { operation, order, pending, shrunk } = result.counterexample;
      const end = (history[operation] as Operation<Op>).return as number;
      // Up to the end of the stuck operation nothing helps; up to just before it, the order found does.
      expect(isLinearizable(until(history, end, model), model)).toBe(false);
      expect(pending).toContain(operation);
      expect(shrunk).toContain(operation);
      expect(
        isLinearizable(
          shrunk.map((place) => history[place] as Operation<Op>),
          model,
        ),
      ).toBe(false);
      expect(order).not.toContain(operation);
    }),
    { numRuns: runs },
  );
  expect(seen.ok).toBeGreaterThan(runs / 50);
  expect(seen.violation).toBeGreaterThan(runs / 50);
}

/** What had happened by `end`, and nothing of what came later. */
function until<Op, State>(history: History<Op>, end: number, model: Model<Op, State>): Operation<Op>[] {
  return history
    .filter((one) => one.call <= end)
    .filter((one) => (one.return ?? Infinity) <= end || !model.isObserver(one.op))
    .map(({ client, op, call, return: at = Infinity }) =>
      at <= end ? { client, op, call, return: at } : { client, op, call },
    );
}

describe("the search agrees with trying every order", () => {
  it("of a register with compare-and-set", () => compare(REGISTER_OPS, casRegister(0)));
  it("of a key-value store", () => compare(KV_OPS, kv("")));
  it("of a mutex", () => compare(MUTEX_OPS, mutex()));
  it("of a lock with owners", () => compare(OWNED_OPS, ownedLock()));
  it("of a reentrant lock", () => compare(OWNED_OPS, ownedLock({ reentrant: true })));
  it("of a fenced lock", () => compare(FENCED_OPS, fencedLock()));
  it("of a fenced resource", () => compare(RESOURCE_OPS, fencedResource()));
  it("of transactions over registers", () => compare(TRANSACTIONS, multiRegister({ a: 0, b: 0 })));
});

describe("the search", () => {
  it("finds orders that prove what it says", () => {
    let found = 0;
    fc.assert(
      fc.property(histories(REGISTER_OPS, 14), (history) => {
        const model = casRegister(0);
        const timeline = timelineOf(history, [...history.keys()]);
        const search = new Search(model, timeline, { ints: 1_000_000 });
        if (search.run(1_000_000) !== "ok") return;
        found++;
        const order = search.order().map((id) => timeline.source[id] as number);
        expect(provesLinearizable(history, model, order)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(found).toBeGreaterThan(50);
  });

  it("says the same whether it is interrupted after each step or not at all, with a memory or without", () => {
    fc.assert(
      fc.property(histories(REGISTER_OPS, 10), (history) => {
        const timeline = timelineOf(history, [...history.keys()]);
        const whole = new Search(casRegister(0), timeline, { ints: 1_000_000 });
        const parts = new Search(casRegister(0), timeline, { ints: 1_000_000 });
        const forgetful = new Search(casRegister(0), timeline, { ints: 0 });
        const verdict = whole.run(1_000_000);
        let part = parts.run(1);
        for (let i = 0; part === "running" && i < 100_000; i++) part = parts.run(1);
        expect([part, parts.steps, parts.stuck()]).toEqual([verdict, whole.steps, whole.stuck()]);
        expect(forgetful.run(10_000_000)).toBe(verdict);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the test of zones", () => {
  it("agrees with the search on the verdict and on the first operation that cannot be", () => {
    const seen = { ok: 0, violation: 0, unknown: 0 };
    fc.assert(
      fc.property(histories(READS_AND_WRITES, 9), (some) => {
        const history = distinctWrites(some);
        const fast = checkLinearizable(history, register());
        const slow = checkLinearizable(history, register(), { without: ["zones"] });
        expect(fast.layer).toBe("zones");
        expect([fast.verdict, fast.counterexample?.operation]).toEqual([slow.verdict, slow.counterexample?.operation]);
        seen[fast.verdict]++;
        if (fast.counterexample === undefined) return;
        const left = fast.counterexample.shrunk.map(
          (place) => history[place] as Operation<(typeof history)[number]["op"]>,
        );
        expect(isLinearizable(left, register())).toBe(false);
      }),
      { numRuns: 6_000 },
    );
    expect(seen.ok).toBeGreaterThan(300);
    expect(seen.violation).toBeGreaterThan(300);
  });
});
