import { describe, expect, it } from "vitest";
import { shorterDurations, weakerFaults } from "../../../src/lab/explore/weaken.ts";

const fields = (fault: Parameters<typeof weakerFaults>[0], key: string): unknown[] =>
  [...weakerFaults(fault)].map((weaker) => weaker[key]).filter((value) => value !== fault[key]);

describe("weaker forms of a fault", () => {
  it("last shorter, in numbers a person would write", () => {
    expect(fields({ kind: "pause", node: "n1", at: "10s", for: "37s" }, "for")).toEqual(["10s", "18s"]);
    expect(shorterDurations(1_500)).toEqual([1_000, 750]);
    expect(shorterDurations(-4_000_000)).toEqual([-1_000_000, -2_000_000]);
    expect(shorterDurations(1)).toEqual([]);
  });

  it("start at a moment instead of between two, and at whole seconds", () => {
    expect(fields({ kind: "crash", node: "n1", at: ["5s", "15s"] }, "at")).toEqual(["5s", "15s"]);
    expect(fields({ kind: "crash", node: "n1", at: "3712ms" }, "at")).toEqual(["3s", "3700ms"]);
    expect(fields({ kind: "crash", node: "n1", at: "200ms" }, "at")).toEqual(["0s"]);
  });

  it("end earlier when they last until a moment, and not before they begin", () => {
    expect(fields({ kind: "pause", node: "n1", at: "10s", until: "47s" }, "until")).toEqual(["20s", "28s"]);
    expect(fields({ kind: "pause", node: "n1", at: ["1s", "9s"], until: "47s" }, "until")).toEqual([]);
  });

  it("name one target less, in lists and in lists of lists", () => {
    expect(fields({ kind: "pause", nodes: ["n1", "n2"], at: "1s" }, "nodes")).toEqual([["n2"], ["n1"]]);
    const groups = [["n1", "n2"], ["rest"]];
    expect(fields({ kind: "partition", shape: "split", groups, at: "1s" }, "groups")).toEqual([
      [["rest"]],
      [["n1", "n2"]],
      [["n2"], ["rest"]],
      [["n1"], ["rest"]],
    ]);
  });

  it("do half as much, and keep what they are", () => {
    expect(fields({ kind: "loss", links: "all", rate: "30%", at: "1s" }, "rate")).toEqual(["15%"]);
    expect(fields({ kind: "drift", node: "n1", ppm: -200, at: "1s" }, "ppm")).toEqual([-1, -100]);
    expect([
      ...weakerFaults({ id: "cut", kind: "partition", shape: "deaf", node: "n2", at: "1s", optional: true }),
    ]).toEqual([]);
  });

  it("come no more often, and last a millisecond at least", () => {
    const flap = { kind: "flap", shape: { shape: "deaf", node: "n2" }, down: "8ms", up: "700ms", at: "1s" };
    expect(fields(flap, "up")).toEqual([]);
    expect(fields(flap, "down")).toEqual(["1ms", "4ms"]);
    expect(fields({ ...flap, down: "1ms" }, "down")).toEqual([]);
  });

  it("become weaker inside their shape too", () => {
    const shape = {
      shape: "links",
      links: [
        ["n1", "n2"],
        ["n1", "n3"],
      ],
    };
    expect(fields({ kind: "flap", shape: { ...shape }, at: "1s" }, "shape")).toContainEqual({
      shape: "links",
      links: [["n1", "n3"]],
    });
  });
});
