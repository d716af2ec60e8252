import { describe, expect, it } from "vitest";
import type { NodeEnv } from "../../../src/system/ports/node.ts";
import type { WatchdogPort } from "../../../src/system/ports/watchdog.ts";
import { TestWorld, type Body } from "../world.ts";

function withWatchdog(body: (watchdog: WatchdogPort, env: NodeEnv) => void): Body {
  return (env) => {
    if (env.watchdog === undefined) throw new Error("the simulated machine has no watchdog");
    body(env.watchdog, env);
  };
}

describe("the simulated watchdog", () => {
  it("ends a process exactly when it was not fed, also a paused one", async () => {
    const world = new TestWorld({
      n1: withWatchdog((watchdog) => {
        watchdog.arm(1_000);
      }),
      n2: withWatchdog((watchdog, { timers }) => {
        watchdog.arm(1_000);
        const feeding = timers.create("feed", () => {
          watchdog.feed();
          feeding.arm(300);
        });
        feeding.arm(300);
      }),
    });
    world.at(2_000, () => world.cluster.pause("n2" as never));
    await world.run(10_000);
    expect(world.states("process").filter((line) => line.includes("down"))).toEqual(["1000 n1 down", "2800 n2 down"]);
    const reasons = world.records("state").filter(({ value }) => value === "down");
    expect(reasons.map(({ fields }) => fields["reason"])).toEqual(["watchdog", "watchdog"]);
  });

  it("does nothing once it is disarmed, before it is armed, or after the process has ended", async () => {
    const world = new TestWorld({
      n1: withWatchdog((watchdog, { timers }) => {
        watchdog.feed();
        watchdog.arm(1_000);
        timers
          .create("disarm", () => {
            watchdog.disarm();
            watchdog.feed();
          })
          .arm(900);
      }),
      n2: withWatchdog((watchdog, { incarnation }) => {
        if (incarnation === 1) watchdog.arm(1_000);
      }),
    });
    world.at(500, () => world.cluster.kill("n2" as never));
    world.at(600, () => world.cluster.restart("n2" as never));
    await world.run(5_000);
    expect(world.states("process").slice(2)).toEqual(["500 n2 down", "600 n2 up"]);
  });

  it("takes a shorter timeout at once", async () => {
    const world = new TestWorld({
      n1: withWatchdog((watchdog, { timers }) => {
        watchdog.arm(5_000);
        timers.create("shorten", () => watchdog.arm(200)).arm(100);
      }),
    });
    await world.run(10_000);
    expect(world.states("process")).toEqual(["0 n1 up", "300 n1 down"]);
  });
});
