import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { chatter, FaultWorld, id, nodes } from "./fault-world.ts";

const hold = (more: object = {}): FaultText => ({
  kind: "hold",
  links: [["n1", "n2"]],
  at: "100500us",
  for: "200ms",
  ...more,
});

/** `[n, ms]` of every message that n2 heard of n1, in order. */
function heard(world: FaultWorld, from = "n1"): (readonly [n: number, ms: number])[] {
  return world
    .records("delivered")
    .filter((record) => record.node === "n2" && record.from === from)
    .map((record) => [record.message["n"] as number, record.time / 1_000] as const);
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("hold", () => {
  it("keeps what is sent while it lasts and lets it arrive at its end, in order; what was on the way arrives", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [hold()]).run(500);
    const all = heard(world);
    expect(all.map(([n]) => n)).toEqual(range(1, 499));
    const kept = all.filter(([n]) => n >= 101 && n <= 300);
    // The last one was sent at 300 ms and takes its millisecond.
    expect(kept.map(([, ms]) => ms)).toEqual([...range(101, 299).map(() => 300.5), 301]);
    expect(all.filter(([n]) => n < 101 || n > 300).every(([n, ms]) => ms === n + 1)).toBe(true);
    expect(world.outcome.touched).toBe(200);
    expect(world.records("dropped")).toEqual([]);
  });

  it("keeps the order of a link whose latencies vary, and lets nothing arrive sooner than it would have", async () => {
    const network = { latency: { uniform: { min: 100, max: 90_000 } } as const };
    const world = await new FaultWorld(nodes(2, chatter), [hold()], { network }).run(900);
    const calm = await new FaultWorld(nodes(2, chatter), [], { network }).run(900);
    const own = new Map(heard(calm));
    const kept = heard(world).filter(([n]) => n >= 101 && n <= 300);
    expect(kept.map(([n]) => n)).toEqual(range(101, 300));
    expect(kept.every(([n, ms]) => ms >= Math.max(300.5, own.get(n) ?? 0))).toBe(true);
    expect(kept.some(([, ms]) => ms > 300.5)).toBe(true);
    // Whatever it did not keep came as it would have.
    for (const [n, ms] of heard(world)) if (n < 101 || (n > 300 && n < 800)) expect(ms).toBe(own.get(n));
  });

  it("lets a link under two holds go when the later one ends, and both count", async () => {
    const world = new FaultWorld(nodes(2, chatter), [hold({ id: "a" }), hold({ id: "b", at: "200500us" })]);
    await world.run(500);
    const kept = heard(world).filter(([n]) => n >= 101 && n <= 400);
    expect(kept.map(([n]) => n)).toEqual(range(101, 400));
    expect(kept.every(([, ms]) => ms >= 400.5)).toBe(true);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([200, 200]);
  });

  it("keeps for ever without an end", async () => {
    const world = new FaultWorld(nodes(2, chatter), [{ kind: "hold", links: [["n1", "n2"]], at: "100500us" }]);
    await world.run(500);
    expect(heard(world).map(([n]) => n)).toEqual(range(1, 100));
  });

  it("loses what meets a cut link, or a process that was not the one it was sent to, when it is let go", async () => {
    const cut: FaultText = { kind: "partition", shape: "links", links: [["n1", "n2"]], at: "250500us", for: "100ms" };
    const world = await new FaultWorld(nodes(2, chatter), [hold(), cut]).run(500);
    const dropped = world.records("dropped").filter(({ reason }) => reason === "partition");
    expect(dropped).toHaveLength(250);
    const restarted = new FaultWorld(nodes(2, chatter), [hold()]);
    restarted.at(200.2, () => {
      restarted.cluster.kill(id("n2"));
      restarted.cluster.restart(id("n2"));
    });
    await restarted.run(500);
    expect(restarted.records("dropped").map(({ reason, node }) => `${reason} ${node}`)).toContain(
      "stale-connection n2",
    );
    expect(heard(restarted).map(([n]) => n)).toEqual([...range(1, 100), ...range(201, 499)]);
  });
});

describe("release", () => {
  it("lets go of its links and ends the holds on them; a hold with none left is over", async () => {
    const world = new FaultWorld(nodes(2, chatter), [
      hold({ links: [["n1", "n2"]], both: true, id: "h" }),
      { kind: "release", links: [["n1", "n2"]], at: "150500us", id: "one" },
      { kind: "release", links: "all", at: "200500us", id: "all" },
    ]);
    await world.run(500);
    expect(
      heard(world)
        .filter(([n]) => n >= 101 && n <= 149)
        .every(([, ms]) => ms === 150.5),
    ).toBe(true);
    expect(
      heard(world)
        .filter(([n]) => n > 150)
        .every(([n, ms]) => ms === n + 1),
    ).toBe(true);
    const outcomes = world.faults.outcomes();
    expect(outcomes.map(({ stoppedAt }) => stoppedAt)).toEqual([200_500, 150_500, 200_500]);
    expect(outcomes.map(({ touched }) => touched)).toEqual([50 + 100, 1, 1]);
  });

  it("frees a link of all its holds", async () => {
    const world = new FaultWorld(nodes(2, chatter), [
      hold({ id: "a" }),
      hold({ id: "b", at: "120500us" }),
      { kind: "release", links: [["n1", "n2"]], at: "150500us", id: "free" },
    ]);
    await world.run(500);
    expect(world.faults.outcomes().map(({ stoppedAt, touched }) => [stoppedAt, touched])).toEqual([
      [150_500, 50],
      [150_500, 30],
      [150_500, 2],
    ]);
  });

  it("cannot be meant where nothing was held before", () => {
    const make = (at: string): FaultWorld =>
      new FaultWorld(nodes(2, chatter), [hold(), { kind: "release", links: "all", at }]);
    expect(() => make("50ms")).toThrow("Nothing is held before");
    expect(() => make("101ms")).not.toThrow();
  });
});
