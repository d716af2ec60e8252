import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

/** A breaker of `n1` as its records tell of it. */
class BreakerScene {
  readonly scene: Scene;
  #generation = -1;

  constructor(check: string, config: Readonly<Record<string, number | string>> = {}) {
    this.scene = new Scene(check, { program: "pos-adapter", nodes: 1 });
    this.scene.point("n1", "breaker.config", {
      name: "",
      mode: "consecutive",
      failureThreshold: 5,
      recoveryTimeoutMs: 60_000,
      successThreshold: 2,
      halfOpenCallsMax: 1,
      callTimeoutMs: 10_000,
      ...config,
    });
    this.state("closed");
  }
  at(ms: number): this {
    this.scene.at(ms);
    return this;
  }
  state(value: string, isManual = false): RecordId {
    return this.scene.claim("n1", "breaker", value, { generation: ++this.#generation, reason: "", isManual });
  }
  begin(id: number): RecordId {
    return this.scene.point("n1", "breaker.call", { name: "", id, generation: this.#generation });
  }
  end(id: number, result = "success"): RecordId {
    return this.scene.point("n1", "breaker.result", { name: "", id, generation: 0, result, isCurrent: true });
  }
  call(id: number, result = "success"): RecordId {
    this.begin(id);
    return this.end(id, result);
  }
  fail(...ids: number[]): this {
    for (const id of ids) this.call(id, "failure");
    return this;
  }
  refuse(): RecordId {
    return this.scene.point("n1", "breaker.refuse", { name: "", retryAfterMs: 1 });
  }
  /** Opened at 1 s by five failures. */
  open(): this {
    this.at(1_000).fail(1, 2, 3, 4, 5).state("open");
    return this;
  }
  halfOpen(): this {
    this.open().at(61_000).state("half-open");
    return this;
  }
}

describe("breaker-edges (I26)", () => {
  it("holds for the legal round, and for an operator's edges", () => {
    const breaker = new BreakerScene("breaker-edges").halfOpen();
    breaker.state("open");
    breaker.state("half-open");
    breaker.state("closed");
    breaker.state("open", true);
    breaker.state("closed", true);
    breaker.state("closed", true);
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds", judged: 9 });
  });

  it("is violated by open → closed", () => {
    const breaker = new BreakerScene("breaker-edges").open();
    const edge = breaker.at(2_000).state("closed");
    expect(breaker.scene.violation()).toMatchObject({
      record: edge,
      message: "the breaker of n1 went from open to closed at 2.000 s",
    });
  });

  it("is violated by closed → half-open, and by opening an open one by hand", () => {
    const skipped = new BreakerScene("breaker-edges");
    skipped.state("half-open");
    expect(skipped.scene.violation().observed).toBe("closed → half-open");
    const again = new BreakerScene("breaker-edges").open();
    again.state("open", true);
    expect(again.scene.violation().observed).toBe("open → open by hand");
  });

  it("lets a new life begin closed, and tells breakers of one node apart", () => {
    const breaker = new BreakerScene("breaker-edges").open();
    breaker.scene.claim("n1", "breaker>ofd", "closed", { generation: 0, reason: "created", isManual: false });
    breaker.scene.process("n1", "down", "kill");
    breaker.scene.process("n1", "up", "restart");
    breaker.state("closed");
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });
});

describe("breaker-open-zero (I27)", () => {
  it("holds while calls are refused, and does not mind calls that were under way", () => {
    const breaker = new BreakerScene("breaker-open-zero");
    breaker.begin(9);
    breaker.open();
    breaker.refuse();
    breaker.end(9);
    breaker.refuse();
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a call while open", () => {
    const breaker = new BreakerScene("breaker-open-zero").open();
    const call = breaker.at(3_000).begin(6);
    expect(breaker.scene.violation()).toMatchObject({
      record: call,
      message: "the breaker of n1 let a call through at 3.000 s, open since 1.000 s",
    });
  });
});

describe("breaker-probe-limit (I28)", () => {
  it("holds for one probe at a time beside calls of before", () => {
    const breaker = new BreakerScene("breaker-probe-limit");
    breaker.begin(8);
    breaker.begin(9);
    breaker.halfOpen();
    breaker.call(10);
    breaker.begin(11);
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a second probe at once", () => {
    const breaker = new BreakerScene("breaker-probe-limit").halfOpen();
    breaker.begin(6);
    const second = breaker.begin(7);
    expect(breaker.scene.violation()).toMatchObject({ record: second, expected: "at most 1", observed: "2" });
  });

  it("goes by the limit that the breaker was made with", () => {
    const breaker = new BreakerScene("breaker-probe-limit", { halfOpenCallsMax: 2 }).halfOpen();
    breaker.begin(6);
    breaker.begin(7);
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds" });
    const third = new BreakerScene("breaker-probe-limit", { halfOpenCallsMax: 2 }).halfOpen();
    for (const id of [6, 7, 8]) third.begin(id);
    expect(third.scene.verdict()).toMatchObject({ verdict: "violated" });
  });
});

describe("breaker-exact (I29)", () => {
  it("holds for five failures, 60 s and two successes", () => {
    const breaker = new BreakerScene("breaker-exact");
    breaker.fail(11, 12, 13, 14);
    breaker.call(15);
    breaker.halfOpen();
    breaker.call(6);
    breaker.call(7);
    breaker.state("closed");
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by opening at the fourth failure, and by not opening at the fifth", () => {
    const early = new BreakerScene("breaker-exact").fail(1, 2, 3, 4);
    early.state("open");
    expect(early.scene.violation().message).toContain("went from closed to open: 4 calls in a row had failed");
    const late = new BreakerScene("breaker-exact").fail(1, 2, 3, 4, 5);
    const next = late.begin(6);
    expect(late.scene.violation()).toMatchObject({ record: next, expected: "open", observed: "closed" });
  });

  it("does not count ignored errors, and counts timeouts", () => {
    const breaker = new BreakerScene("breaker-exact").fail(1, 2, 3);
    breaker.call(4, "ignored");
    breaker.call(5, "timeout");
    breaker.call(6, "timeout");
    breaker.state("open");
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by 59 s open, and by a refusal after 60 s", () => {
    const early = new BreakerScene("breaker-exact").open();
    early.at(60_000).state("half-open");
    expect(early.scene.violation().message).toContain("it was open for 59.000 s only");
    const late = new BreakerScene("breaker-exact").open();
    late.at(60_999).refuse();
    late.at(61_002).refuse();
    expect(late.scene.violation()).toMatchObject({ time: 61_002_000, expected: "a probe after 60000 ms" });
  });

  it("measures by the node's own clock", () => {
    const fast = new BreakerScene("breaker-exact");
    fast.scene.clock("n1", 100_000);
    fast
      .open()
      .at(1_000 + 54_546)
      .state("half-open");
    expect(fast.scene.verdict()).toMatchObject({ verdict: "holds" });
    const right = new BreakerScene("breaker-exact").open();
    right.at(1_000 + 54_546).state("half-open");
    expect(right.scene.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("is violated by closing at one success, and by a probe's failure that changes nothing", () => {
    const early = new BreakerScene("breaker-exact").halfOpen();
    early.call(6);
    early.state("closed");
    expect(early.scene.violation().observed).toBe("closed");
    const lost = new BreakerScene("breaker-exact").halfOpen();
    lost.call(6, "failure");
    lost.call(7);
    expect(lost.scene.violation()).toMatchObject({ expected: "open", observed: "half-open" });
  });

  it("is violated by a late result of an earlier state that changes it", () => {
    const closes = new BreakerScene("breaker-exact", { successThreshold: 1 });
    closes.begin(9);
    closes.halfOpen();
    closes.end(9);
    closes.state("closed");
    expect(closes.scene.violation().message).toContain("0 probes in a row had succeeded");
    const opens = new BreakerScene("breaker-exact");
    opens.begin(9);
    opens.halfOpen();
    opens.end(9, "failure");
    opens.state("open");
    expect(opens.scene.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("is violated by a refusal while closed", () => {
    const breaker = new BreakerScene("breaker-exact");
    breaker.refuse();
    expect(breaker.scene.violation().message).toContain("refused a call while closed");
  });

  it("leaves the moment of opening to a window's own rule", () => {
    const breaker = new BreakerScene("breaker-exact", { mode: "count" }).fail(1, 2);
    breaker.state("open");
    expect(breaker.scene.verdict()).toMatchObject({ verdict: "holds" });
  });
});

it("a run without breakers says so in few words", () => {
  const verdicts = new Scene("all").verdicts().filter(({ checker }) => checker.startsWith("breaker-"));
  expect(verdicts.map(({ verdict, reason }) => `${verdict}: ${String(reason)}`)).toEqual([
    "not-exercised: no breaker used",
    "not-exercised: no breaker opened",
    "not-exercised: no breaker was half-open",
    "not-exercised: no breaker used",
    "not-exercised: no node runs ofd",
  ]);
});
