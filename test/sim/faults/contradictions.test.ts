import { describe, expect, it } from "vitest";
import { faultSchema, findContradictions, type FaultText } from "../../../src/sim/faults/registry.ts";

const found = (...faults: FaultText[]): string[] =>
  findContradictions(faults.map((fault) => faultSchema.parse(fault))).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

const crash = (node: string, at: string, more: object = {}): FaultText => ({ kind: "crash", node, at, ...more });

describe("contradictions", () => {
  it.each<[string, FaultText[], RegExp]>([
    [
      "one id twice",
      [crash("n1", "1s", { id: "a" }), crash("n2", "1s", { id: "a" })],
      /^1\.id: Two faults are called "a"/,
    ],
    ["for and until", [crash("n1", "1s", { for: "1s", until: "5s" })], /^0\.until: .*two ends/],
    ["an end before the start", [crash("n1", "10s", { until: "5s" })], /^0\.until: .*before it starts/],
    ["an end before the latest start", [{ kind: "pause", node: "n1", at: ["1s", "9s"], until: "5s" }], /^0\.until/],
    ["a range turned round", [{ kind: "pause", node: "n1", at: ["9s", "1s"] }], /^0\.at/],
    [
      "an end of what ends itself",
      [{ kind: "restart", node: "n1", down: "1s", at: "1s", for: "3s" }],
      /^0\.for: A restart ends by itself/,
    ],
    [
      "a crash while down",
      [crash("n1", "5s", { for: "20s" }), crash("n1", "10s", { for: "2s" })],
      /^1\.at: "n1" is down by fault "crash" from 5s until 25s/,
    ],
    [
      "a crash written before the one that precedes it",
      [crash("n1", "10s"), crash("n1", "5s")],
      /^0\.at: "n1" is down by fault "crash" from 5s for good/,
    ],
    ["a kill after a crash without an end", [crash("n1", "5s"), { kind: "kill", node: "n1", at: "50s" }], /^1\.at/],
    [
      "a crash of all while one is down",
      [crash("n1", "5s"), { kind: "crash", nodes: ["all"], at: "6s" }],
      /^1\.at: "n1"/,
    ],
    ["two crashes of all", [crash("all", "5s"), crash("all", "6s")], /^1\.at: Every node/],
    ["a pause while down", [crash("n1", "5s"), { kind: "pause", node: "n1", at: "6s" }], /^1\.at: .*cannot pause/],
    [
      "a pause while paused",
      [
        { kind: "pause", node: "n1", at: "5s", for: "2s" },
        { kind: "pause", node: "n1", at: "6s" },
      ],
      /^1\.at: "n1" is paused/,
    ],
    ["a restart of what is down", [crash("n1", "5s"), { kind: "restart", node: "n1", down: "1s", at: "6s" }], /^1\.at/],
    [
      "a crash in a rolling restart",
      [{ kind: "rolling-restart", nodes: ["n1", "n2"], down: "5s", gap: "5s", at: "10s" }, crash("n2", "22s")],
      /^1\.at: "n2" is down by fault "rolling-restart" from 20s until 25s/,
    ],
    ["a wipe while down", [crash("n1", "5s"), { kind: "wipe", node: "n1", at: "6s" }], /^1\.at: .*cannot take down/],
    [
      "two wipes at once",
      [
        { kind: "wipe", node: "n1", at: "5s", for: "2s" },
        { kind: "wipe", nodes: ["all"], at: "6s" },
      ],
      /^1\.at: "n1" is down by fault "wipe"/,
    ],
    [
      "a release before any hold",
      [
        { kind: "release", links: "all", at: "6s" },
        { kind: "hold", at: "7s" },
      ],
      /^0\.at/,
    ],
    [
      "an end of a release",
      [
        { kind: "hold", at: "1s" },
        { kind: "release", at: "6s", for: "1s" },
      ],
      /^1\.for: A release ends/,
    ],
    ["a stale name of its own node", [{ kind: "dns-stale", node: "n1", name: "n2", to: "n2", at: "1s" }], /^0\.to/],
    [
      "a start of a node never crashed",
      [{ kind: "restart", node: "n1", how: "start", at: "9s" }],
      /^0: Nothing leaves "n1" down/,
    ],
    [
      "a start of another node",
      [crash("n2", "5s"), { kind: "restart", node: "n1", how: "start", at: "9s" }],
      /^1: Nothing leaves "n1" down/,
    ],
    [
      "a start before the crash",
      [crash("n1", "10s"), { kind: "restart", node: "n1", how: "start", at: "9s" }],
      /^1: Nothing/,
    ],
    [
      "a node on two sides",
      [{ kind: "partition", shape: "split", groups: [["n1", "n2"], ["n2"]], at: "1s" }],
      /^0: The partition names "n2" twice/,
    ],
    [
      "a bridge that is a side",
      [{ kind: "partition", shape: "bridge", groups: [["n1"], ["n2"]], bridge: "n1", at: "1s" }],
      /"n1" twice/,
    ],
    [
      "a chain that bites its tail",
      [{ kind: "partition", shape: "chain", nodes: ["n1", "n2", "n1"], at: "1s" }],
      /"n1" twice/,
    ],
    [
      "a link to itself",
      [
        {
          kind: "partition",
          shape: "links",
          links: [
            ["n1", "n2"],
            ["n3", "n3"],
          ],
          at: "1s",
        },
      ],
      /^0\.links\.1: .*itself/,
    ],
    [
      "one inside a flap",
      [{ kind: "flap", shape: { shape: "split", groups: [["n1"], ["n1"]] }, up: "1s", down: "1s", at: "1s" }],
      /^0\.shape/,
    ],
  ])("are found: %s", (_, faults, message) => {
    const messages = found(...faults);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(message);
  });

  it.each<[string, FaultText[]]>([
    ["crashes one after the other", [crash("n1", "5s", { for: "5s" }), crash("n1", "10s", { for: "5s" })]],
    ["crashes of two nodes", [crash("n1", "5s"), crash("n2", "5s")]],
    [
      "roles, whoever they will be",
      [crash("leader", "5s"), crash("leader", "6s"), { kind: "crash", nodes: ["minority"], at: "7s" }],
    ],
    ["a crash of a paused node", [{ kind: "pause", node: "n1", at: "5s" }, crash("n1", "6s")]],
    [
      "starts that need not overlap",
      [crash("n1", "5s", { for: "2s" }), { kind: "crash", node: "n1", at: ["6s", "9s"] }],
    ],
    [
      "a start of what was left down, and a second crash",
      [crash("n1", "5s"), { kind: "restart", node: "n1", how: "start", at: "9s" }, crash("n1", "10s")],
    ],
    [
      "a start of what a role may have left down",
      [crash("leader", "5s"), { kind: "restart", node: "n1", how: "start", at: "9s" }],
    ],
    [
      "partitions over each other",
      [
        { kind: "partition", shape: "isolate", node: "n1", at: "1s" },
        { kind: "partition", shape: "isolate", node: "n1", at: "1s" },
      ],
    ],
    [
      "two followers, each another",
      [{ kind: "partition", shape: "split", groups: [["leader", "any-follower"], ["any-follower"]], at: "1s" }],
    ],
  ])("are not seen in %s", (_, faults) => {
    expect(found(...faults)).toEqual([]);
  });

  it("says what was expected instead", () => {
    const faults = [crash("n1", "5s", { for: "20s" }), crash("n1", "10s")].map((fault) => faultSchema.parse(fault));
    expect(findContradictions(faults)[0]?.expected).toBe("a start at 25s or later, or another node");
  });
});
