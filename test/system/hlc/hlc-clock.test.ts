import { describe, expect, it } from "vitest";
import {
  HlcBoundError,
  HlcOffsetError,
  HlcOverflowError,
  HlcStampError,
} from "../../../src/system/components/hlc/hlc-errors.ts";
import { HlcClock, type HlcClockOptions } from "../../../src/system/components/hlc/hlc-clock.ts";
import { compareStamps, type HlcStamp } from "../../../src/system/components/hlc/stamp.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";

const T = 1_633_000_000_000;

/** Two numbers; `pass` moves both, `step` the wall alone. */
class Hands {
  wallMs = T;
  monotonicMs = 50_000;
  wall(): number {
    return this.wallMs;
  }
  monotonic(): number {
    return this.monotonicMs;
  }
  pass(ms: number): this {
    this.wallMs += ms;
    this.monotonicMs += ms;
    return this;
  }
  step(ms: number): this {
    this.wallMs += ms;
    return this;
  }
}

function make(options: Partial<HlcClockOptions> = {}): { hands: Hands; hlc: HlcClock } {
  const hands = new Hands();
  return { hands, hlc: new HlcClock({ nodeId: nodeId("n1"), clock: hands, ...options }) };
}

function from(ms: number, counter = 0, node = "n2"): HlcStamp {
  return { ms, counter, nodeId: nodeId(node) };
}

function brief({ ms, counter }: HlcStamp): string {
  return `${String(ms - T)}:${String(counter)}`;
}

describe("now", () => {
  it("is physical time while that advances, and counts within a millisecond", () => {
    const { hands, hlc } = make();
    expect([hlc.now(), hlc.now(), hlc.now()].map(brief)).toEqual(["0:0", "0:1", "0:2"]);
    hands.pass(1);
    expect(brief(hlc.now())).toBe("1:0");
  });

  it("goes on from where it was when the wall clock steps back", () => {
    const { hands, hlc } = make();
    hlc.now();
    hands.step(-5_000);
    expect(brief(hlc.now())).toBe("0:1");
    hands.pass(5_001);
    expect(brief(hlc.now())).toBe("1:0");
  });

  it("gives stamps that name their node and cannot be changed", () => {
    const stamp = make().hlc.now();
    expect(stamp.nodeId).toBe("n1");
    expect(Object.isFrozen(stamp)).toBe(true);
  });
});

// Kulkarni et al. 2014, Fig. 5: the four cases of a receipt.
describe("receive", () => {
  it("follows the message when it is ahead", () => {
    expect(brief(make().hlc.receive(from(T + 100, 7)))).toBe("100:8");
  });
  it("follows itself when it is ahead", () => {
    const { hlc } = make();
    hlc.receive(from(T + 100, 7));
    expect(brief(hlc.receive(from(T + 50, 99)))).toBe("100:9");
  });
  it("follows the larger counter when both stand at the same ms", () => {
    const { hlc } = make();
    hlc.receive(from(T + 100, 7));
    expect(brief(hlc.receive(from(T + 100, 3)))).toBe("100:9");
    expect(brief(hlc.receive(from(T + 100, 30)))).toBe("100:31");
  });
  it("starts at 0 when physical time is ahead of both", () => {
    const { hands, hlc } = make();
    hlc.receive(from(T + 100, 7));
    hands.pass(200);
    expect(brief(hlc.receive(from(T + 150, 3)))).toBe("200:0");
  });

  it("takes a stamp of any age (hlclock PR #22)", () => {
    const { hlc } = make();
    hlc.now();
    expect(brief(hlc.receive(from(0, 9)))).toBe("0:1");
  });

  it("takes a stamp exactly at the limit, and refuses one beyond it without touching anything", () => {
    const { hlc } = make();
    hlc.now();
    expect(() => hlc.receive(from(T + 501))).toThrow(HlcOffsetError);
    expect(brief(hlc.now())).toBe("0:1");
    expect(hlc.stats.rejected).toBe(1);
    expect(brief(hlc.receive(from(T + 500)))).toBe("500:1");
  });

  it("says by how much it was off", () => {
    expect(() => make().hlc.receive(from(T + 4_999, 10))).toThrow(
      expect.objectContaining({
        code: "HLC_OFFSET",
        facts: { remote: expect.any(String), aheadMs: 4_999, maxOffsetMs: 500 },
      }),
    );
    expect(brief(make({ maxOffsetMs: 10_000 }).hlc.receive(from(T + 5_000)))).toBe("5000:1");
  });

  it.each([from(-1), from(T, 65_536), from(1.5), from(T, 0, "N 2"), from(2 ** 48)])(
    "refuses what is no stamp: %j",
    (stamp) => {
      const { hlc } = make();
      hlc.now();
      expect(() => hlc.receive(stamp)).toThrow(HlcStampError);
      expect(brief(hlc.now())).toBe("0:1");
    },
  );
});

// C27: POS-1 at 10:00:00, POS-2 five seconds behind.
describe("two clocks five seconds apart", () => {
  it("orders B after A only when B was told of A", () => {
    const a = make({ nodeId: nodeId("pos-1"), maxOffsetMs: 10_000 });
    const b = make({ nodeId: nodeId("pos-2"), maxOffsetMs: 10_000 });
    b.hands.step(-5_000);
    b.hands.pass(1);
    const sold = a.hlc.now();
    expect(compareStamps(b.hlc.now(), sold)).toBe(-1);
    expect(brief(b.hlc.receive(sold))).toBe("0:1");
    expect(compareStamps(b.hlc.now(), sold)).toBe(1);
  });
});

describe("the counter", () => {
  const full = from(T, 65_535);

  it("carries into the next ms instead of wrapping", () => {
    const { hlc } = make();
    expect(brief(hlc.receive(full))).toBe("1:0");
    expect(brief(hlc.now())).toBe("1:1");
  });

  it("carries in now too", () => {
    const { hlc } = make();
    expect(brief(hlc.receive(from(T, 65_534)))).toBe("0:65535");
    expect(brief(hlc.now())).toBe("1:0");
  });

  it("refuses at the limit of the offset, changes nothing, and goes on when time does", () => {
    const { hands, hlc } = make();
    expect(brief(hlc.receive(from(T + 500, 65_534)))).toBe("500:65535");
    expect(() => hlc.now()).toThrow(HlcOverflowError);
    expect(() => hlc.receive(from(T))).toThrow(HlcOverflowError);
    expect(hlc.stats.overflows).toBe(2);
    hands.pass(1);
    expect(brief(hlc.now())).toBe("501:0");
  });
});

describe("the wall clock's steps", () => {
  it("a step back of more than a tenth of the offset is counted once and makes the node unhealthy", () => {
    const { hands, hlc } = make();
    hlc.now();
    hands.step(-50);
    expect(hlc.health.level()).toBe("healthy");
    hands.step(-1).pass(10);
    hlc.now();
    hlc.now();
    expect(hlc.stats.backSteps).toBe(1);
    expect(hlc.health).toMatchObject({ reason: "clock" });
    expect(hlc.health.level()).toBe("unhealthy");
    hands.step(51);
    expect(hlc.health.level()).toBe("healthy");
  });

  it("a frozen wall clock is noticed, however often it is read", () => {
    const { hands, hlc } = make();
    for (let i = 0; i < 60; i++) {
      hlc.now();
      hands.monotonicMs += 1;
    }
    expect(hlc.health.level()).toBe("unhealthy");
    expect(hlc.stats.backSteps).toBe(1);
  });

  it("a jump forward of more than half the offset is counted", () => {
    const { hands, hlc } = make();
    hlc.now();
    hands.step(250);
    hlc.now();
    expect(hlc.stats.forwardJumps).toBe(0);
    hands.step(251);
    hlc.now();
    expect(hlc.stats).toMatchObject({ forwardJumps: 1, backSteps: 0 });
  });

  it("after its own step back it still takes its healthy peers' stamps, and no others", () => {
    const { hands, hlc } = make();
    hlc.now();
    hands.step(-60_000).pass(1_000);
    expect(brief(hlc.receive(from(T + 1_500)))).toBe("1500:1");
    expect(() => hlc.receive(from(T + 1_501))).toThrow(HlcOffsetError);
  });

  it("after its own step back the counter carries as far as peers take it", () => {
    const { hands, hlc } = make();
    hlc.now();
    hands.step(-60_000);
    expect(brief(hlc.receive(from(T + 499, 65_535)))).toBe("500:0");
    hlc.receive(from(T + 500, 65_534));
    expect(() => hlc.now()).toThrow(HlcOverflowError);
  });

  it("an operator may say that the wall is right", () => {
    const { hands, hlc } = make();
    hands.step(5_000);
    hlc.now();
    hands.step(-5_000);
    expect(hlc.health.level()).toBe("unhealthy");
    hlc.trustWall();
    expect(hlc.health.level()).toBe("healthy");
    expect(brief(hlc.now())).toBe("5000:1");
  });
});

it("a volatile clock knows no bound", () => {
  const { hlc } = make();
  expect(hlc.stats.boundMs).toBe(Infinity);
  expect(() => make({ maxOffsetMs: 0 })).toThrow("ASSERTION");
  expect(new HlcBoundError({ ms: 5, boundMs: 5 }).code).toBe("HLC_BOUND");
});
