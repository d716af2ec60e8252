import { describe, expect, it } from "vitest";
import { nodeId, type NodeEnv, type Program } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import type { SimNode } from "../../../src/sim/process/sim-node.ts";
import { TestWorld } from "../world.ts";

const n1 = nodeId("n1");

/** Tells its start and every order it takes, as `type level`. */
const obedient: Program<unknown> = {
  name: "obedient",
  start({ observer, incarnation }: NodeEnv) {
    observer.point(`start ${String(incarnation)}`);
    return { control: (order: Message) => observer.point(`${order.type} ${JSON.stringify(order["level"])}`) };
  },
};

/** A node of this program; orders are given to it by {@link World.order}. */
class World extends TestWorld {
  readonly given: boolean[] = [];

  constructor(program: Program<unknown> = obedient) {
    super({ n1: () => undefined }, { cluster: { nodes: [{ id: n1, role: "node", program, config: {}, peers: [] }] } });
  }
  get node(): SimNode {
    return this.cluster.node("n1");
  }
  order(ms: number, type: string, level: number, isStanding?: boolean): this {
    return this.at(ms, () => this.given.push(this.node.control({ type, level }, isStanding)));
  }
}

describe("an order", () => {
  it("is told to the program in an event of its own, caused by what holds when it is given", async () => {
    const world = new World();
    world.at(5, () => {
      const { trace } = world.cluster;
      trace.cause = trace.point(1, n1, "given");
      world.node.control({ type: "level", level: 1 });
      expect(world.points).toEqual(["0 n1 start 1"]);
    });
    await world.run(10);
    expect(world.points).toEqual(["0 n1 start 1", "5 n1 level 1"]);
    const given = world.records("point").find(({ name }) => name === "given");
    expect(world.records("point").at(-1)?.cause).toBe(given?.id);
  });

  it("says whether there is a process that takes it", async () => {
    const world = new World().order(1, "level", 1);
    world.at(2, () => world.node.kill());
    world.order(3, "level", 2);
    await world.run(10);
    expect(world.given).toEqual([true, false]);
    expect(world.points).toEqual(["0 n1 start 1", "1 n1 level 1"]);
  });

  it("is refused by a program that takes none", async () => {
    const deaf: Program<unknown> = { name: "deaf", start: () => ({}) };
    const world = await new World(deaf).order(1, "level", 1, true).run(10);
    expect(world.given).toEqual([false]);
  });

  it("that does not stand is not told again after a restart", async () => {
    const world = new World().order(1, "level", 1);
    world.at(2, () => world.node.kill()).at(3, () => world.node.start("restart"));
    await world.run(10);
    expect(world.points).toEqual(["0 n1 start 1", "1 n1 level 1", "3 n1 start 2"]);
  });

  it("that stands is told again at each start, in the event of the start", async () => {
    const world = new World().order(1, "level", 1, true);
    world.at(2, () => world.node.kill()).at(3, () => world.node.start("restart"));
    world.at(4, () => world.node.crash()).at(5, () => world.node.start("restart"));
    await world.run(10);
    expect(world.points).toEqual([
      ...["0 n1 start 1", "1 n1 level 1"],
      ...["3 n1 start 2", "3 n1 level 1"],
      ...["5 n1 start 3", "5 n1 level 1"],
    ]);
    const causes = new Set(world.records("point").map(({ time, cause }) => `${String(time)} ${String(cause)}`));
    expect([...causes].filter((one) => one.startsWith("3000 "))).toHaveLength(1);
  });

  it("that stands is told at the next start also when there was no process to tell", async () => {
    const world = new World();
    world.at(1, () => world.node.kill()).order(2, "level", 1, true);
    world.at(3, () => world.node.start("restart"));
    await world.run(10);
    expect(world.given).toEqual([false]);
    expect(world.points).toEqual(["0 n1 start 1", "3 n1 start 2", "3 n1 level 1"]);
  });

  it("stands until another of its type comes: one that stands takes its place, one that does not ends it", async () => {
    const world = new World().order(1, "level", 1, true).order(1, "other", 9, true).order(2, "level", 2, true);
    world.at(3, () => world.node.kill()).at(4, () => world.node.start("restart"));
    world.order(5, "level", 0);
    world.at(6, () => world.node.kill()).at(7, () => world.node.start("restart"));
    await world.run(10);
    expect(world.points).toEqual([
      ...["0 n1 start 1", "1 n1 level 1", "1 n1 other 9", "2 n1 level 2"],
      ...["4 n1 start 2", "4 n1 level 2", "4 n1 other 9", "5 n1 level 0"],
      ...["7 n1 start 3", "7 n1 other 9"],
    ]);
  });

  it("is heard late by a paused process, in order with the others", async () => {
    const world = new World();
    world
      .at(1, () => world.node.pause())
      .order(2, "level", 1)
      .order(3, "level", 2);
    world.at(5, () => world.node.resume());
    await world.run(10);
    expect(world.given).toEqual([true, true]);
    expect(world.points).toEqual(["0 n1 start 1", "5 n1 level 1", "5 n1 level 2"]);
  });

  it("is lost with the process it was meant for: killed while it was paused, or before it was told", async () => {
    const world = new World();
    world.at(1, () => world.node.pause()).order(2, "level", 1);
    world.at(3, () => world.node.kill()).at(4, () => world.node.start("restart"));
    world.at(5, () => {
      world.node.control({ type: "level", level: 2 });
      world.node.kill();
      world.node.start("restart");
    });
    await world.order(6, "level", 3).run(10);
    expect(world.points).toEqual(["0 n1 start 1", "4 n1 start 2", "5 n1 start 3", "6 n1 level 3"]);
  });

  it("that a program refuses by an error takes its process down", async () => {
    const strict: Program<unknown> = {
      name: "strict",
      start: () => ({
        control: ({ type }) => {
          throw new Error(`no order ${type}`);
        },
      }),
    };
    const world = await new World(strict).order(1, "level", 1).run(10);
    expect(world.node.state).toBe("down");
    expect(world.cluster.errors.map(({ error }) => error.message)).toEqual(["no order level"]);
  });
});
