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
