import { describe, expect, it } from "vitest";
import type { MakeWorld } from "./world.ts";

/** What every {@link Random} promises. */
export function describeRandom(name: string, make: MakeWorld): void {
  describe(`Random contract: ${name}`, () => {
    it("draws 32-bit integers that fill the range", async () => {
      const world = await make();
      const draws = await world.run(async ({ random }) => Array.from({ length: 4_000 }, () => random.uint32()));
      expect(draws.every((x) => Number.isInteger(x) && x >= 0 && x < 4_294_967_296)).toBe(true);
      // Each of the 32 bits is seen both set and clear: fails with probability 2^−3994.
      for (let bit = 0; bit < 32; bit++) expect(new Set(draws.map((x) => (x >>> bit) & 1)).size).toBe(2);
    });

    it("draws every integer of a range, both ends included, and nothing else", async () => {
      const world = await make();
      const draws = await world.run(async ({ random }) => Array.from({ length: 2_000 }, () => random.integer(-2, 3)));
      expect([...new Set(draws)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    });

    it("gives the only integer of a range of one", async () => {
      const world = await make();
      expect(
        await world.run(async ({ random }) => [
          random.integer(7, 7),
          random.integer(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
        ]),
      ).toEqual([7, Number.MAX_SAFE_INTEGER]);
    });

    it("takes the widest range, 2^32 integers", async () => {
      const world = await make();
      const draws = await world.run(async ({ random }) =>
        Array.from({ length: 500 }, () => random.integer(1, 4_294_967_296)),
      );
      expect(draws.every((x) => Number.isInteger(x) && x >= 1 && x <= 4_294_967_296)).toBe(true);
      expect(draws.some((x) => x > 2_147_483_648)).toBe(true);
    });
  });
}
