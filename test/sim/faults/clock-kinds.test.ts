import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { EPOCH_MS } from "../../../src/sim/cluster.ts";
import { idle, type Body } from "../world.ts";
import { FaultWorld } from "./fault-world.ts";

const fault = (kind: string, more: object): FaultText => ({ kind, node: "n1", at: "10s", ...more }) as FaultText;

/** Reads both clocks each 100 ms of its own time. */
const reader: Body = (env) => {
  const timer = env.timers.create("read", () => {
    env.observer.point("read", { wall: env.clock.wall(), monotonic: env.clock.monotonic() });
    timer.arm(100);
  });
  timer.arm(100);
};

/** What a node's clocks showed: true time, wall − true and monotonic − true, all ms. */
function readings(world: FaultWorld, node = "n1"): { at: number; wall: number; monotonic: number }[] {
  return world
    .records("point")
    .filter((record) => record.name === "read" && record.node === node)
    .map((record) => ({
      at: record.time / 1_000,
      wall: Number(record.fields["wall"]) - EPOCH_MS - record.time / 1_000,
      monotonic: Number(record.fields["monotonic"]) - record.time / 1_000,
    }));
}

async function run(...faults: FaultText[]): Promise<FaultWorld> {
  return new FaultWorld({ n1: reader, n2: reader }, faults).run(40_000);
}

/** The offsets of the wall clock, each with the time of its first reading. */
function offsets(world: FaultWorld, node = "n1"): [number, number][] {
  const seen: [number, number][] = [];
  for (const { at, wall } of readings(world, node)) if (seen.at(-1)?.[1] !== wall) seen.push([at, wall]);
  return seen;
}

describe("kinds that move the wall clock", () => {
  it.each<[FaultText, number]>([
    [fault("skew", { offset: "+250ms" }), 250],
    [fault("skew", { offset: "-1h" }), -3_600_000],
    [fault("step", { by: "90s" }), 90_000],
    [fault("step", { by: "-4s" }), -4_000],
    [fault("leap-second", {}), -1_000],
  ])("moves it by its amount until its end, and monotonic not at all: %o", async (spec, offset) => {
    const world = await run({ ...spec, for: "20s" });
    expect(offsets(world)).toEqual([
      [100, 0],
      [10_000, offset],
      [30_000, 0],
    ]);
    expect(offsets(world, "n2")).toEqual([[100, 0]]);
    expect(readings(world).every(({ monotonic }) => monotonic === 0)).toBe(true);
    expect(world.cluster.node("n1").clock.offsetUs).toBe(0);
  });

  it("lasts to the end of the run when it has no end of its own", async () => {
    const world = await run(fault("step", { by: "1s" }));
    expect(offsets(world).at(-1)).toEqual([10_000, 1_000]);
    expect(world.outcome).toMatchObject({ stoppedAt: -1 });
  });

  it("counts readings of the moved clock, by each fault that moved it", async () => {
    const world = await run(
      fault("skew", { id: "a", offset: "1s", for: "1s" }),
      fault("step", { id: "b", by: "1s", for: "2s" }),
    );
    expect(world.faults.outcomes().map((outcome) => outcome.touched)).toEqual([10, 20]);
    expect(world.cluster.node("n1").clock.onRead).toBeUndefined();
  });

  it("touched nothing when nobody looked", async () => {
    const world = await new FaultWorld({ n1: idle }, [fault("skew", { offset: "1s" })]).run(20_000);
    expect(world.outcome.touched).toBe(0);
    expect(world.records("fault").map((record) => record.phase)).toEqual(["start"]);
  });

  it("repeats one second in a leap second", async () => {
    const world = await run(fault("leap-second", {}));
    const walls = readings(world).map(({ at, wall }) => at + wall);
    expect(walls.filter((wall) => wall === 9_500)).toHaveLength(2);
    expect(walls.filter((wall) => wall === 8_500)).toHaveLength(1);
  });
});

describe("strobe", () => {
  it("steps the wall clock to its offset and back until its end, and monotonic not at all", async () => {
    const world = await run(fault("strobe", { offset: "-2s", every: "4s", for: "10s" }));
    expect(offsets(world)).toEqual([
      [100, 0],
      [10_000, -2_000],
      [14_000, 0],
      [18_000, -2_000],
      [20_000, 0],
    ]);
    expect(offsets(world, "n2")).toEqual([[100, 0]]);
    expect(readings(world).every(({ monotonic }) => monotonic === 0)).toBe(true);
    expect(world.outcome.touched).toBe(40 + 20);
  });

  it("ends between two steps without a trace", async () => {
    const world = await run(fault("strobe", { offset: "2s", every: "4s", for: "6s" }));
    expect(offsets(world).at(-1)).toEqual([14_000, 0]);
    expect(world.cluster.node("n1").clock).toMatchObject({ offsetUs: 0, onRead: undefined });
  });
});

describe("freeze", () => {
  it("stops the wall clock alone, and its end lets it show the time", async () => {
    const world = await run(fault("freeze", { for: "5s" }));
    const walls = readings(world).map(({ at, wall }) => [at, at + wall]);
    for (const [at = 0, wall] of walls) expect(wall).toBe(at >= 10_000 && at < 15_000 ? 10_000 : at);
    expect(readings(world).every(({ monotonic }) => monotonic === 0)).toBe(true);
    expect(world.outcome.touched).toBe(50);
  });

  it("lasts until the last of several ends", async () => {
    const world = await run(
      fault("freeze", { id: "a", for: "5s" }),
      fault("freeze", { id: "b", at: "12s", for: "8s" }),
    );
    const walls = new Map(readings(world).map(({ at, wall }) => [at, at + wall]));
    expect([14_900, 19_900, 20_000].map((at) => walls.get(at))).toEqual([10_000, 10_000, 20_000]);
    expect(world.cluster.node("n1").clock).toMatchObject({ isFrozen: false, onRead: undefined });
  });
});

describe("smear", () => {
  it("moves the wall clock evenly, holds what it gained, and takes it away at its end", async () => {
    const world = await run(fault("smear", { by: "-1s", over: "10s", for: "15s" }));
    const walls = new Map(readings(world).map(({ at, wall }) => [at, wall]));
    const times = [9_900, 10_000, 11_000, 15_000, 19_900, 20_000, 24_900, 25_000, 40_000];
    expect(times.map((at) => walls.get(at))).toEqual([0, 0, -100, -500, -990, -1_000, -1_000, 0, 0]);
    expect(readings(world).every(({ monotonic }) => monotonic === 0)).toBe(true);
    expect(world.outcome.touched).toBe(150);
  });

  it("is told where its rate changes", async () => {
    const world = await run(fault("smear", { by: "-1s", over: "10s", for: "15s" }));
    const told = world
      .records("state")
      .filter((record) => record.key === "clock")
      .map(({ time, fields }) => [time / 1_000, fields["offsetUs"], fields["smearPpm"]]);
    expect(told).toEqual([
      [10_000, 0, -100_000],
      [20_000, -1_000_000, undefined],
      [25_000, 0, undefined],
    ]);
  });

  it("never lets the wall clock go back while it lasts", async () => {
    const world = await run(fault("smear", { by: "-9s", over: "10s" }));
    const walls = readings(world).map(({ at, wall }) => at + wall);
    expect(walls.every((wall, i) => wall >= (walls[i - 1] ?? 0))).toBe(true);
  });
});

describe("wrong-at-boot", () => {
  const crash = fault("crash", { at: "15s", for: "5s" });

  it("moves the wall clock from a boot on until it is corrected", async () => {
    const world = await run(fault("wrong-at-boot", { offset: "-1h", corrected: "4s" }), crash);
    expect(offsets(world)).toEqual([
      [100, 0],
      [20_100, -3_600_000],
      [24_000, 0],
    ]);
    expect(world.outcome.touched).toBe(39);
    const moved = world.records("state").find((record) => record.key === "clock");
    expect(world.all.find(({ id }) => id === moved?.cause)).toMatchObject({ kind: "fault", fault: "wrong-at-boot" });
  });

  it("is corrected by its end, and the next boot is right", async () => {
    const again = fault("crash", { id: "again", at: "30s", for: "2s" });
    const world = await run(fault("wrong-at-boot", { offset: "3s", for: "15s" }), crash, again);
    expect(offsets(world)).toEqual([
      [100, 0],
      [20_100, 3_000],
      [25_000, 0],
    ]);
    expect(world.cluster.node("n1").clock).toMatchObject({ offsetUs: 0, onRead: undefined, onBoot: undefined });
  });

  it("is the same after each boot, and touches nothing where only the process starts anew", async () => {
    const again = fault("crash", { id: "again", at: "30s", for: "2s" });
    const twice = await run(fault("wrong-at-boot", { offset: "3s" }), crash, again);
    expect(offsets(twice).at(-1)).toEqual([20_100, 3_000]);
    const killed = await run(fault("wrong-at-boot", { offset: "3s" }), fault("kill", { at: "15s", for: "5s" }));
    expect(killed.outcome.touched).toBe(0);
  });
});

describe("drift", () => {
  it("moves both clocks at its rate until its end, and keeps what was gained", async () => {
    const world = await run(fault("drift", { ppm: 100_000, for: "10s" }));
    const state = world
      .records("state")
      .filter((record) => record.key === "clock")
      .map((record) => [record.time, record.fields["ppm"], record.fields["offsetUs"]]);
    expect(state).toEqual([
      [10_000_000, 100_000, 0],
      [20_000_000, 0, 1_000_000],
    ]);
    const { clock } = world.cluster.node("n1");
    expect(clock.monotonic(40_000_000)).toBe(41_000);
    expect(clock.ppm).toBe(0);
    expect(world.outcome.touched).toBe(1);
  });

  it("moves pending timers with it", async () => {
    const once: Body = (env) => {
      env.timers.create("once", () => env.observer.point("fired")).arm(20_000);
    };
    const world = await new FaultWorld({ n1: once }, [fault("drift", { ppm: -50_000 })]).run(40_000);
    expect(world.points).toEqual(["20526.316 n1 fired"]);
  });

  it("adds to the drift there is", async () => {
    const faults = [
      fault("drift", { id: "a", ppm: 100, for: "10s" }),
      fault("drift", { id: "b", ppm: 20, for: "20s" }),
    ];
    const world = new FaultWorld({ n1: idle }, faults, { clocks: { n1: { ppm: -5 } } });
    expect(await world.watch([11_000, 21_000, 31_000], () => world.cluster.node("n1").clock.ppm)).toEqual([
      115, 15, -5,
    ]);
  });
});
