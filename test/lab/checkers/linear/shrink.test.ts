import fc from "fast-check";
import { expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import type { History, Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import { casRegister, register, type RegisterOp } from "../../../../src/lab/checkers/linear/register-model.ts";
import { shrink } from "../../../../src/lab/checkers/linear/shrink.ts";
import { histories, REGISTER_OPS } from "./arbitraries.ts";
import { isLinearizable } from "./brute-force.ts";

it("removes nothing that would make a good history bad", () => {
  const model = casRegister(0);
  let smaller = 0;
  fc.assert(
    fc.property(histories(REGISTER_OPS, 7), fc.nat(6), (history, keep) => {
      fc.pre(keep < history.length && isLinearizable(history, model));
      const left = shrink({
        ids: [...history.keys()],
        keep,
        accesses: history.map(({ op }) => model.access?.(op)),
        isObserver: (id) => model.isObserver((history[id] as Operation<RegisterOp>).op),
        isWrong: (ids) => ids.length % 3 !== 0,
        workMax: 300,
      });
      if (left.length < history.length) smaller++;
      expect(left).toContain(keep);
      expect(
        isLinearizable(
          left.map((id) => history[id] as Operation<RegisterOp>),
          model,
        ),
      ).toBe(true);
    }),
    { numRuns: 1_500 },
  );
  expect(smaller).toBeGreaterThan(300);
});

it("leaves of a hundred operations the three that contradict each other, with the write that explains the read", () => {
  const history: Operation<RegisterOp>[] = [];
  for (let i = 0; i < 50; i++) {
    history.push({ client: "w", op: { f: "write", value: i }, call: 4 * i, return: 4 * i + 1 });
    const value = i === 40 ? 30 : i;
    history.push({ client: "r", op: { f: "read", value }, call: 4 * i + 2, return: 4 * i + 3 });
  }
  const shrunkOf = (without: readonly "zones"[]): History<RegisterOp> => {
    const { counterexample } = checkLinearizable(history, register(), { without });
    return (counterexample?.shrunk ?? []).map((place) => history[place] as Operation<RegisterOp>);
  };
  for (const without of [[], ["zones"]] as const) {
    const shrunk = shrunkOf(without);
    expect(shrunk).toHaveLength(3);
    expect(shrunk[0]?.op).toEqual({ f: "write", value: 30 });
    expect(shrunk[1]?.op.f).toBe("write");
    expect(shrunk[2]?.op).toEqual({ f: "read", value: 30 });
  }
});
