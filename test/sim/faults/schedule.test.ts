import { describe, expect, it } from "vitest";
import { FaultError } from "../../../src/sim/faults/schedule.ts";
import { idle, type Body } from "../world.ts";
import { chatter, FaultWorld, follows, leads, nodes } from "./fault-world.ts";

const CUT = { kind: "partition", shape: "isolate", node: "n1", at: "10ms", for: "20ms", id: "cut" } as const;

describe("records of a fault", () => {
  it("tells its start with everything resolved, its first touch, and its end with the count", async () => {
    const bodies: Record<string, Body> = { n1: follows, n2: leads, n3: follows };
    for (const [name, says] of Object.entries(bodies)) {
      bodies[name] = (env) => {
        says(env);
        chatter(env);
      };
    }
    const world = await new FaultWorld(bodies, [{ ...CUT, node: "leader" }]).run(50);
    const [start, touch, stop, ...more] = world.records("fault");
    expect(more).toEqual([]);
    expect([start?.time, touch?.time, stop?.time]).toEqual([10_000, 10_000, 30_000]);
    expect([start?.phase, touch?.phase, stop?.phase]).toEqual(["start", "touch", "stop"]);
    expect(start?.fields).toEqual({
      kind: "partition",
      spec: JSON.stringify({
        kind: "partition",
        id: "cut",
        at: "10ms",
        for: "20ms",
        optional: false,
        shape: "isolate",
        node: "leader",
      }),
      groups: '[["n2"]]',
      roles: '{"leader":["n2"]}',
    });
    expect(stop?.fields).toEqual({ touched: world.outcome.touched });
    expect(world.outcome).toMatchObject({ id: "cut", roles: { leader: ["n2"] }, groups: [["n2"]], optional: false });
    expect(world.outcome.touched).toBeGreaterThan(50);
  });

  it("is the cause of what the world does for it, at its start, later and at its end", async () => {
    const world = await new FaultWorld(nodes(2, idle), [
      CUT,
      { kind: "rolling-restart", nodes: ["all"], down: "10ms", gap: "5ms", at: "100ms" },
    ]).run(500);
    const [cut, healed, rolling] = world.records("fault");
    const causes = (key: string): number[] =>
      world
        .records("state")
        .filter((record) => record.key === key && record.time > 0)
        .map((record) => record.cause);
    expect(causes("link>n2")).toEqual([cut?.id, healed?.id]);
    expect(healed?.cause).toBe(cut?.id);
    const ids = new Set(
      world
        .records("fault")
        .filter((record) => record.fault === "rolling-restart")
        .map((record) => record.id),
    );
    expect(ids.has(rolling?.id ?? -1)).toBe(true);
    for (const cause of causes("process")) expect(ids).toContain(cause);
  });
});

describe("the timetable", () => {
  it("waits until a role can be resolved, and lasts its time from then on", async () => {
    const late: Body = (env) => {
      env.timers.create("lead", () => env.observer.state("role", "leader", { term: 1 })).arm(123);
    };
    const world = await new FaultWorld({ n1: late, n2: idle }, [{ ...CUT, node: "leader" }]).run(300);
    expect(world.outcome).toMatchObject({ startedAt: 130_000, stoppedAt: 150_000, groups: [["n1"]] });
  });

  it("never starts a fault whose role nobody has, nor one whose end is past", async () => {
    const { for: _, ...open } = CUT;
    const world = await new FaultWorld(nodes(2, idle), [
      { ...CUT, node: "leader" },
      { ...open, id: "b", node: "leader", until: "100ms" },
    ]).run(300);
    for (const outcome of world.faults.outcomes()) {
      expect(outcome).toMatchObject({ startedAt: -1, stoppedAt: -1, touched: 0, groups: [] });
    }
    expect(world.records("fault")).toEqual([]);
  });

  it("draws a start between two moments, from the fault's own stream", async () => {
    const startOf = async (seed: string, others: (typeof CUT)[] = []): Promise<number> => {
      const world = new FaultWorld(nodes(2, idle), [{ ...CUT, id: "drawn", at: ["5s", "15s"] }, ...others], { seed });
      await world.run(20_000);
      return world.outcome.startedAt;
    };
    const starts = await Promise.all(["1", "2", "3", "4", "5", "6"].map((seed) => startOf(seed)));
    expect(new Set(starts).size).toBe(6);
    expect(Math.min(...starts) >= 5_000_000 && Math.max(...starts) <= 15_000_000).toBe(true);
    expect(await startOf("1", [CUT])).toBe(starts[0]);
  });

  it("ends at its moment, or not before the run does", async () => {
    const { for: _, ...open } = CUT;
    const world = await new FaultWorld(nodes(2, idle), [
      { ...open, id: "a", until: "70ms" },
      { ...open, id: "b" },
    ]).run(300);
    expect(world.faults.outcomes().map((outcome) => outcome.stoppedAt)).toEqual([70_000, -1]);
  });

  it("heals everything at once, and starts nothing after", async () => {
    const { for: _, ...open } = CUT;
    const world = new FaultWorld(nodes(3, idle), [
      { ...open, id: "a" },
      { kind: "crash", node: "n2", at: "20ms" },
      { kind: "pause", node: "n3", at: "80ms" },
    ]);
    world.at(50, () => {
      world.faults.stopAll();
      world.faults.stopAll();
    });
    await world.run(200);
    expect(world.cuts).toEqual([]);
    expect(world.cluster.nodes.map((node) => node.state)).toEqual(["up", "up", "up"]);
    expect(world.faults.outcomes().map((outcome) => [outcome.startedAt, outcome.stoppedAt])).toEqual([
      [10_000, 50_000],
      [20_000, 50_000],
      [-1, -1],
    ]);
  });
});

describe("faults that cannot run", () => {
  it("are refused: a node that is not there", () => {
    expect(() => new FaultWorld(nodes(2, idle), [{ ...CUT, node: "n7" }])).toThrow(/no node "n7".*one of n1, n2/);
  });

  it("are refused: two that contradict each other", () => {
    expect(() => new FaultWorld(nodes(2, idle), [CUT, CUT])).toThrow(FaultError);
  });
});

describe("determinism", () => {
  it("gives the same digest for the same seed, and a fault that touched nothing shifts nothing", async () => {
    const run = async (more: object[]): Promise<FaultWorld> => {
      const network = { latency: { uniform: { min: 500, max: 5_000 } } as const };
      const loss = { kind: "loss", rate: "20%", at: "10ms" } as const;
      return new FaultWorld(nodes(3, chatter), [loss, ...(more as (typeof loss)[])], { network }).run(200);
    };
    expect((await run([])).digest).toBe((await run([])).digest);
    const delivered = (world: FaultWorld): number[] => world.records("delivered").map((record) => record.time);
    expect(delivered(await run([{ kind: "skew", node: "n1", offset: "1s", at: "20ms" }]))).toEqual(
      delivered(await run([])),
    );
  });
});
