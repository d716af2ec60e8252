import { describe, expect, it } from "vitest";
import { LeaderWatchdog } from "../../../src/system/components/split-brain/leader-watchdog.ts";
import { TestWorld } from "../../sim/world.ts";

describe("a leader's watchdog", () => {
  it("is armed while the node is dangerous, fed while a quorum acknowledges it, and bites when nobody does", async () => {
    const node = { isDangerous: false, isAcked: true };
    const world = new TestWorld({
      n1: ({ watchdog, timers }) => {
        if (watchdog === undefined) throw new Error("no watchdog");
        const guard = new LeaderWatchdog({
          ...{ watchdog, timers, timeoutMs: 400 },
          isDangerous: () => node.isDangerous,
          isQuorumAcked: () => node.isAcked,
        });
        const at = (ms: number, change: Partial<typeof node>): void => {
          timers
            .create("change", () => {
              Object.assign(node, change);
              guard.update();
            })
            .arm(ms);
        };
        at(100, { isDangerous: true });
        at(3_000, { isDangerous: false });
        at(6_000, { isDangerous: true });
        at(7_000, { isAcked: false });
      },
    });
    await world.run(10_000);
    // Fed last at 6.9 s or later, never after 7 s.
    const downs = world.records("state").filter(({ key, value }) => key === "process" && value === "down");
    expect(downs).toMatchObject([{ node: "n1", fields: { reason: "watchdog" } }]);
    expect(downs[0]?.time).toBeGreaterThan(7_000_000);
    expect(downs[0]?.time).toBeLessThanOrEqual(7_400_000);
  });
});
