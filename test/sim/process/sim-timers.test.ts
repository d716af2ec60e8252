import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import type { Timer } from "../../../src/system/ports/timers.ts";
import { TestWorld } from "../world.ts";

const n1 = "n1" as NodeId;

/** A world of one node; what its timers did, as `monotonic name`. */
function timersWorld(
  body: (env: NodeEnv, timer: (name: string) => Timer) => void,
  ppm = 0,
): { world: TestWorld; fired: string[] } {
  const fired: string[] = [];
  const world = new TestWorld(
    {
      n1: (env) => {
        body(env, (name) => env.timers.create(name, () => fired.push(`${String(env.clock.monotonic())} ${name}`)));
      },
    },
    { clocks: { n1: { ppm } } },
  );
  return { world, fired };
}

describe("SimTimers", () => {
  it("fires at the deadline, in order of deadline, and once for each arm", async () => {
    const { world, fired } = timersWorld((_env, timer) => {
      timer("b").arm(20);
      timer("a").arm(10);
      timer("c").arm(20);
    });
    await world.run(100);
    expect(fired).toEqual(["10 a", "20 b", "20 c"]);
    expect(world.records("timer").map((record) => record.name)).toEqual(["a", "b", "c"]);
  });

  it("moves the deadline of an armed timer, in both directions, and does not fire for a cancelled one", async () => {
    const { world, fired } = timersWorld((env, timer) => {
      const [later, sooner, cancelled, again] = ["later", "sooner", "cancelled", "again"].map(timer) as [
        Timer,
        Timer,
        Timer,
        Timer,
      ];
      for (const each of [later, sooner, cancelled, again]) each.arm(50);
      env.timers
        .create("change", () => {
          later.arm(90);
          sooner.arm(5);
          cancelled.cancel();
          again.cancel();
          again.arm(70);
          expect([later.isArmed, cancelled.isArmed]).toEqual([true, false]);
        })
        .arm(10);
    });
    await world.run(300);
    expect(fired).toEqual(["15 sooner", "80 again", "100 later"]);
  });

  it("keeps one pending event however often the deadline moves on", async () => {
    const { world, fired } = timersWorld((env, timer) => {
      const election = timer("election");
      let resets = 0;
      const heartbeat = env.timers.create("heartbeat", () => {
        election.arm(100);
        if (++resets < 1_000) heartbeat.arm(1);
      });
      election.arm(100);
      heartbeat.arm(1);
    });
    await world.run(2_000);
    expect(fired).toEqual(["1100 election"]);
    // A start, a thousand heartbeats, and the event of the election once in a hundred.
    expect(world.kernel.events).toBeLessThan(1_020);
  });

  it("fires a delay of 0 after the current event, not inside it", async () => {
    const order: string[] = [];
    const world = new TestWorld({
      n1: (env) => {
        env.timers.create("zero", () => order.push("timer")).arm(0);
        void Promise.resolve().then(() => order.push("promise"));
        order.push("start");
      },
    });
    await world.run(1);
    expect(order).toEqual(["start", "promise", "timer"]);
  });

  it.each([-1, 0.5, NaN, 2_147_483_648])("refuses a delay of %d ms", async (delay) => {
    const { world } = timersWorld((_env, timer) => {
      timer("t").arm(delay);
    });
    await world.run(1);
    expect(world.cluster.errors[0]?.error.message).toContain("integer ms");
  });

  it("has the record during which it was armed as its cause", async () => {
    const { world } = timersWorld((env, timer) => {
      const second = timer("second");
      env.timers
        .create("first", () => {
          second.arm(10);
        })
        .arm(10);
    });
    await world.run(100);
    const [first, second] = world.records("timer");
    expect(world.all[first?.cause ?? -1]).toMatchObject({ kind: "state", key: "process", value: "up" });
    expect(second?.cause).toBe(first?.id);
  });

  it("runs on the machine's own clock, and follows it when its rate changes", async () => {
    const { world } = timersWorld((env, timer) => {
      timer("slow").arm(1_000);
      timer("hours").arm(3_600_000);
      expect(env.clock.monotonic()).toBe(0);
    }, -100_000);
    world.at(500, () => {
      world.cluster.node("n1").clock.setRate(world.kernel.now, 100_000);
    });
    await world.run(4_000_000);
    // 450 ms passed in the first half second; the rest runs 1.1 times as fast.
    expect(world.records("timer").map((record) => [record.name, record.time])).toEqual([
      ["slow", 1_000_000],
      ["hours", 500_000 + Math.ceil(3_599_550_000 / 1.1)],
    ]);
  });

  it("keeps the order of equal deadlines through a change of the rate", async () => {
    const { world, fired } = timersWorld((_env, timer) => {
      const [a, b, c, d] = ["a", "b", "c", "d"].map(timer) as [Timer, Timer, Timer, Timer];
      d.arm(10);
      for (const each of [c, a, b]) each.arm(100);
    });
    world.at(50, () => {
      world.cluster.node("n1").clock.setRate(world.kernel.now, 50_000);
    });
    await world.run(200);
    expect(fired).toEqual(["10 d", "100 c", "100 a", "100 b"]);
  });

  it("never fires early and never more than a microsecond late, whatever is armed, moved, cancelled and drifting", async () => {
    const action = fc.record({
      at: fc.integer({ min: 0, max: 50_000 }),
      what: fc.oneof(
        fc.record({ timer: fc.nat(3), delayMs: fc.integer({ min: 0, max: 30 }) }),
        fc.record({ timer: fc.nat(3), delayMs: fc.constant(-1) }),
        fc.record({ ppm: fc.integer({ min: -100_000, max: 100_000 }) }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 30 }),
        fc.integer({ min: -100_000, max: 100_000 }),
        async (actions, ppm) => {
          const deadlines: (number | undefined)[] = [];
          const timers: Timer[] = [];
          const failures: string[] = [];
          const world = new TestWorld(
            {
              n1: (env) => {
                for (let i = 0; i < 4; i++) {
                  timers.push(
                    env.timers.create(`t${String(i)}`, () => {
                      const { clock } = world.cluster.node("n1");
                      const now = world.kernel.now;
                      const deadline = deadlines[i];
                      deadlines[i] = undefined;
                      if (deadline === undefined) failures.push(`t${String(i)} fired without being armed`);
                      else if (clock.localMicros(now) < deadline) failures.push(`t${String(i)} fired early`);
                      else if (clock.localMicros(now - 1) >= deadline && env.clock.monotonic() > 0) {
                        // Only a change of the rate rounds a second time, by less than a microsecond.
                        if (clock.localMicros(now - 2) >= deadline) failures.push(`t${String(i)} fired late`);
                      }
                    }),
                  );
                }
              },
            },
            { clocks: { n1: { ppm } } },
          );
          for (const { at, what } of [...actions].sort((a, b) => a.at - b.at)) {
            world.cluster.at(at, () => {
              const { clock } = world.cluster.node("n1");
              if ("ppm" in what) {
                clock.setRate(world.kernel.now, what.ppm);
              } else if (what.delayMs < 0) {
                timers[what.timer]?.cancel();
                deadlines[what.timer] = undefined;
              } else {
                timers[what.timer]?.arm(what.delayMs);
                deadlines[what.timer] = clock.localMicros(world.kernel.now) + what.delayMs * 1_000;
              }
            });
          }
          await world.run(200);
          expect(failures).toEqual([]);
          expect(deadlines.filter((deadline) => deadline !== undefined)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  describe("of a paused process", () => {
    it("fire late when it resumes, in order of deadline, each in an event of its own", async () => {
      const { world, fired } = timersWorld((_env, timer) => {
        timer("b").arm(30);
        timer("a").arm(20);
        timer("after").arm(200);
      });
      world.at(10, () => world.cluster.pause(n1));
      world.at(100, () => world.cluster.resume(n1));
      await world.run(300);
      expect(fired).toEqual(["100 a", "100 b", "200 after"]);
      const causes = world.records("timer").map((record) => record.cause);
      expect(new Set(causes).size).toBe(1);
    });

    it("can still be cancelled and moved by what runs before them", async () => {
      const { world, fired } = timersWorld((env, timer) => {
        const [cancelled, moved] = ["cancelled", "moved"].map(timer) as [Timer, Timer];
        env.timers
          .create("first", () => {
            cancelled.cancel();
            moved.arm(50);
          })
          .arm(20);
        cancelled.arm(30);
        moved.arm(40);
      });
      world.at(10, () => world.cluster.pause(n1));
      world.at(100, () => world.cluster.resume(n1));
      await world.run(300);
      expect(fired).toEqual(["150 moved"]);
    });

    it("are void when it ends before it resumes", async () => {
      const { world, fired } = timersWorld((_env, timer) => {
        timer("t").arm(20);
      });
      world.at(10, () => world.cluster.pause(n1));
      world.at(50, () => world.cluster.kill(n1));
      await world.run(300);
      expect(fired).toEqual([]);
    });

    it("wait on through a second pause", async () => {
      const { world, fired } = timersWorld((_env, timer) => {
        timer("t").arm(20);
      });
      world.at(10, () => world.cluster.pause(n1));
      world.at(100, () => {
        world.cluster.resume(n1);
        world.cluster.pause(n1);
      });
      world.at(150, () => world.cluster.resume(n1));
      await world.run(300);
      expect(fired).toEqual(["150 t"]);
    });
  });

  it("are void for a process that ended, also for its leftovers in the same event", async () => {
    const { world, fired } = timersWorld((env, timer) => {
      timer("armed").arm(20);
      const late = timer("late");
      env.timers
        .create("fail", () => {
          void Promise.resolve().then(() => {
            late.arm(5);
          });
          throw new Error("bug");
        })
        .arm(10);
    });
    await world.run(300);
    expect(fired).toEqual([]);
    expect(world.cluster.errors).toMatchObject([{ node: "n1", time: 10_000, error: { message: "bug" } }]);
  });
});
