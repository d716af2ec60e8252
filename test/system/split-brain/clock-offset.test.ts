import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffset } from "../../../src/system/components/split-brain/clock-offset.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";

/** A node's offset against peers whose clocks are these much before true time, as this node's own clock is. */
function judge(own: number, peers: readonly number[], options: { count?: number; roundTripMs?: number } = {}): number {
  const { count = peers.length + 1, roundTripMs = 0 } = options;
  const clock = { wall: () => 1_000_000 + own, monotonic: () => 0 };
  const offset = new ClockOffset({ clock, membersCount: count, maxAgeMs: 900 });
  peers.forEach((ahead, i) => {
    offset.heard(nodeId(`p${i}`), 1_000_000 + ahead - roundTripMs / 2, roundTripMs);
  });
  return offset.offsetMs;
}

describe("the offset of a wall clock", () => {
  it("is found by the node whose clock was set, and by no other", () => {
    expect(judge(3_600_000, [0, 0])).toBe(3_600_000);
    expect(judge(0, [3_600_000, 0])).toBe(0);
    expect(judge(-700, [0, 10, -10, 0])).toBe(-700);
  });

  it("accuses nobody by half of the clocks, nor by fewer than a majority", () => {
    expect(judge(1_000, [0])).toBe(0);
    expect(judge(1_000, [1_000, 0, 0])).toBe(0);
    expect(judge(1_000, [0], { count: 5 })).toBe(0);
    expect(judge(1_000, [0, 0], { count: 5 })).toBe(1_000);
  });

  it("is what the way of the answer cannot explain", () => {
    expect(judge(100, [0, 0], { roundTripMs: 60 })).toBe(70);
    expect(judge(-100, [0, 0], { roundTripMs: 60 })).toBe(-70);
    expect(judge(20, [0, 0], { roundTripMs: 60 })).toBe(0);
  });

  it("says never more than is true, wherever on its way an answer was made", () => {
    const ways = fc.array(fc.record({ roundTripMs: fc.nat(400), share: fc.nat(100) }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: -5_000, max: 5_000 }), ways, (own, answers) => {
        const clock = { wall: () => own, monotonic: () => 0 };
        const offset = new ClockOffset({ clock, membersCount: answers.length + 1, maxAgeMs: 900 });
        answers.forEach(({ roundTripMs, share }, i) => {
          // True time is 0 now; the peers' clocks are right, and read theirs some time ago.
          offset.heard(nodeId(`p${i}`), -Math.floor((roundTripMs * share) / 100), roundTripMs);
        });
        expect(Math.abs(offset.offsetMs)).toBeLessThanOrEqual(Math.abs(own) + 0.5);
        if (offset.offsetMs !== 0) expect(Math.sign(offset.offsetMs)).toBe(Math.sign(own));
      }),
    );
  });

  it("forgets answers that are too old", () => {
    let now = 0;
    const clock = { wall: () => 5_000, monotonic: () => now };
    const offset = new ClockOffset({ clock, membersCount: 3, maxAgeMs: 900 });
    offset.heard(nodeId("p1"), 0, 0);
    offset.heard(nodeId("p2"), 0, 0);
    now = 900;
    expect(offset.offsetMs).toBe(5_000);
    now = 901;
    expect(offset.offsetMs).toBe(0);
  });
});
