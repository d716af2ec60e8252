import { describe, expect, it } from "vitest";
import { resolveTargets, type ResolvedTargets, type Target } from "../../../src/sim/faults/targets.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import { idle, TestWorld } from "../world.ts";
import { follows, id, leads, nodes } from "./fault-world.ts";

/** Five nodes of which n2 leads, and a client. */
async function led(): Promise<TestWorld> {
  const world = new TestWorld({ ...nodes(5, follows), n2: leads });
  return world.run(1);
}

async function resolve(groups: Target[][], seed = "1", world?: TestWorld): Promise<ResolvedTargets | undefined> {
  const { cluster } = world ?? (await led());
  return resolveTargets(groups, cluster, new Rng(seed).stream("faults/f"));
}

const SEEDS = Array.from({ length: 30 }, (_, i) => String(i));

describe("roles", () => {
  it("means by leader the node that is up and says so in the highest term", async () => {
    const world = new TestWorld({
      ...nodes(4, follows),
      n1: (env) => env.observer.state("role", "leader", { term: 3 }),
      n3: (env) => env.observer.state("role", "leader", { term: 4 }),
    });
    await world.run(1);
    expect((await resolve([["leader"]], "1", world))?.groups).toEqual([["n3"]]);
    world.at(2, () => world.cluster.kill(id("n3")));
    await world.run(3);
    expect((await resolve([["leader"]], "1", world))?.groups).toEqual([["n1"]]);
  });

  it("cannot be resolved while nobody leads, but for those that need no leader", async () => {
    const world = await new TestWorld(nodes(3, follows)).run(1);
    for (const role of ["leader", "followers", "any-follower"])
      expect(await resolve([[role]], "1", world)).toBeUndefined();
    for (const role of ["all", "minority", "majority", "rest", "random(2)"]) {
      expect(await resolve([[role]], "1", world)).toBeDefined();
    }
  });

  it("means the rest by those whom nothing else names", async () => {
    const seen = await resolve([["rest"], ["leader", "n5"]]);
    expect(seen).toEqual({
      groups: [
        ["n1", "n3", "n4"],
        ["n2", "n5"],
      ],
      roles: { leader: ["n2"], rest: ["n1", "n3", "n4"] },
    });
  });

  it("means the same leader wherever it stands, and other followers each time", async () => {
    for (const seed of SEEDS) {
      const seen = await resolve([["leader", "any-follower"], ["any-follower"], ["leader"]], seed);
      const [first, second, third] = seen?.groups ?? [];
      expect([first?.[0], third]).toEqual(["n2", ["n2"]]);
      expect(new Set([first?.[1], second?.[0], "n2"]).size).toBe(3);
      expect(seen?.roles["any-follower"]).toEqual([first?.[1], second?.[0]]);
    }
  });

  it("draws each follower in some seed, and never one that is named", async () => {
    const drawn = new Set<string>();
    for (const seed of SEEDS)
      for (const name of (await resolve([["n1"], ["any-follower"]], seed))?.groups[1] ?? []) drawn.add(name);
    expect([...drawn].sort()).toEqual(["n3", "n4", "n5"]);
  });

  it("means all followers that are up", async () => {
    const world = await led();
    world.at(2, () => world.cluster.pause(id("n4")));
    await world.run(3);
    expect((await resolve([["followers"]], "1", world))?.groups).toEqual([["n1", "n3", "n5"]]);
  });

  it.each([
    [1, 0, 1],
    [2, 0, 2],
    [3, 1, 2],
    [4, 1, 3],
    [5, 2, 3],
    [6, 2, 4],
  ])("knows the sizes of minority and majority of %i", async (count, minority, majority) => {
    const world = await new TestWorld(nodes(count, idle)).run(1);
    expect((await resolve([["minority"]], "1", world))?.groups[0]).toHaveLength(minority);
    expect((await resolve([["majority"]], "1", world))?.groups[0]).toHaveLength(majority);
  });

  it("takes minority and majority from different nodes, and from those nobody names", async () => {
    for (const seed of SEEDS) {
      const both = (await resolve([["majority"], ["minority"]], seed))?.groups.flat() ?? [];
      expect(new Set(both).size).toBe(5);
      const random = (await resolve([["leader"], ["random(2)"], ["random(2)"]], seed))?.groups.flat() ?? [];
      expect(new Set(random).size).toBe(5);
    }
  });

  it("never means a client", async () => {
    const world = await led();
    const { cluster } = world;
    Object.defineProperty(cluster.node("n5"), "role", { value: "client" });
    for (const role of ["all", "rest"]) expect((await resolve([[role]], "1", world))?.groups[0]).not.toContain("n5");
    expect((await resolve([["n5"]], "1", world))?.groups).toEqual([["n5"]]);
  });

  it("is the same for the same seed", async () => {
    const groups = [["any-follower"], ["random(2)"], ["rest"]];
    expect(await resolve(groups, "9")).toEqual(await resolve(groups, "9"));
  });
});
