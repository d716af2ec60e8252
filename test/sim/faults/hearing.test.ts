import { describe, expect, it } from "vitest";
import { hearingOf, type Hearing } from "../../../src/sim/faults/hearing.ts";
import { faultSchema } from "../../../src/sim/faults/registry.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"].map((id) => ({ id, program: "ha-node" }));

function hearing(fault: object, nodes = NODES): Hearing | undefined {
  return hearingOf(faultSchema.parse({ kind: "partition", at: "1s", ...fault }), nodes);
}

/** Rows as text, without names. */
function rows(fault: object): string[] {
  const [, ...lines] = hearing(fault)?.matrix.split("\n") ?? [];
  return lines.map((line) => line.slice(2).replaceAll(" ", ""));
}

describe("who hears whom while a fault lasts", () => {
  it.each<[string, object, string[]]>([
    ["split", { groups: [["n1", "n2"], ["rest"]] }, ["xx...", "xx...", "..xxx", "..xxx", "..xxx"]],
    ["isolate", { node: "leader" }, ["x....", ".xxxx", ".xxxx", ".xxxx", ".xxxx"]],
    ["deaf", { nodes: ["n2"] }, ["xxxxx", ".x...", "xxxxx", "xxxxx", "xxxxx"]],
    ["mute", { nodes: ["n2"] }, ["x.xxx", "xxxxx", "x.xxx", "x.xxx", "x.xxx"]],
    ["one-way", { a: "n1", b: ["rest"] }, ["xxxxx", ".xxxx", ".xxxx", ".xxxx", ".xxxx"]],
    [
      "bridge",
      {
        groups: [
          ["n1", "n2"],
          ["n4", "n5"],
        ],
        bridge: "n3",
      },
      ["xxx..", "xxx..", "xxxxx", "..xxx", "..xxx"],
    ],
    ["majorities-ring", {}, ["xx..x", "xxx..", ".xxx.", "..xxx", "x..xx"]],
    ["hub-loss", { hub: "n3" }, ["x....", ".x...", "..x..", "...x.", "....x"]],
    ["chain", {}, ["xx...", "xxx..", ".xxx.", "..xxx", "...xx"]],
    ["links", { links: [["n1", "n5"]] }, ["xxxxx", "xxxxx", "xxxxx", "xxxxx", ".xxxx"]],
  ])("is what the shape says: %s", (shape, fields, expected) => {
    expect(rows({ shape, ...fields })).toEqual(expected);
  });

  it("is drawn for halves, and for roles, which it names", () => {
    const halves = rows({ shape: "random-halves" });
    expect(halves.map((row) => row.replaceAll(".", "").length).toSorted()).toEqual([2, 2, 3, 3, 3]);
    const { roles } = hearing({ shape: "split", groups: [["leader", "any-follower"], ["rest"]] }) ?? {};
    expect(roles?.["leader"]).toEqual(["n1"]);
    expect(roles?.["any-follower"]).toHaveLength(1);
    expect(roles?.["rest"]).toHaveLength(3);
  });

  it("is that of the partition which comes and goes", () => {
    const shape = { shape: "isolate", node: "n2" };
    const flap = hearing({ kind: "flap", shape, period: "1s", duty: "50%", for: "5s" });
    expect(flap).toEqual(hearing({ ...shape, for: "5s" }));
  });

  it("is nothing for a fault that is no partition, and where there are too few nodes", () => {
    expect(hearing({ kind: "crash", node: "n1" })).toBeUndefined();
    expect(hearing({ shape: "split", groups: [["leader"], ["any-follower"]] }, NODES.slice(0, 1))).toBeUndefined();
  });
});
