import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import { kv, type KvOp } from "../../../../src/lab/checkers/linear/kv-model.ts";
import type { History, Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import { casRegister, register, type RegisterOp } from "../../../../src/lab/checkers/linear/register-model.ts";

function at<Op>(client: string, op: Op, call: number, end?: number): Operation<Op> {
  return end === undefined ? { client, op, call } : { client, op, call, return: end };
}
const write = (value: number): RegisterOp => ({ f: "write", value });
const read = (value: number | null): RegisterOp => ({ f: "read", value });

const STALE: History<RegisterOp> = [
  at("a", write(1), 0, 1),
  at("a", write(2), 2, 5),
  at("b", read(2), 3, 4),
  at("c", read(1), 6, 7),
];

describe("a result", () => {
  it("of a read of what was overwritten names it, where it is stuck, and what contradicts it", () => {
    expect(checkLinearizable(STALE, register())).toEqual({
      operations: 4,
      partitions: 1,
      verdict: "violation",
      layer: "zones",
      steps: 4,
      counterexample: {
        partition: "",
        message:
          "read → 1 by c fits at no moment between its call and its return, after any order of the 3 operations before it, where the state is 2: a value came back after another had taken its place",
        operation: 3,
        order: [0, 1, 2],
        states: ["2"],
        pending: [3],
        shrunk: [0, 1, 3],
      },
    });
  });

  it("of the search says the same, without the rule", () => {
    const zones = checkLinearizable(STALE, register()).counterexample;
    const search = checkLinearizable(STALE, register(), { without: ["zones"] });
    expect(search).toMatchObject({ verdict: "violation", layer: "search" });
    expect(search.counterexample).toEqual({ ...zones, message: zones?.message.replace(/: a value came back.*/, "") });
  });

  it("is ok when the operations overlap or touch", () => {
    const over = STALE.map((one) => (one.client === "c" ? { ...one, call: 1.5 } : one));
    expect(checkLinearizable(over, register())).toMatchObject({ verdict: "ok", layer: "zones" });
    const touching = [at("a", write(1), 0, 1), at("b", read(null), 1, 2)];
    expect(checkLinearizable(touching, register()).verdict).toBe("ok");
    expect(checkLinearizable(touching, register(), { without: ["zones"] }).verdict).toBe("ok");
  });

  it("lets an operation without a return happen late, or never", () => {
    const late = [at("a", write(1), 0, 1), at("b", write(2), 2), at("c", read(1), 3, 4), at("c", read(2), 5, 6)];
    expect(checkLinearizable(late, register()).verdict).toBe("ok");
    const twice = [...late, at("c", read(1), 7, 8)];
    expect(checkLinearizable(twice, register())).toMatchObject({
      verdict: "violation",
      counterexample: { operation: 4 },
    });
  });

  it("lets a compare-and-set of unknown end take effect or not", () => {
    const cas: RegisterOp = { f: "cas", from: 1, to: 2 };
    for (const [last, verdict] of [
      [1, "ok"],
      [2, "ok"],
      [3, "violation"],
    ] as const)
      expect(
        checkLinearizable([at("a", write(1), 0, 1), at("b", cas, 2), at("c", read(last), 3, 4)], casRegister()).verdict,
      ).toBe(verdict);
  });

  it("is unknown when the steps do not suffice, and says so", () => {
    const many = Array.from({ length: 12 }, (_, i) => at(`c${String(i)}`, write(i), 0, 100));
    const never: RegisterOp = { f: "cas", from: 50, to: 51, isOk: true };
    const history = [...many, at("r", never, 0, 100)];
    const result = checkLinearizable(history, casRegister(), { stepsMax: 500 });
    expect(result).toMatchObject({ verdict: "unknown", layer: "search", steps: 500 });
    expect(result.reason).toBe("undecided after 500 steps: neither an order was found nor all were tried");
    expect(checkLinearizable(history, casRegister()).verdict).toBe("violation");
  });

  it("is the same, byte for byte, each time", () => {
    const results = [1, 2].map(() => JSON.stringify(checkLinearizable(STALE, register(), { without: ["zones"] })));
    expect(results[0]).toBe(results[1]);
  });

  it("refuses an operation that returns before it is called", () => {
    expect(() => checkLinearizable([at("a", write(1), 2, 1)], register())).toThrow(
      "Operation 0 of the history is called at 2 and returns at 1",
    );
  });
});

describe("partitions", () => {
  const append = (key: string, value: string): KvOp => ({ f: "append", key, value });

  it("are judged alone: a wrong key is found beside one that is too hard", () => {
    const hard = Array.from({ length: 24 }, (_, i) =>
      at(`h${String(i)}`, append("hard", String.fromCharCode(97 + i)), 0, 100),
    );
    const never: Operation<KvOp> = at("r", { f: "get", key: "hard", value: "never" }, 200, 201);
    const wrong: Operation<KvOp>[] = [
      at("a", append("wrong", "x"), 0, 1),
      at("b", { f: "get", key: "wrong", value: "" }, 2, 3),
    ];
    const result = checkLinearizable([...hard, never, ...wrong], kv(""));
    expect(result).toMatchObject({
      verdict: "violation",
      partitions: 2,
      counterexample: { partition: "wrong", operation: 26 },
    });
    expect(result.steps).toBeLessThan(10_000);
  });

  it("name what is undecided", () => {
    const hard = Array.from({ length: 20 }, (_, i) => at(`h${String(i)}`, append("k", String(i)), 0, 100));
    const never: KvOp = { f: "get", key: "k", value: "never" };
    const result = checkLinearizable([...hard, at("r", never, 200, 201)], kv(""), { stepsMax: 20_000 });
    expect(result).toMatchObject({
      verdict: "unknown",
      reason: expect.stringContaining("neither an order of k was found") as string,
    });
  });
});

describe("a witness", () => {
  const history = [at("a", write(1), 0, 4), at("b", read(1), 1, 3), at("c", write(2), 5), at("d", read(1), 6, 7)];

  it("decides when it respects time and the model", () => {
    expect(checkLinearizable(history, register(), { witness: [0, 1, 3] })).toMatchObject({
      verdict: "ok",
      layer: "witness",
      steps: 3,
    });
  });

  it.each([
    ["is not legal", [1, 0, 3]],
    ["leaves out what has returned", [0, 1]],
    ["turns time around", [0, 3, 1]],
    ["names an operation twice", [0, 1, 1, 3]],
    ["names what is not there", [0, 1, 3, 9]],
  ])("that %s proves nothing, and the next layer decides", (_, witness) => {
    expect(checkLinearizable(history, register(), { witness })).toMatchObject({ verdict: "ok", layer: "zones" });
  });
});
