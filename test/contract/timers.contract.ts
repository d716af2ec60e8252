import { describe, expect, it } from "vitest";
import { sleep, type MakeWorld } from "./world.ts";

/** What every {@link Timers} promises. */
export function describeTimers(name: string, make: MakeWorld): void {
  describe(`Timers contract: ${name}`, () => {
    it("never fires early by the node's own clock", async () => {
      const world = await make();
      const delays = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55];
      const waited = await world.run(({ clock, timers }) =>
        Promise.all(
          delays.map(async (delay) => {
            const armedAt = clock.monotonic();
            await sleep(timers, delay);
            return clock.monotonic() - armedAt;
          }),
        ),
      );
      waited.forEach((ms, i) => expect(ms).toBeGreaterThanOrEqual(delays[i] as number));
    });

    it("fires in order of deadline, whatever the order of arming and the delays", async () => {
      const world = await make();
      const fired = await world.run(async ({ timers }) => {
        const seen: string[] = [];
        const arm = (label: string, delay: number): void => timers.create(label, () => seen.push(label)).arm(delay);
        arm("40", 40);
        arm("10", 10);
        arm("30", 30);
        arm("20", 20);
        await sleep(timers, 12);
        arm("12+40", 40);
        arm("12+3", 3);
        await sleep(timers, 80);
        return seen;
      });
      expect(fired).toEqual(["10", "12+3", "20", "30", "40", "12+40"]);
    });

    it("runs what a callback's promises settled before the next callback", async () => {
      const world = await make();
      const seen = await world.run(async ({ timers }) => {
        const order: string[] = [];
        for (const label of ["a", "b"]) {
          timers
            .create(label, () => {
              order.push(label);
              void Promise.resolve()
                .then(() => undefined)
                .then(() => order.push(`${label} settled`));
            })
            .arm(5);
        }
        await sleep(timers, 30);
        return order;
      });
      expect(seen).toEqual(["a", "a settled", "b", "b settled"]);
    });

    it("moves the deadline of an armed timer, later and earlier, and fires it once", async () => {
      const world = await make();
      const fired = await world.run(async ({ clock, timers }) => {
        const start = clock.monotonic();
        const seen: { label: string; after: number }[] = [];
        const later = timers.create("later", () => seen.push({ label: "later", after: clock.monotonic() - start }));
        const earlier = timers.create("earlier", () =>
          seen.push({ label: "earlier", after: clock.monotonic() - start }),
        );
        later.arm(5);
        earlier.arm(60_000);
        for (let i = 0; i < 100; i++) later.arm(60);
        earlier.arm(5);
        await sleep(timers, 120);
        return seen;
      });
      expect(fired.map(({ label }) => label)).toEqual(["earlier", "later"]);
      expect(fired[1]?.after).toBeGreaterThanOrEqual(60);
    });

    it("does not fire a cancelled timer, even one that fell due with the canceller", async () => {
      const world = await make();
      const fired = await world.run(async ({ timers }) => {
        const seen: string[] = [];
        const cancelled = timers.create("cancelled", () => seen.push("cancelled"));
        const victim = timers.create("victim", () => seen.push("victim"));
        timers
          .create("canceller", () => {
            seen.push("canceller");
            victim.cancel();
          })
          .arm(10);
        victim.arm(10);
        cancelled.cancel();
        cancelled.arm(5);
        cancelled.cancel();
        cancelled.cancel();
        await sleep(timers, 40);
        return seen;
      });
      expect(fired).toEqual(["canceller"]);
    });

    it("knows whether it is armed", async () => {
      const world = await make();
      const seen = await world.run(async ({ timers }) => {
        const states: boolean[] = [];
        const timer = timers.create("timer", () => states.push(timer.isArmed));
        states.push(timer.isArmed);
        timer.arm(1);
        states.push(timer.isArmed);
        await sleep(timers, 10);
        states.push(timer.isArmed);
        timer.arm(1);
        timer.cancel();
        states.push(timer.isArmed);
        return states;
      });
      expect(seen).toEqual([false, true, false, false, false]);
    });

    it("fires a delay of zero after the current event and what it settled, not inside it", async () => {
      const world = await make();
      const seen = await world.run(async ({ timers }) => {
        const order: string[] = [];
        await sleep(timers, 1);
        timers.create("zero", () => order.push("zero")).arm(0);
        order.push("same event");
        await Promise.resolve();
        order.push("same event, settled");
        await sleep(timers, 5);
        return order;
      });
      expect(seen).toEqual(["same event", "same event, settled", "zero"]);
    });

    it("can be armed again from its own callback", async () => {
      const world = await make();
      const times = await world.run(async ({ clock, timers }) => {
        const seen: number[] = [clock.monotonic()];
        await new Promise<void>((resolve) => {
          const timer = timers.create("tick", () => {
            seen.push(clock.monotonic());
            if (seen.length < 6) timer.arm(4);
            else resolve();
          });
          timer.arm(4);
        });
        return seen;
      });
      expect(times).toHaveLength(6);
      for (let i = 1; i < times.length; i++)
        expect((times[i] as number) - (times[i - 1] as number)).toBeGreaterThanOrEqual(4);
    });

    it("refuses a delay that is no delay", async () => {
      const world = await make();
      const refused = await world.run(async ({ timers }) => {
        const timer = timers.create("timer", () => undefined);
        return [-1, 1.5, NaN, Infinity, 2_147_483_648].filter((delay) => {
          try {
            timer.arm(delay);
            return false;
          } catch {
            return true;
          }
        });
      });
      expect(refused).toEqual([-1, 1.5, NaN, Infinity, 2_147_483_648]);
    });
  });
}
