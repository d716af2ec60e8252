import { afterEach, describe, expect, it } from "vitest";
import { SystemTimers } from "../../src/system/live/system-timers.ts";

const open: SystemTimers[] = [];
function timersOf(): SystemTimers {
  const timers = new SystemTimers();
  open.push(timers);
  return timers;
}
afterEach(() => open.splice(0).forEach((timers) => timers.close()));

/** Holds the process up, as a pause does: nothing fires meanwhile. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Runtime timeouts that keep this process alive. */
const timeouts = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

describe("SystemTimers", () => {
  it("holds one runtime timeout, however many timers are armed however often", () => {
    const before = timeouts();
    const timers = timersOf();
    const all = Array.from({ length: 100 }, (_, i) => timers.create(`t${String(i)}`, () => undefined));
    for (let round = 0; round < 100; round++)
      all.forEach((timer, i) => timer.arm(10_000 + ((i * 37 + round * 11) % 100)));
    expect(timers.armedCount).toBe(100);
    expect(timeouts() - before).toBe(1);
    all.forEach((timer) => timer.cancel());
    expect(timers.armedCount).toBe(0);
    expect(timeouts() - before).toBe(0);
  });

  it("fires late in order of deadline what fell due during a pause", async () => {
    const timers = timersOf();
    const seen: number[] = [];
    await new Promise<void>((resolve) => {
      // Two durations, so that the runtime on its own would empty one list before the other.
      timers.create("a", () => seen.push(10)).arm(10);
      timers.create("b", () => seen.push(12)).arm(12);
      block(5);
      timers.create("c", () => seen.push(15)).arm(10);
      timers.create("d", () => seen.push(17)).arm(12);
      timers.create("end", resolve).arm(30);
      block(60);
    });
    expect(seen).toEqual([10, 12, 15, 17]);
  });

  it("fires nothing once it is closed", async () => {
    const timers = timersOf();
    const seen: string[] = [];
    const timer = timers.create("a", () => seen.push("a"));
    timer.arm(0);
    timers.create("b", () => seen.push("b")).arm(1);
    timers.close();
    timer.arm(0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen).toEqual([]);
  });
});
