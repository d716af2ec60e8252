import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { cutLinks, type Shape } from "../../../src/sim/faults/shapes.ts";
import { chatter, FaultWorld, nodes } from "./fault-world.ts";

const TIMES = { at: "10ms", for: "20ms" } as const;
const FIVE = ["n1", "n2", "n3", "n4", "n5"];

const SHAPES: [FaultText, Shape][] = [
  [
    { kind: "partition", ...TIMES, shape: "split", groups: [["n1", "n2"], ["rest"]] },
    {
      shape: "split",
      groups: [
        ["n1", "n2"],
        ["n3", "n4", "n5"],
      ],
    },
  ],
  [
    { kind: "partition", ...TIMES, shape: "isolate", node: "n3" },
    { shape: "isolate", groups: [["n3"]] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "deaf", nodes: ["n3"] },
    { shape: "deaf", groups: [["n3"]] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "mute", nodes: ["n3", "n4"] },
    { shape: "mute", groups: [["n3", "n4"]] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "one-way", a: "n1", b: ["n2"] },
    { shape: "one-way", groups: [["n1"], ["n2"]] },
  ],
  [
    {
      kind: "partition",
      ...TIMES,
      shape: "bridge",
      groups: [
        ["n1", "n2"],
        ["n4", "n5"],
      ],
      bridge: ["rest"],
    },
    { shape: "bridge", groups: [["n1", "n2"], ["n4", "n5"], ["n3"]] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "chain" },
    { shape: "chain", groups: [FIVE] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "majorities-ring" },
    { shape: "majorities-ring", groups: [FIVE] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "hub-loss", hub: "n3" },
    { shape: "hub-loss", groups: [["n3"]] },
  ],
  [
    {
      kind: "partition",
      ...TIMES,
      shape: "hub-loss",
      hub: ["n3"],
      groups: [
        ["n1", "n2"],
        ["n4", "n5"],
      ],
    },
    { shape: "hub-loss", groups: [["n1", "n2"], ["n4", "n5"], ["n3"]] },
  ],
  [
    { kind: "partition", ...TIMES, shape: "links", links: [["n1", "n3"]], both: true },
    { shape: "links", groups: [["n1"], ["n3"]], both: true },
  ],
];

describe.each(SHAPES.map(([fault, shape]) => [shape.shape, fault, shape] as const))(
  "a partition: %s",
  (_, fault, shape) => {
    const expected = cutLinks(shape, FIVE)
      .map(([from, to]) => `${from}>${to}`)
      .sort();

    it("cuts exactly its links from its start to its end", async () => {
      const world = new FaultWorld(nodes(5, chatter), [fault]);
      const seen = await world.watch([9, 10, 29, 30], () => world.cuts.sort());
      expect(seen).toEqual([[], expected, expected, []]);
      expect(world.outcome).toMatchObject({ startedAt: 10_000, stoppedAt: 30_000, groups: shape.groups });
    });

    it("drops what is sent or arrives while a link is cut, counts it, and lets everything else through", async () => {
      const world = await new FaultWorld(nodes(5, chatter), [fault]).run(50);
      const dropped = world.records("dropped");
      expect(new Set(dropped.map((record) => `${record.from}>${record.node}`))).toEqual(new Set(expected));
      expect(dropped.every((record) => record.reason === "partition" && record.fault === "partition")).toBe(true);
      expect(world.outcome.touched).toBe(dropped.length);
      // Sent at 9 ms and under way when the cut came, or sent at 10…29 ms.
      for (const link of expected)
        expect(dropped.filter((record) => `${record.from}>${record.node}` === link)).toHaveLength(21);
    });

    it("leaves no trace: afterwards the world is as it would have been", async () => {
      const link = (world: FaultWorld): string[] =>
        world
          .records("delivered")
          .filter((record) => record.time > 32_000)
          .map((record) => `${String(record.time)} ${record.from}>${record.node}`);
      const network = { latency: { uniform: { min: 500, max: 1_500 } } };
      const faulty = await new FaultWorld(nodes(5, chatter), [fault], { network }).run(60);
      const calm = await new FaultWorld(nodes(5, chatter), [], { network }).run(60);
      expect(link(faulty)).toEqual(link(calm));
    });
  },
);

describe("a partition: random-halves", () => {
  it("draws two of five nodes anew in each run, and cuts them off from the rest", async () => {
    const drawn = new Set<string>();
    for (const seed of ["1", "2", "3", "4", "5", "6"]) {
      const fault: FaultText = { kind: "partition", ...TIMES, shape: "random-halves" };
      const world = await new FaultWorld(nodes(5, chatter), [fault], { seed }).run(15);
      const [half = [], rest = []] = world.outcome.groups;
      expect([half.length, rest.length]).toEqual([2, 3]);
      const links = half.flatMap((a) => rest.flatMap((b) => [`${a}>${b}`, `${b}>${a}`]));
      expect(world.cuts.sort()).toEqual(links.sort());
      drawn.add(half.join());
      await world.run(50);
      expect(world.cuts).toEqual([]);
    }
    expect(drawn.size).toBeGreaterThan(2);
  });
});

describe("partitions over each other", () => {
  it("keep a link cut until the last one ends", async () => {
    const world = new FaultWorld(nodes(2, chatter), [
      { id: "a", kind: "partition", shape: "isolate", node: "n1", at: "10ms", for: "20ms" },
      { id: "b", kind: "partition", shape: "one-way", a: "n2", b: "n1", at: "20ms", for: "20ms" },
    ]);
    expect(await world.watch([15, 25, 35, 45], () => world.cuts)).toEqual([
      ["n1>n2", "n2>n1"],
      ["n1>n2", "n2>n1"],
      ["n2>n1"],
      [],
    ]);
    expect(world.states("link>n1")).toEqual(["10 n2 cut", "40 n2 up"]);
  });
});

describe("a partition and clients", () => {
  it("leaves the links of whoever is no member, unless it is named", async () => {
    const world = new FaultWorld(nodes(3, chatter), []);
    Object.defineProperty(world.cluster.node("n3"), "role", { value: "client" });
    const isolated = new FaultWorld(nodes(3, chatter), [
      { kind: "partition", shape: "isolate", node: "n1", at: "1ms" },
    ]);
    Object.defineProperty(isolated.cluster.node("n3"), "role", { value: "client" });
    await isolated.run(2);
    expect(isolated.cuts).toEqual(["n1>n2", "n2>n1"]);
    const named = new FaultWorld(nodes(3, chatter), [
      { kind: "partition", shape: "split", groups: [["n1", "n3"], ["n2"]], at: "1ms" },
    ]);
    Object.defineProperty(named.cluster.node("n3"), "role", { value: "client" });
    await named.run(2);
    expect(named.cuts).toEqual(["n1>n2", "n2>n1", "n2>n3", "n3>n2"]);
  });
});
