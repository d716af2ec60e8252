import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { chatter, FaultWorld, nodes } from "./fault-world.ts";

const SHAPE = { shape: "one-way", a: "n2", b: "n1" } as const;
const flap = (more: object): FaultText => ({ kind: "flap", shape: SHAPE, at: "10ms", for: "100ms", ...more });

describe("a flap", () => {
  it.each([
    ["down and up", { down: "10ms", up: "20ms" }],
    ["a period and a duty", { period: "30ms", duty: "33.3334%" }],
  ])("cuts and heals by %s, cut first", async (_, times) => {
    const world = await new FaultWorld(nodes(2, chatter), [flap(times)]).run(200);
    expect(world.states("link>n1")).toEqual(
      [10, 40, 70, 100].flatMap((start) => [`${String(start)} n2 cut`, `${String(start + 10)} n2 up`]),
    );
    expect(world.cuts).toEqual([]);
  });

  it("heals when it ends in the middle of a cut, and cuts no more", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [flap({ down: "30ms", up: "15ms", for: "50ms" })]).run(300);
    expect(world.states("link>n1")).toEqual(["10 n2 cut", "40 n2 up", "55 n2 cut", "60 n2 up"]);
    expect(world.outcome).toMatchObject({ stoppedAt: 60_000, touched: world.records("dropped").length });
  });

  it("draws the length of each cycle from its own stream", async () => {
    const lengths = async (seed: string, others: FaultText[] = []): Promise<number[]> => {
      const fault = flap({ id: "f", down: { min: "1ms", max: "9ms" }, up: { min: "2ms", max: "5ms" } });
      const world = await new FaultWorld(nodes(2, chatter), [...others, fault], { seed }).run(200);
      const times = world.states("link>n1").map((line) => Number(line.split(" ")[0]));
      return times.slice(0, -1).map((time, i) => (times[i + 1] ?? 0) - time);
    };
    const seen = await lengths("1");
    const downs = seen.filter((_, i) => i % 2 === 0).slice(0, -1);
    const ups = seen.filter((_, i) => i % 2 === 1);
    expect(new Set(downs).size).toBeGreaterThan(3);
    expect(Math.min(...downs) >= 1 && Math.max(...downs) <= 9).toBe(true);
    expect(Math.min(...ups) >= 2 && Math.max(...ups) <= 5).toBe(true);
    expect(await lengths("1")).toEqual(seen);
    expect(await lengths("2")).not.toEqual(seen);
    expect(await lengths("1", [{ kind: "loss", rate: "50%", at: "5ms" }])).toEqual(seen);
  });
});
