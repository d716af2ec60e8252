import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { NodeClock } from "../../../src/sim/clock/node-clock.ts";

const EPOCH_MS = 1_767_225_600_000;
const HOUR = 3_600_000_000;

function clockOf(options: { bootAt?: number; offsetUs?: number; ppm?: number } = {}): NodeClock {
  return new NodeClock({ epochMs: EPOCH_MS, bootAt: 0, ...options });
}

/** elapsed + floor(elapsed · ppm / 10^6), in integers of any size. */
function driftedExactly(elapsed: number, ppm: number): number {
  const product = BigInt(elapsed) * BigInt(ppm);
  const million = 1_000_000n;
  const floor = product >= 0n ? product / million : -((-product + million - 1n) / million);
  return elapsed + Number(floor);
}

const ppm = fc.integer({ min: -100_000, max: 100_000 });
/** Up to 200 years. */
const longTime = fc.integer({ min: 0, max: 200 * 365 * 24 * HOUR });

describe("NodeClock", () => {
  it("shows true time when nothing is wrong", () => {
    const clock = clockOf();
    expect([clock.monotonic(1_999), clock.wall(1_999), clock.localMicros(1_999), clock.errorUs(1_999)]).toEqual([
      1,
      EPOCH_MS + 1,
      1_999,
      0,
    ]);
  });

  it("is exact to the microsecond after hours and after centuries of drift", () => {
    expect(clockOf({ ppm: 100_000 }).localMicros(24 * HOUR)).toBe(26.4 * HOUR);
    expect(clockOf({ ppm: -100_000 }).localMicros(24 * HOUR)).toBe(21.6 * HOUR);
    expect(clockOf({ ppm: 1 }).localMicros(1_000 * HOUR + 999_999)).toBe(1_000 * HOUR + 999_999 + 3_600_000);
    expect(clockOf({ ppm: -1 }).localMicros(1)).toBe(0);
    fc.assert(
      fc.property(longTime, ppm, (elapsed, rate) => {
        expect(clockOf({ ppm: rate }).localMicros(elapsed)).toBe(driftedExactly(elapsed, rate));
      }),
    );
  });

  it("adds up its rate segments, each rounded for itself", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 100 * HOUR }), ppm), { maxLength: 20 }), (segments) => {
        const clock = clockOf();
        let now = 0;
        let local = 0;
        let rate = 0;
        for (const [length, next] of segments) {
          now += length;
          local += driftedExactly(length, rate);
          expect(clock.localMicros(now)).toBe(local);
          if (next === rate) clock.setRate(now, next === 100_000 ? 99_999 : next + 1);
          rate = next;
          clock.setRate(now, rate);
        }
      }),
    );
  });

  it("never goes back, whatever its rate does", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), ppm), { maxLength: 50 }), (steps) => {
        const clock = clockOf();
        let now = 0;
        let before = 0;
        for (const [gap, rate] of steps) {
          for (let i = 0; i < gap; i++) {
            const local = clock.localMicros(++now);
            expect(local).toBeGreaterThanOrEqual(before);
            before = local;
          }
          clock.setRate(now, rate);
        }
      }),
    );
  });

  it("says when a local time will be reached: then and not a microsecond earlier", () => {
    fc.assert(
      fc.property(
        longTime,
        ppm,
        fc.integer({ min: 1, max: 2_147_483_647_000 }),
        fc.nat(10_000_000),
        (now, rate, delay, boot) => {
          const clock = clockOf({ ppm: rate });
          clock.reboot(Math.min(boot, now));
          const wanted = clock.localMicros(now) + delay;
          const due = clock.trueTimeOf(wanted, now);
          expect(clock.localMicros(due)).toBeGreaterThanOrEqual(wanted);
          expect(due === now || clock.localMicros(due - 1) < wanted).toBe(true);
        },
      ),
    );
    expect(clockOf().trueTimeOf(5, 100)).toBe(100);
  });

  it.each([100_001, -100_001, 0.5, NaN])("refuses a drift of %d ppm", (rate) => {
    expect(() => clockOf({ ppm: rate })).toThrow(/ppm/);
    expect(() => {
      clockOf().setRate(0, rate);
    }).toThrow(/ppm/);
  });

  it("steps the wall clock in both directions and leaves the monotonic one alone", () => {
    const clock = clockOf({ offsetUs: 250_000 });
    clock.addOffset(1_000_000, -2_000_000);
    expect([clock.wall(1_000_000), clock.monotonic(1_000_000), clock.offsetUs]).toEqual([
      EPOCH_MS - 750,
      1_000,
      -1_750_000,
    ]);
    clock.addOffset(1_000_000, 1_750_000);
    expect(clock.errorUs(1_000_000)).toBe(0);
  });

  it("freezes the wall clock alone, lets it be stepped, and catches up at the end", () => {
    const clock = clockOf();
    clock.freeze(1_000_000);
    clock.freeze(1_500_000);
    expect([clock.wall(3_000_000), clock.monotonic(3_000_000), clock.isFrozen]).toEqual([
      EPOCH_MS + 1_000,
      3_000,
      true,
    ]);
    clock.addOffset(3_000_000, 5_000);
    expect(clock.wall(3_000_000)).toBe(EPOCH_MS + 1_005);
    clock.unfreeze(4_000_000);
    expect(clock.wall(4_000_000)).toBe(EPOCH_MS + 4_005);
  });

  it("starts the monotonic clock anew with a boot; the wall clock runs on, drift included", () => {
    const clock = clockOf({ ppm: 1_000 });
    clock.reboot(10_000_000);
    expect([clock.monotonic(10_000_000), clock.wall(10_000_000)]).toEqual([0, EPOCH_MS + 10_010]);
    expect(clock.monotonic(11_000_000)).toBe(1_001);
  });

  it("counts from its boot when it booted late", () => {
    expect(clockOf({ bootAt: 4_000 }).monotonic(10_000)).toBe(6);
  });

  it("tells who listens of every read of the wall clock, and of every change that is one", () => {
    const clock = clockOf();
    clock.onRead = vi.fn();
    clock.onChange = vi.fn();
    clock.wall(1);
    clock.wall(2);
    clock.monotonic(3);
    clock.wallMicros(3);
    expect(clock.onRead).toHaveBeenCalledTimes(2);
    clock.setRate(3, 0);
    clock.setRate(3, 5);
    clock.addOffset(3, 0);
    clock.addOffset(3, 1);
    clock.freeze(3);
    clock.unfreeze(3);
    clock.unfreeze(3);
    expect(vi.mocked(clock.onChange).mock.calls.flat()).toEqual(["rate", "wall", "wall", "wall"]);
  });
});
