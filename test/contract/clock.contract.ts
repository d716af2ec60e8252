import { describe, expect, it } from "vitest";
import { sleep, type MakeWorld } from "./world.ts";

/** What every {@link Clock} promises. */
export function describeClock(name: string, make: MakeWorld): void {
  describe(`Clock contract: ${name}`, () => {
    it("tells both times in whole milliseconds, the monotonic one from 0 up", async () => {
      const world = await make();
      const [wall, monotonic] = await world.run(async ({ clock }) => [clock.wall(), clock.monotonic()]);
      expect(Number.isSafeInteger(wall)).toBe(true);
      expect(Number.isSafeInteger(monotonic)).toBe(true);
      expect(monotonic).toBeGreaterThanOrEqual(0);
    });

    it("never lets the monotonic time go back, within an event or from one to the next", async () => {
      const world = await make();
      const stepsBack = await world.run(async ({ clock, timers }) => {
        let last = clock.monotonic();
        let back = 0;
        for (let turn = 0; turn < 20; turn++) {
          for (let i = 0; i < 500; i++) {
            const now = clock.monotonic();
            if (now < last) back++;
            last = now;
          }
          await sleep(timers, 1);
        }
        return back;
      });
      expect(stepsBack).toBe(0);
    });

    it("runs on while the node waits", async () => {
      const world = await make();
      const { wall, monotonic } = await world.run(async ({ clock, timers }) => {
        const before = { wall: clock.wall(), monotonic: clock.monotonic() };
        await sleep(timers, 50);
        return { wall: clock.wall() - before.wall, monotonic: clock.monotonic() - before.monotonic };
      });
      expect(monotonic).toBeGreaterThanOrEqual(50);
      expect(wall).toBeGreaterThanOrEqual(40);
    });
  });
}
