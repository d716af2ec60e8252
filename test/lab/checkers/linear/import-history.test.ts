import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import { readEdn } from "../../../../src/lab/checkers/linear/edn.ts";
import { importHistory } from "../../../../src/lab/checkers/linear/import-history.ts";
import { kv } from "../../../../src/lab/checkers/linear/kv-model.ts";
import { mutex } from "../../../../src/lab/checkers/linear/lock-models.ts";
import { multiRegister } from "../../../../src/lab/checkers/linear/multi-register-model.ts";
import { casRegister } from "../../../../src/lab/checkers/linear/register-model.ts";

describe("a log of Jepsen's etcd test", () => {
  const log = (...events: string[]): string =>
    events.map((event) => `INFO  jepsen.util - ${event.replaceAll(" ", "\t")}\n`).join("");

  it("is read with what failed, what timed out and what never ended", () => {
    const text = log(
      "0 :invoke :read nil",
      ":nemesis :info :start nil",
      "0 :ok :read nil",
      "1 :invoke :write 3",
      "2 :invoke :cas [3 4]",
      "2 :fail :cas [3 4]",
      "1 :info :write :timed-out",
      "3 :invoke :read nil",
      "3 :fail :read :timed-out",
      "4 :invoke :cas [3 1]",
      "0 :invoke :read nil",
      "0 :ok :read 1",
      "5 :invoke :read nil",
    );
    expect(importHistory("jepsen-etcd", text)).toEqual([
      { client: "0", op: { f: "read", value: null }, call: 0, return: 1 },
      { client: "1", op: { f: "write", value: 3 }, call: 2 },
      { client: "2", op: { f: "cas", from: 3, to: 4, isOk: false }, call: 3, return: 4 },
      { client: "4", op: { f: "cas", from: 3, to: 1 }, call: 7 },
      { client: "0", op: { f: "read", value: 1 }, call: 8, return: 9 },
    ]);
    expect(checkLinearizable(importHistory("jepsen-etcd", text), casRegister()).verdict).toBe("ok");
  });

  it("takes a read of nil for a read of nothing, and a failed cas for one that found another value", () => {
    const nothing = log("0 :invoke :write 1", "0 :ok :write 1", "0 :invoke :read nil", "0 :ok :read nil");
    expect(checkLinearizable(importHistory("jepsen-etcd", nothing), casRegister()).verdict).toBe("violation");
    const failed = log("0 :invoke :write 1", "0 :ok :write 1", "0 :invoke :cas [1 2]", "0 :fail :cas [1 2]");
    expect(checkLinearizable(importHistory("jepsen-etcd", failed), casRegister()).verdict).toBe("violation");
  });

  it("is refused where a call ends that was not begun, with the line", () => {
    expect(() => importHistory("jepsen-etcd", log("0 :invoke :read nil", "1 :ok :read 3"))).toThrow(
      "HISTORY_FORMAT: line 2: process 1 ends a call without having begun one.",
    );
    expect(() => importHistory("jepsen-etcd", log("0 :invoke :cas 3"))).toThrow(
      'line 1: a cas has two values, like [1 2]; got "3"',
    );
  });
});

describe("a log of porcupine's key-value store", () => {
  const lines = [
    '{:process 0, :type :invoke, :f :append, :key "1", :value "x 0 0 y"}',
    '{:process 1, :type :invoke, :f :get, :key "1", :value nil}',
    '{:process 1, :type :ok, :f :get, :key "1", :value ""}',
    '{:process 0, :type :ok, :f :append, :key "1", :value "x 0 0 y"}',
    '{:process 2, :type :invoke, :f :put, :key "2", :value "p"}',
    '{:process 1, :type :invoke, :f :get, :key "1", :value nil}',
    '{:process 1, :type :ok, :f :get, :key "1", :value "x 0 0 y"}',
  ];

  it("is read key by key, with what never ended", () => {
    const history = importHistory("porcupine-kv", lines.join("\n"));
    expect(history.map(({ op, return: end }) => [op, end])).toEqual([
      [{ f: "append", key: "1", value: "x 0 0 y" }, 3],
      [{ f: "get", key: "1", value: "" }, 2],
      [{ f: "put", key: "2", value: "p" }, undefined],
      [{ f: "get", key: "1", value: "x 0 0 y" }, 6],
    ]);
    expect(checkLinearizable(history, kv("")).verdict).toBe("ok");
  });

  it("shows a value that was lost", () => {
    const lost = lines.join("\n").replace(/"x 0 0 y"}$/, '""}');
    expect(checkLinearizable(importHistory("porcupine-kv", lost), kv(""))).toMatchObject({
      verdict: "violation",
      counterexample: { partition: "1", operation: 3, states: ['"x 0 0 y"'] },
    });
  });
});

describe("a history of knossos", () => {
  it("may be a vector, a list or one map after the other, with comments", () => {
    const events =
      "{:process 1, :type :invoke, :f :write, :value 2} ; two\n {:type :ok :process 1 :f :write :value 2 :time 3}";
    const expected = [{ client: "1", op: { f: "write", value: 2 }, call: 0, return: 1 }];
    for (const text of [events, `[${events}]`, `; a list\n(${events})`])
      expect(importHistory("knossos", text)).toEqual(expected);
  });

  it("of a register has lost calls, reads of nobody knows what, and calls that did not happen", () => {
    const text = `[{:process 0 :type :invoke :f :cas :value [0 1]} {:process 0 :type :ok :f :cas :value [0 1]}
      {:process 1 :type :invoke :f :write :value 5} {:process 1 :type :fail :f :write :value 5 :error [:unavailable nil]}
      {:process 2 :type :invoke :f :cas :value [9 8]} {:process 2 :type :fail :f :cas :value [9 8]}
      {:process 3 :type :invoke :f :read :value nil} {:process 3 :type :ok :f :read :value nil}
      {:process :nemesis :type :info :f :start :value nil}
      {:process 4 :type :invoke :f :write :value 7} {:process 4 :type :info :f :write :value 7}
      {:process 5 :type :invoke :f :read :value nil}]`;
    const history = importHistory("knossos", text, "register");
    expect(history).toEqual([
      { client: "0", op: { f: "cas", from: 0, to: 1, isOk: true }, call: 0, return: 1 },
      { client: "3", op: { f: "read" }, call: 6, return: 7 },
      { client: "4", op: { f: "write", value: 7 }, call: 8 },
    ]);
    expect(checkLinearizable(history, casRegister(0)).verdict).toBe("ok");
    expect(checkLinearizable(history, casRegister(3)).verdict).toBe("violation");
  });

  it("of a mutex shows a lock that two hold", () => {
    const text = `{:process 0 :type :invoke :f :acquire :value nil} {:process 0 :type :ok :f :acquire :value nil}
      {:process 1 :type :invoke :f :acquire :value nil} {:process 2 :type :invoke :f :release}
      {:process 2 :type :fail :f :release :error :not-held} {:process 1 :type :ok :f :acquire :value nil}`;
    expect(checkLinearizable(importHistory("knossos", text, "mutex"), mutex())).toMatchObject({
      verdict: "violation",
      counterexample: { operation: 1, states: ["held"] },
    });
  });

  it("of several registers has transactions", () => {
    const text = `[{:type :invoke, :f :txn, :value [[:read :x nil] [:write :y 2]], :process 3, :time 1}
      {:type :invoke :f :txn :value [[:write :x 1]] :process 4}
      {:type :ok, :f :txn, :value [[:read :x 0] [:write :y 2]], :process 3, :time 2}
      {:type :invoke :f :txn :value [[:read :x nil] [:read :y nil]] :process 5}
      {:type :ok :f :txn :value [[:read :x 1] [:read :y 2]] :process 5}]`;
    const history = importHistory("knossos", text, "multi-register");
    expect(history.map(({ op }) => op.accesses)).toEqual([
      [
        { f: "read", key: "x", value: 0 },
        { f: "write", key: "y", value: 2 },
      ],
      [{ f: "write", key: "x", value: 1 }],
      [
        { f: "read", key: "x", value: 1 },
        { f: "read", key: "y", value: 2 },
      ],
    ]);
    expect(checkLinearizable(history, multiRegister({ x: 0, y: 0 })).verdict).toBe("ok");
    expect(checkLinearizable(history, multiRegister({ x: 1, y: 0 })).verdict).toBe("violation");
  });

  it("of another type than was said is refused", () => {
    expect(() => importHistory("knossos", "{:process 0 :type :invoke :f :read :value nil}", "mutex")).toThrow(
      "is no operation of a mutex",
    );
  });
});

describe("EDN", () => {
  it("is read with all that a history may hold", () => {
    const [value, ...rest] = readEdn(
      '{:a [1, -2.5 "t\\n\\u0041"] #_ (gone) :b #{true nil} "c" #inst "2020" :d \\a :e sym} 7N',
    );
    expect(value).toEqual(
      new Map<string, unknown>([
        [":a", [1, -2.5, "t\nA"]],
        [":b", [true, null]],
        ['"c"', "2020"],
        [":d", { other: "\\a" }],
        [":e", { other: "sym" }],
      ]),
    );
    expect(rest).toEqual([7]);
  });

  it.each([
    ["[1 2", "line 1: the text ends within a value"],
    ["\n {:a}", "line 2: a map has a key without a value"],
    ["1 ]", 'line 1: "]" closes nothing'],
    ['"no end', "line 1: a text does not end"],
    ["[".repeat(300), "more than 200 values within each other"],
  ])("that is broken is refused: %s", (text, message) => {
    expect(() => readEdn(text)).toThrow(message);
  });
});
