import { describe, expect, it } from "vitest";
import { cutLinks, formatHearing, hearingMatrix, type Shape } from "../../../src/sim/faults/shapes.ts";

const FIVE = ["n1", "n2", "n3", "n4", "n5"];

/** Rows as text: `x` hears, `.` does not. */
const rows = (shape: Shape, nodes = FIVE): string[] =>
  hearingMatrix(shape, nodes).map((row) => row.map((hears) => (hears ? "x" : ".")).join(""));

describe("who hears whom", () => {
  it.each<[string, Shape, string[]]>([
    [
      "a split: each side only itself",
      {
        shape: "split",
        groups: [
          ["n1", "n2"],
          ["n3", "n4", "n5"],
        ],
      },
      ["xx...", "xx...", "..xxx", "..xxx", "..xxx"],
    ],
    [
      "a split that names not everybody: the others hear all",
      { shape: "split", groups: [["n1"], ["n5"]] },
      ["xxxx.", "xxxxx", "xxxxx", "xxxxx", ".xxxx"],
    ],
    [
      "a split into three",
      { shape: "split", groups: [["n1"], ["n2", "n3"], ["n4", "n5"]] },
      ["x....", ".xx..", ".xx..", "...xx", "...xx"],
    ],
    ["an isolated node", { shape: "isolate", groups: [["n2"]] }, ["x.xxx", ".x...", "x.xxx", "x.xxx", "x.xxx"]],
    [
      "two isolated nodes: each alone",
      { shape: "isolate", groups: [["n1", "n2"]] },
      ["x....", ".x...", "..xxx", "..xxx", "..xxx"],
    ],
    [
      "one way: n1 hears n2, n2 does not hear n1",
      { shape: "one-way", groups: [["n1"], ["n2"]] },
      ["xxxxx", ".xxxx", "xxxxx", "xxxxx", "xxxxx"],
    ],
    [
      "a deaf node: hears nobody, everybody hears it",
      { shape: "deaf", groups: [["n3"]] },
      ["xxxxx", "xxxxx", "..x..", "xxxxx", "xxxxx"],
    ],
    [
      "a mute node: hears everybody, nobody hears it",
      { shape: "mute", groups: [["n3"]] },
      ["xx.xx", "xx.xx", "xxxxx", "xx.xx", "xx.xx"],
    ],
    [
      "a bridge: both sides hear it alone",
      { shape: "bridge", groups: [["n1", "n2"], ["n4", "n5"], ["n3"]] },
      ["xxx..", "xxx..", "xxxxx", "..xxx", "..xxx"],
    ],
    [
      "a chain: each hears its neighbours",
      { shape: "chain", groups: [FIVE] },
      ["xx...", "xxx..", ".xxx.", "..xxx", "...xx"],
    ],
    [
      "a chain in another order",
      { shape: "chain", groups: [["n2", "n1", "n3"]] },
      ["xxxxx", "xx.xx", "x.xxx", "xxxxx", "xxxxx"],
    ],
    [
      "a ring of majorities: each hears three of five, no two the same",
      { shape: "majorities-ring", groups: [FIVE] },
      ["xx..x", "xxx..", ".xxx.", "..xxx", "x..xx"],
    ],
    [
      "a lost hub: each site hears only itself, the hub nobody",
      { shape: "hub-loss", groups: [["n1", "n2"], ["n4", "n5"], ["n3"]] },
      ["xx...", "xx...", "..x..", "...xx", "...xx"],
    ],
    [
      "a lost hub without sites: everybody is alone",
      { shape: "hub-loss", groups: [["n3"]] },
      ["x....", ".x...", "..x..", "...x.", "....x"],
    ],
    [
      "halves",
      {
        shape: "random-halves",
        groups: [
          ["n1", "n4"],
          ["n2", "n3", "n5"],
        ],
      },
      ["x..x.", ".xx.x", ".xx.x", "x..x.", ".xx.x"],
    ],
    [
      "single links, directed",
      { shape: "links", groups: [["n1"], ["n3"], ["n4"], ["n5"]] },
      ["xxxxx", "xxxxx", ".xxxx", "xxxxx", "xxx.x"],
    ],
    [
      "single links, both ways",
      { shape: "links", groups: [["n1"], ["n3"]], both: true },
      ["xx.xx", "xxxxx", ".xxxx", "xxxxx", "xxxxx"],
    ],
  ])("is right for %s", (_, shape, expected) => {
    expect(rows(shape)).toEqual(expected);
  });

  it.each([3, 4, 5, 6, 7, 8])("is a majority for each of a ring of %i, and no two hear the same one", (count) => {
    const ring = Array.from({ length: count }, (_, i) => `n${String(i + 1)}`);
    const heard = rows({ shape: "majorities-ring", groups: [ring] }, ring);
    expect(new Set(heard).size).toBe(count);
    for (const [i, row] of heard.entries()) {
      expect(row[i]).toBe("x");
      expect(row.replaceAll(".", "")).toHaveLength(Math.floor(count / 2) + 1);
    }
  });

  it("is printed with names, listeners down and speakers across", () => {
    const nodes = ["n1", "n2", "db-10"];
    const shape: Shape = { shape: "one-way", groups: [["n1"], ["db-10"]] };
    expect(formatHearing(hearingMatrix(shape, nodes), nodes)).toBe(
      ["      n1 n2 db-10", "n1     x  x     x", "n2     x  x     x", "db-10  .  x     x"].join("\n"),
    );
  });

  it("cuts each link once, and none to a node itself", () => {
    const links = cutLinks({ shape: "isolate", groups: [["n1", "n2"]] }, ["n1", "n2", "n3"]);
    expect(links.map((link) => link.join(">")).sort()).toEqual(["n1>n2", "n1>n3", "n2>n1", "n2>n3", "n3>n1", "n3>n2"]);
  });
});
