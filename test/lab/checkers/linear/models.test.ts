import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import { kv } from "../../../../src/lab/checkers/linear/kv-model.ts";
import {
  fencedLock,
  fencedResource,
  leaderRegister,
  mutex,
  ownedLock,
} from "../../../../src/lab/checkers/linear/lock-models.ts";
import type { Model } from "../../../../src/lab/checkers/linear/model.ts";
import { multiRegister } from "../../../../src/lab/checkers/linear/multi-register-model.ts";
import { casRegister } from "../../../../src/lab/checkers/linear/register-model.ts";

/** One after the other: what the state is in the end, in the model's words, or the first operation that is not legal. */
function after<Op, State>(model: Model<Op, State>, ...ops: readonly Op[]): string {
  let state = model.initial;
  for (const op of ops) {
    const next = model.step(state, op);
    if (next === undefined) return `not legal: ${model.describeOp(op)}`;
    // What is said to change nothing must not.
    if (model.isObserver(op)) expect(model.stateKey(next)).toEqual(model.stateKey(state));
    state = next;
  }
  return model.describeState(state);
}

describe("models", () => {
  it("of a register: a compare-and-set succeeds exactly when the value is the expected one", () => {
    const set = { f: "cas", from: 1, to: 2 } as const;
    expect(after(casRegister(1), { ...set, isOk: true }, { f: "read", value: 2 })).toBe("2");
    expect(after(casRegister(1), { ...set, isOk: false })).toBe("not legal: cas 1 2 → failed");
    expect(after(casRegister(3), { ...set, isOk: false }, set, { f: "read" })).toBe("3");
    expect(after(casRegister(3), { ...set, isOk: true })).toBe("not legal: cas 1 2 → ok");
    expect(after(casRegister("1"), { f: "read", value: 1 })).toBe("not legal: read → 1");
  });

  it("of a key-value store: text is appended, a deleted key is absent again", () => {
    const key = "k";
    expect(after(kv(), { f: "append", key, value: "a" }, { f: "append", key, value: "b" })).toBe('"ab"');
    expect(after(kv(), { f: "put", key, value: 1 }, { f: "delete", key }, { f: "get", key, value: null })).toBe("nil");
    expect(after(kv(""), { f: "get", key, value: null })).toBe("not legal: get k → nil");
    expect(after(kv(0), { f: "cas", key, from: 0, to: 5, isOk: true })).toBe("5");
  });

  it("of several registers: a transaction sees its own writes, and nothing of it happens alone", () => {
    const write = { f: "write", key: "x", value: 1 } as const;
    expect(after(multiRegister(), { f: "txn", accesses: [write, { f: "read", key: "x", value: 1 }] })).toBe("x=1");
    expect(after(multiRegister({ y: 2 }), { f: "txn", accesses: [write, { f: "read", key: "y", value: 3 }] })).toBe(
      "not legal: write x 1, read y → 3",
    );
    expect(after(multiRegister({ x: 1 }), { f: "txn", accesses: [{ f: "write", key: "x", value: null }] })).toBe(
      "all nil",
    );
  });

  it("of a mutex: held and free by turns", () => {
    expect(after(mutex(), { f: "acquire" }, { f: "release" }, { f: "acquire" })).toBe("held");
    expect(after(mutex(), { f: "release" })).toBe("not legal: release");
  });

  it("of a lock with owners: released by its holder alone, tried in vain only while another holds it", () => {
    const [acquire, release] = [{ f: "acquire", owner: "a" } as const, { f: "release", owner: "a" } as const];
    expect(after(ownedLock(), acquire, { f: "release", owner: "b" })).toBe("not legal: release by b");
    expect(after(ownedLock(), acquire, { f: "try", owner: "b", isOk: false }, release)).toBe("free");
    expect(after(ownedLock(), { f: "try", owner: "b", isOk: false })).toBe("not legal: try by b → refused");
    expect(after(ownedLock(), acquire, acquire)).toBe("not legal: acquire by a");
    expect(after(ownedLock({ reentrant: true }), acquire, acquire)).toBe("held by a ×2");
    expect(after(ownedLock({ reentrant: true }), acquire, acquire, release, { f: "acquire", owner: "b" })).toBe(
      "not legal: acquire by b",
    );
  });

  it("of a fenced lock: each token is larger than all before, also after one that nobody was told", () => {
    const acquire = (owner: string, token?: bigint) =>
      ({ f: "acquire", owner, ...(token === undefined ? {} : { token }) }) as const;
    expect(after(fencedLock(), acquire("a", 5n), { f: "expire" }, acquire("b", 5n))).toBe(
      "not legal: acquire by b → 5",
    );
    expect(after(fencedLock(), acquire("a", 5n), { f: "expire" }, acquire("b", 2n ** 60n))).toBe(
      "held by b, largest 1152921504606846976",
    );
    expect(
      after(fencedLock(), acquire("a", 5n), { f: "expire" }, acquire("b"), { f: "expire" }, acquire("c", 6n)),
    ).toBe("not legal: acquire by c → 6");
    expect(after(fencedLock(), acquire("a", 1n), acquire("b", 2n))).toBe("not legal: acquire by b → 2");
  });

  it("of a fenced resource: a smaller token is refused, and no other", () => {
    const write = (token: bigint, isAccepted: boolean) => ({ f: "write", token, value: "v", isAccepted }) as const;
    expect(after(fencedResource(), write(2n, true), write(2n, true), write(1n, false))).toBe('"v", largest 2');
    expect(after(fencedResource(), write(2n, true), write(1n, true))).toBe('not legal: write "v" with 1 → accepted');
    expect(after(fencedResource(), write(2n, false))).toBe('not legal: write "v" with 2 → refused');
  });

  it("of leaders: whoever leads a term leads it for good", () => {
    const leads = (leader: string, term: number) => ({ f: "leader", leader, term }) as const;
    const history = [leads("n1", 1), leads("n2", 2), leads("n1", 1)].map((op, i) => ({
      client: "c",
      op,
      call: 2 * i,
      return: 2 * i + 1,
    }));
    expect(checkLinearizable(history, leaderRegister()).verdict).toBe("ok");
    const two = [...history, { client: "d", op: leads("n3", 2), call: 8, return: 9 }];
    expect(checkLinearizable(two, leaderRegister())).toMatchObject({
      verdict: "violation",
      counterexample: { partition: "2", operation: 3, states: ["n2"] },
    });
  });
});
