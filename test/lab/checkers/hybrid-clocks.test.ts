import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/trace/plain.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

const T = 1_633_000_000_000;

function textOf(ms: number, counter: number, node: string): string {
  return `${(T + ms).toString(16).padStart(12, "0")}${counter.toString(16).padStart(4, "0")}-${node}`;
}

/** Nodes with hybrid clocks, `ms` counted from {@link T}; wall clocks are right unless the test says otherwise. */
class HlcScene {
  readonly scene: Scene;
  #now = 0;

  constructor(check: string) {
    this.scene = new Scene(check, { program: "pos-adapter", nodes: 3 });
    for (const node of ["n1", "n2", "n3"]) this.open(node);
  }
  at(ms: number): this {
    this.#now = ms;
    this.scene.at(ms);
    return this;
  }
  open(node: string): RecordId {
    return this.scene.point(node, "hlc.open", { boundMs: 0, wallMs: T + this.#now, maxOffsetMs: 500 });
  }
  stamp(node: string, ms: number, counter = 0, fields: Fields = {}): RecordId {
    return this.scene.point(node, "hlc", {
      stamp: textOf(ms, counter, node),
      ms: T + ms,
      counter,
      via: "now",
      wallMs: T + this.#now,
      ...fields,
    });
  }
  receive(node: string, remote: string, ms: number, counter: number, fields: Fields = {}): RecordId {
    return this.stamp(node, ms, counter, { via: "receive", remote, referenceMs: T + this.#now, ...fields });
  }
  send(from: string, to: string, hlc: string): RecordId {
    return this.scene.send(from, to, { type: "receipt.sold", hlc });
  }
  deliver(to: string, from: string, sent: RecordId, hlc: string): RecordId {
    return this.scene.trace.delivered(to, from, sent, { type: "receipt.sold", hlc });
  }
  restart(node: string): this {
    this.scene.process(node, "down", "crash");
    this.scene.process(node, "up", "restart");
    this.open(node);
    return this;
  }
}

describe("hlc-strict (I30)", () => {
  it("holds across a restart that starts above", () => {
    const hlc = new HlcScene("hlc-strict");
    hlc.at(10).stamp("n1", 10);
    hlc.stamp("n1", 10, 1);
    hlc.stamp("n2", 5);
    hlc.restart("n1").stamp("n1", 10, 2);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by an equal stamp, and by a smaller one after a restart", () => {
    const equal = new HlcScene("hlc-strict");
    equal.at(10).stamp("n1", 10);
    equal.stamp("n1", 10);
    expect(equal.scene.violation().observed).toBe(`(${String(T + 10)}, 0)`);
    const restarted = new HlcScene("hlc-strict");
    const first = restarted.at(5_000).stamp("n1", 5_000);
    const second = restarted.restart("n1").at(5_100).stamp("n1", 100);
    expect(restarted.scene.violation()).toMatchObject({ record: second, related: [first], nodes: ["n1"] });
  });
});

describe("hlc-causal (I31)", () => {
  /** n1 stamps at 100 (its clock is ahead) and tells n2, which is at 50. */
  function told(hlc: HlcScene): string {
    const text = textOf(100, 7, "n1");
    hlc.at(50).stamp("n1", 100, 7);
    hlc.deliver("n2", "n1", hlc.send("n1", "n2", text), text);
    return text;
  }

  it("holds for a stamp above what it was told, and for those who were told nothing", () => {
    const hlc = new HlcScene("hlc-causal");
    const text = told(hlc);
    hlc.receive("n2", text, 100, 8);
    hlc.stamp("n2", 100, 9);
    hlc.stamp("n3", 50);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a receipt that ignores the counter", () => {
    const hlc = new HlcScene("hlc-causal");
    const text = told(hlc);
    const wrong = hlc.receive("n2", text, 100, 1);
    expect(hlc.scene.violation()).toMatchObject({ record: wrong, nodes: ["n1", "n2"] });
  });

  it("is violated by a node that never received what it was told", () => {
    const hlc = new HlcScene("hlc-causal");
    told(hlc);
    hlc.at(60).stamp("n2", 60);
    expect(hlc.scene.violation().message).toContain("of n1 at 0.050 s happened before it");
  });

  it("goes by what the sender had stamped, not by what its message says, and through a third node", () => {
    const hlc = new HlcScene("hlc-causal");
    const text = told(hlc);
    hlc.receive("n2", text, 100, 8);
    const lie = textOf(10, 0, "n2");
    hlc.deliver("n3", "n2", hlc.send("n2", "n3", lie), lie);
    hlc.receive("n3", lie, 50, 0);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("takes a stamp and its sending for one when nothing but an await parts them", () => {
    const hlc = new HlcScene("hlc-causal");
    const text = textOf(5, 0, "n1");
    const timer = hlc.scene.trace.timer("n1", "beat");
    hlc.scene.causedBy(timer);
    hlc.stamp("n1", 5, 0);
    hlc.stamp("n1", 9, 0);
    hlc.deliver("n2", "n1", hlc.send("n1", "n2", text), text);
    hlc.receive("n2", text, 5, 1);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("leaves out what was rejected, what waits for its receiver's bound, and what died with it", () => {
    const hlc = new HlcScene("hlc-causal");
    const rejected = told(hlc);
    hlc.scene.point("n2", "hlc.reject", { remote: rejected, aheadMs: 50, maxOffsetMs: 10, ms: 0, counter: 0 });
    hlc.stamp("n2", 50);
    const waiting = told(hlc);
    hlc.scene.point("n2", "hlc.held", { remote: waiting, ms: T + 100, boundMs: T + 90 });
    hlc.stamp("n2", 60);
    hlc.receive("n2", waiting, 100, 8);
    told(hlc);
    hlc.restart("n2");
    hlc.stamp("n2", 100, 9);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("a held message counts once it is received", () => {
    const hlc = new HlcScene("hlc-causal");
    const waiting = told(hlc);
    hlc.scene.point("n2", "hlc.held", { remote: waiting, ms: T + 100, boundMs: T + 90 });
    hlc.receive("n2", waiting, 60, 0);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "violated" });
  });
});

describe("hlc-drift (I32)", () => {
  it("holds for stamps by the wall, by a message within the limit, and by a bound of before", () => {
    const hlc = new HlcScene("hlc-drift");
    hlc.at(10).stamp("n1", 10);
    hlc.receive("n2", textOf(510, 65_535, "n1"), 511, 0);
    hlc.restart("n3").at(20).stamp("n3", 3_010, 1);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated beyond 3 s past the largest reading in the causal past", () => {
    const hlc = new HlcScene("hlc-drift");
    hlc.restart("n3").at(20).stamp("n3", 3_021);
    expect(hlc.scene.violation().message).toContain("3001 ms past the largest wall reading in its causal past");
  });

  it("takes the readings of those it was told by", () => {
    const hlc = new HlcScene("hlc-drift");
    hlc.scene.trace.state(1, "n1", "clock", "+4000 ms", { offsetUs: 4_000_000, ppm: 0, frozen: false });
    hlc.scene.point("n2", "hlc.open", { boundMs: 0, wallMs: T, maxOffsetMs: 10_000 });
    const text = textOf(4_000, 0, "n1");
    hlc.stamp("n2", 0);
    hlc.stamp("n1", 4_000, 0, { wallMs: T + 4_000 });
    hlc.deliver("n2", "n1", hlc.send("n1", "n2", text), text);
    hlc.receive("n2", text, 4_000, 1);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by a reading that the wall clock did not show", () => {
    const hlc = new HlcScene("hlc-drift");
    hlc.at(10).stamp("n1", 10);
    hlc.at(20).stamp("n1", 90, 0, { wallMs: T + 90 });
    expect(hlc.scene.violation()).toMatchObject({ expected: String(T + 20), observed: String(T + 90) });
  });

  it("follows steps, drift and freezes of the wall clock", () => {
    const hlc = new HlcScene("hlc-drift");
    const clock = (ms: number, offsetUs: number, ppm: number, frozen: boolean): void => {
      hlc.at(ms).scene.trace.state(1, "n1", "clock", "", { offsetUs, ppm, frozen });
    };
    hlc.stamp("n2", 0);
    clock(1_000, -200_000, 100_000, false);
    hlc.at(2_000).stamp("n1", 1_900, 0, { wallMs: T + 1_900 });
    clock(3_000, 0, 0, true);
    hlc.at(4_000).stamp("n1", 3_000, 0, { wallMs: T + 3_000 });
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by taking a stamp from too far ahead", () => {
    const hlc = new HlcScene("hlc-drift");
    hlc.receive("n2", textOf(501, 0, "n1"), 501, 1);
    expect(hlc.scene.violation()).toMatchObject({ expected: "a rejection beyond 500 ms" });
  });

  it("is violated by a rejection that moves the clock, told or not", () => {
    const reject = { remote: textOf(900, 0, "n1"), aheadMs: 900, maxOffsetMs: 500 };
    const told = new HlcScene("hlc-drift");
    told.stamp("n2", 0);
    told.scene.point("n2", "hlc.reject", { ...reject, ms: T + 900, counter: 1 });
    expect(told.scene.violation().message).toContain("its clock moved");
    const silent = new HlcScene("hlc-drift");
    silent.stamp("n2", 0);
    silent.scene.point("n2", "hlc.reject", { ...reject, ms: T, counter: 0 });
    silent.stamp("n2", 900, 1);
    expect(silent.scene.violation().message).toContain("follows from nothing");
  });
});

describe("hlc-encoding (I33)", () => {
  it("holds for padded texts", () => {
    const hlc = new HlcScene("hlc-encoding");
    hlc.stamp("n1", 0, 9);
    hlc.stamp("n1", 0, 10);
    hlc.stamp("n2", 0, 10);
    expect(hlc.scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it.each([
    [`${(T + 1).toString(16)}a-n1`, "not a text that sorts"],
    [textOf(2, 10, "n1"), "another ms"],
    [textOf(1, 16, "n1"), "another counter"],
    [textOf(1, 10, "n2"), "another node"],
    [textOf(1, 10, "n1").toUpperCase(), "not a text that sorts"],
  ])("is violated by %s", (stamp, reason) => {
    const hlc = new HlcScene("hlc-encoding");
    hlc.stamp("n1", 1, 10, { stamp });
    expect(hlc.scene.violation().message).toContain(reason);
  });

  it("is violated by a stamp that is given out twice", () => {
    const hlc = new HlcScene("hlc-encoding");
    hlc.stamp("n1", 1, 10);
    hlc.stamp("n2", 1, 10);
    hlc.stamp("n1", 1, 10);
    expect(hlc.scene.violation().message).toContain("given out before");
  });
});

describe("without hybrid clocks", () => {
  it("a run says so in few words", () => {
    for (const program of ["ha-node", "a-users-own"]) {
      const verdicts = new Scene("all", { program }).verdicts().filter(({ checker }) => checker.startsWith("hlc-"));
      expect(verdicts.map(({ reason }) => reason)).toEqual(Array<string>(4).fill("no hlc used"));
    }
  });

  // The checkers do not follow the messages of these programs: none of them may keep a clock unseen.
  it("ha-node and the programs beside it are what they are taken for", () => {
    const rooms = ["ha-node", "isolation-device", "redis"].map((name) => `src/system/programs/${name}`);
    const files = rooms.flatMap((room) => readdirSync(room).map((file) => join(room, file)));
    for (const file of [...files, "src/lab/workloads/kv-client.ts"]) {
      expect(readFileSync(file, "utf8"), file).not.toContain("components/hlc/");
    }
  });
});
