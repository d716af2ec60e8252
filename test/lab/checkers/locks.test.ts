import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

const KEY = "job";

/** A scene in which `n1` is the Redis server and the others hold locks. */
class LockScene extends Scene {
  grant(token: string, fencing: number, by: string, ttlMs = 1_000): number {
    return this.point("n1", "lock.grant", { key: KEY, token, fencing: String(fencing), ttlMs, by });
  }
  extend(token: string, by: string, given = token, ttlMs = 1_000): number {
    return this.point("n1", "lock.extend", { key: KEY, token, given, ttlMs, by });
  }
  release(token: string, by: string, given = token): number {
    return this.point("n1", "lock.release", { key: KEY, token, given, by });
  }
  expire(token: string, fencing: number): number {
    return this.point("n1", "lock.expire", { key: KEY, token, fencing: String(fencing) });
  }
  forget(token: string, fencing: number, what: string, leftMs = 0): number {
    return this.point("n1", "lock.forget", { key: KEY, token, fencing: String(fencing), what, leftMs });
  }
  /** An entry of a group's log, as each of the nodes applies it. */
  entry(index: number, what: string, token: string, fencing: number, nodes = ["n1", "n2", "n3"]): void {
    for (const node of nodes)
      this.point(node, "lock.apply", { index, what, key: KEY, token, fencing: String(fencing), ttlMs: 1_000 });
  }
  held(node: string, token: string, fencing: number, leftMs = 980): number {
    return this.claim(node, `lock>${KEY}`, "held", { token, fencing: String(fencing), leftMs, untilMs: leftMs });
  }
  waiting(node: string): number {
    return this.claim(node, `lock>${KEY}`, "waiting");
  }
  free(node: string, reason = "released"): number {
    return this.claim(node, `lock>${KEY}`, "free", { reason });
  }
}

const scene = (check: string): LockScene => new LockScene(check, { program: "redis" });

describe("lock-mutex (I23)", () => {
  it("holds for one holder after the other, by release or by deadline, a paused one included", () => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    s.at(101).held("n2", "a", 1);
    s.at(500).free("n2");
    s.release("a", "n2");
    s.at(510).grant("b", 2, "n3");
    s.at(511).held("n3", "b", 2);
    s.at(600).process("n3", "paused", "pause");
    s.at(1_511).expire("b", 2);
    s.at(1_520).grant("c", 3, "n2");
    s.at(1_521).held("n2", "c", 3);
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by two holders at one time", () => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    const first = s.at(101).held("n2", "a", 1);
    s.at(500).release("a", "n3", "");
    s.at(510).grant("b", 2, "n3");
    const second = s.at(511).held("n3", "b", 2);
    expect(s.violation()).toMatchObject({
      record: second,
      nodes: ["n2", "n3"],
      related: [first],
      message:
        'n3 holds the lock "job" (fencing number 2) at 0.511 s while the hold of n2 (number 1), begun at 0.101 s, lasts until 1.080 s',
    });
  });

  it("is violated by a running holder that goes on beyond its deadline", () => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    s.at(101).held("n2", "a", 1);
    s.at(1_101).expire("a", 1);
    s.at(1_110).grant("b", 2, "n3");
    s.at(1_111).held("n3", "b", 2);
    expect(s.violation().message).toContain("goes on beyond its deadline at 1.080 s");
  });

  it("is violated by a hold that no server granted, and by another number than was granted", () => {
    const open = scene("lock-mutex");
    open.at(100).held("n2", "a", 0);
    expect(open.violation().message).toContain("but no server granted that");
    const wrong = scene("lock-mutex");
    wrong.at(100).grant("a", 1, "n2");
    wrong.at(101).held("n2", "a", 2);
    expect(wrong.violation().observed).toBe("no such grant");
  });

  it.each([
    ["the server forgot the grant", (s: LockScene) => s.process("n1", "down", "crash")],
    [
      "the server's clock was stepped",
      (s: LockScene) => s.trace.state(1, "n1", "clock", "+9 s", { offsetUs: 9_000_000, ppm: 0, frozen: false }),
    ],
    ["the server's clock runs too fast", (s: LockScene) => s.clock("n1", 20_000)],
  ])("does not speak of a holder when %s", (_why, breakIt) => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    s.at(101).held("n2", "a", 1);
    breakIt(s.at(200));
    s.process("n1", "up", "restart");
    s.at(510).grant("b", 2, "n3");
    s.at(511).held("n3", "b", 2);
    expect(s.verdict()).toMatchObject({ verdict: "holds" });
  });
});

describe("lock-ownership (I24)", () => {
  it("holds for an owner that extends and lets go in time", () => {
    const s = scene("lock-ownership");
    s.at(100).grant("a", 1, "n2");
    s.at(101).held("n2", "a", 1);
    s.at(400).extend("a", "n2");
    s.at(401).held("n2", "a", 1);
    s.at(700).free("n2");
    s.release("a", "n2");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it.each([
    ["", "without a token"],
    ["b", "with another token"],
  ])("is violated by a release that names %j: %s", (given, how) => {
    const s = scene("lock-ownership");
    s.at(100).grant("a", 1, "n2");
    const end = s.at(200).release("a", "n3", given);
    const violation = s.violation();
    expect(violation).toMatchObject({ record: end, nodes: ["n1", "n3"] });
    expect(violation.message).toContain(how);
  });

  it("is violated by an extension that revives what was over", () => {
    const s = scene("lock-ownership");
    s.at(100).grant("a", 1, "n2");
    s.at(1_101).expire("a", 1);
    s.at(1_200).extend("a", "n2");
    expect(s.violation().message).toContain("after its end");
  });

  it("is violated by a running holder beyond its own deadline, not by a paused or a slow one that says so at once", () => {
    const late = scene("lock-ownership");
    late.at(100).grant("a", 1, "n2");
    late.at(101).held("n2", "a", 1);
    expect(late.violation(5_000)).toMatchObject({ time: 1_100_000, nodes: ["n2"] });

    const paused = scene("lock-ownership");
    paused.at(100).grant("a", 1, "n2");
    paused.at(101).held("n2", "a", 1);
    paused.at(200).process("n2", "paused", "pause");
    paused.at(4_000).process("n2", "up", "resume");
    paused.at(4_001).free("n2", "expired");
    expect(paused.verdict(5_000)).toMatchObject({ verdict: "holds" });
    const slow = (isLate: boolean): LockScene => {
      const s = scene("lock-ownership");
      s.at(100).grant("a", 1, "n2");
      s.at(101).held("n2", "a", 1);
      s.at(200).fault("start", "busy", "slow", ["n2"]);
      s.at(4_000).fault("stop", "busy", "slow", ["n2"]);
      s.at(isLate ? 4_030 : 4_010).free("n2", "expired");
      return s;
    };
    expect(slow(false).verdict(5_000)).toMatchObject({ verdict: "holds" });
    expect(slow(true).violation().time).toBe(4_020_000);
  });
});

describe("fencing-grows (I25)", () => {
  it("holds for numbers that grow beyond 2^53", () => {
    const s = scene("fencing-grows");
    for (const fencing of ["9", "10", "9007199254740993", "9007199254740994"])
      s.point("n1", "lock.grant", { key: KEY, token: "t", fencing, ttlMs: 1, by: "n2" });
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by a server that forgot, another server included", () => {
    const s = scene("fencing-grows");
    const first = s.at(100).grant("a", 5, "n2");
    s.at(200).process("n1", "down", "crash");
    const again = s.at(900).point("n3", "lock.grant", { key: KEY, token: "b", fencing: "1", ttlMs: 1, by: "n2" });
    expect(s.violation()).toMatchObject({ record: again, related: [first], expected: "a number larger than 5" });
  });
});

describe("lock-progress (I48)", () => {
  it("holds when a crashed holder's grant expires and the waiter gets it", () => {
    const s = scene("lock-progress");
    s.at(100).grant("a", 1, "n2");
    s.at(110).waiting("n3");
    s.at(200).process("n2", "down", "crash");
    s.at(1_101).expire("a", 1);
    s.at(1_300).grant("b", 2, "n3");
    s.at(1_301).held("n3", "b", 2);
    s.at(1_400).free("n3");
    s.release("b", "n3");
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by a grant that does not end", () => {
    const s = scene("lock-progress");
    s.at(100).grant("a", 1, "n2");
    expect(s.violation(20_000)).toMatchObject({ time: 6_100_000, nodes: ["n1"] });
  });

  it("is violated by a waiter that a free lock does not reach, but for one who is cut off or paused", () => {
    const s = scene("lock-progress");
    s.at(1_000).waiting("n3");
    expect(s.violation(20_000)).toMatchObject({ time: 6_000_000, nodes: ["n3"] });

    const cut = scene("lock-progress");
    cut.at(900).grant("a", 1, "n2");
    cut.release("a", "n2");
    cut.at(1_000).waiting("n3");
    cut.at(2_000).link("n1", "n3", "cut");
    cut.at(9_000).link("n1", "n3", "up");
    cut.at(12_000).process("n3", "paused", "pause");
    expect(cut.verdict(30_000)).toMatchObject({ verdict: "holds" });
  });

  it("is not exercised without locks", () => {
    const verdicts = new Scene("all").verdicts().filter((one) => /^I(23|24|25|48)$/.test(one.invariant));
    expect(verdicts.map((one) => [one.verdict, one.reason])).toEqual(
      Array.from({ length: 4 }, () => ["not-exercised", "no lock used"]),
    );
  });
});

describe("a server that lost its last writes", () => {
  it("excuses the hold whose grant it forgot, and no hold of a later grant", () => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    s.at(101).held("n2", "a", 1);
    s.at(200).forget("a", 1, "grant");
    s.at(210).grant("b", 2, "n3");
    s.at(211).held("n3", "b", 2);
    s.at(220).release("b", "n2", "");
    s.at(221).grant("c", 3, "n2");
    s.at(222).held("n2", "c", 3);
    expect(s.violation().message).toContain('n2 holds the lock "job" (fencing number 3)');
  });

  it("excuses the hold whose extension it forgot until it is extended again", () => {
    const s = scene("lock-mutex");
    s.at(100).grant("a", 1, "n2");
    s.at(400).extend("a", "n2");
    s.at(401).held("n2", "a", 1);
    s.at(600).forget("a", 1, "extension", 500);
    s.at(1_101).expire("a", 1);
    s.at(1_110).grant("b", 2, "n3");
    s.at(1_111).held("n3", "b", 2);
    expect(s.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
    const again = scene("lock-mutex");
    again.at(100).grant("a", 1, "n2");
    again.at(600).forget("a", 1, "extension", 500);
    again.at(700).extend("a", "n2");
    again.at(701).held("n2", "a", 1);
    again.at(800).release("a", "n3", "");
    again.at(810).grant("b", 2, "n3");
    again.at(811).held("n3", "b", 2);
    expect(again.violation().message).toContain("while the hold of n2");
  });

  it("may keep a lock whose release it forgot until its time is over, and then must grant it", () => {
    const s = scene("lock-progress");
    s.at(100).grant("a", 1, "n2", 10_000);
    s.at(200).release("a", "n2");
    s.at(300).forget("a", 1, "release", 9_800);
    s.at(400).waiting("n3");
    s.at(10_101).expire("a", 1);
    s.at(15_000).grant("b", 2, "n3");
    expect(s.verdict(20_000).verdict).toBe("holds");
    const late = scene("lock-progress");
    late.at(100).grant("a", 1, "n2", 10_000);
    late.at(200).release("a", "n2");
    late.at(300).forget("a", 1, "release", 9_800);
    late.at(400).waiting("n3");
    late.at(10_101).expire("a", 1);
    late.at(16_000);
    expect(late.violation(16_000).message).toContain("n3 waits for the lock");
  });

  it("may not let an extension pass of a lock that it has forgotten", () => {
    const s = scene("lock-ownership");
    s.at(100).grant("a", 1, "n2");
    s.at(200).forget("a", 1, "grant");
    s.at(300).extend("a", "n2");
    expect(s.violation().message).toContain("after its end");
  });
});

describe("a lock kept by a group", () => {
  it("counts an entry once, however many copies apply it and however late", () => {
    const s = new LockScene(["lock-mutex", "fencing-grows"]);
    s.at(100).entry(5, "grant", "a", 5, ["n1", "n2"]);
    s.at(101).held("n2", "a", 5);
    s.at(500).free("n2");
    s.entry(6, "release", "a", 5, ["n1", "n2"]);
    s.entry(7, "grant", "b", 7, ["n1", "n2"]);
    s.at(510).held("n1", "b", 7);
    s.at(600).entry(5, "grant", "a", 5, ["n3"]);
    s.entry(7, "grant", "b", 7, ["n3"]);
    expect(s.verdicts().map(({ verdict, judged }) => [verdict, judged])).toEqual([
      ["holds", 2],
      ["holds", 2],
    ]);
  });

  it("is violated by two holders, and by a number that does not grow", () => {
    const two = scene("lock-mutex");
    two.at(100).entry(5, "grant", "a", 5);
    two.at(101).held("n2", "a", 5);
    two.at(200).entry(6, "grant", "b", 6);
    two.at(201).held("n3", "b", 6);
    expect(two.violation()).toMatchObject({ nodes: ["n2", "n3"] });
    const small = scene("fencing-grows");
    small.at(100).entry(5, "grant", "a", 5);
    small.at(200).entry(6, "grant", "b", 4);
    expect(small.violation()).toMatchObject({ nodes: ["n1"], observed: "4" });
  });
});
