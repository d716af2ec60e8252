import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  FAULT_KINDS,
  faultSchema,
  withFaultIds,
  writeFault,
  type FaultText,
} from "../../../src/sim/faults/registry.ts";

/** One of each kind and shape, in every spelling. */
const ALL: FaultText[] = [
  {
    kind: "partition",
    shape: "split",
    groups: [["leader", "any-follower"], ["rest"]],
    at: "10s",
    for: "30s",
    id: "cut",
  },
  { kind: "partition", shape: "isolate", node: "n1", at: ["5s", "15s"], for: "1500ms" },
  { kind: "partition", shape: "one-way", a: "n1", b: ["n2", "n3"], at: "0us", until: "1m" },
  { kind: "partition", shape: "deaf", nodes: ["leader"], at: "1s" },
  { kind: "partition", shape: "bridge", groups: [["n1"], ["n2"]], bridge: ["rest"], at: "1s" },
  { kind: "partition", shape: "chain", at: "1s", optional: true },
  { kind: "partition", shape: "links", links: [["n1", "n2"]], both: true, at: "1s" },
  {
    kind: "flap",
    shape: { shape: "isolate", node: "leader" },
    down: { min: "100ms", max: "1s" },
    up: "300ms",
    at: "1s",
  },
  { kind: "flap", shape: { kind: "partition", shape: "chain" }, period: "1s", duty: "33.3%", at: "1s" },
  { kind: "delay", by: "300us", at: "1s" },
  { kind: "jitter", links: "all", upTo: "450ms", at: "1s" },
  { kind: "loss", links: [["n1", "n2"]], rate: "0.1%", at: "1s" },
  { kind: "duplicate", nodes: ["n1"], rate: "200ppm", at: "1s" },
  { kind: "reorder", rate: "5%", by: "10ms", at: "1s" },
  { kind: "skew", node: "n1", offset: "-250ms", at: "1s", for: "1s" },
  { kind: "drift", node: "n1", ppm: -200, at: "1s" },
  { kind: "step", node: "n1", by: "-1h", at: "1s" },
  { kind: "leap-second", nodes: ["all"], at: "1s" },
  { kind: "crash", nodes: ["random(2)"], at: "1s", for: "1s" },
  { kind: "kill", node: "n1", at: "1s" },
  { kind: "restart", node: "n1", down: "2s", at: "1s" },
  { kind: "restart", node: "n1", how: "start", at: "1s" },
  { kind: "rolling-restart", nodes: ["all"], how: "kill", down: "1s", gap: "0s", at: "1s" },
  { kind: "pause", node: "n1", at: "1s", for: "1s" },
  { kind: "wipe", node: "n1", at: "1s", for: "2s" },
  { kind: "disk-slow", node: "leader", syncBy: "3s", at: "1s" },
  { kind: "disk-lose-unsynced", nodes: ["all"], orderFree: true, at: "1s" },
  { kind: "disk-torn-write", nodes: ["all"], at: "1s" },
  { kind: "disk-full", node: "leader", at: "1s", for: "1m" },
  { kind: "disk-fsync-fails", nodes: ["random(2)"], at: "1s", for: "1s" },
  { kind: "disk-read-only", node: "n1", at: "1s", for: "1s" },
  { kind: "disk-stuck", node: "n1", at: "1s", for: "1s" },
  { kind: "bit-rot", node: "n1", path: "raft/log", bits: 8, at: "1s" },
  { kind: "shared-disk", node: "n2", of: "n1", at: "1s", for: "1s" },
  { kind: "redis-down", at: "1s", for: "1s" },
  { kind: "redis-slow", node: "redis1", by: "300ms", at: "1s" },
  { kind: "redis-failover", lose: "2s", at: "1s", for: "1s" },
  { kind: "ofd-fails", at: "1s", for: "1s" },
  { kind: "ofd-timeout-after-accept", node: "ofd1", at: "1s" },
  { kind: "ofd-slow", node: "program(ofd)", by: "1500ms", at: "1s" },
  { kind: "ofd-duplicate-delivery", nodes: ["ofd1", "ofd2"], at: "1s" },
  { kind: "dns-stale", nodes: ["random(2)"], name: "leader", at: "1s", for: "1s" },
  { kind: "dns-stale", node: "n1", name: "n2", to: "n3", taken: true, at: "1s" },
  { kind: "partition", shape: "mute", node: "leader", at: "1s" },
  { kind: "partition", shape: "majorities-ring", at: "1s" },
  { kind: "partition", shape: "hub-loss", hub: "leader", groups: [["n1"], ["n2"]], at: "1s" },
  { kind: "partition", shape: "random-halves", at: "1s", for: "1s" },
  { kind: "burst-loss", burst: { min: "1ms", max: "9ms" }, gap: "20ms", rate: "90%", at: "1s" },
  { kind: "bandwidth", node: "n1", rate: "1.5MB/s", at: "1s" },
  { kind: "queue-limit", links: "all", messages: 20, at: "1s" },
  { kind: "corrupt", rate: "200ppm", at: "1s" },
  { kind: "strobe", node: "n1", offset: "-2s", every: "4ms", at: "1s" },
  { kind: "freeze", nodes: ["n1"], at: "1s", for: "1s" },
  { kind: "smear", nodes: ["all"], by: "-1s", over: "24h", at: "1s" },
  { kind: "wrong-at-boot", node: "n1", offset: "-1h", corrected: "10s", at: "1s" },
  { kind: "slow", node: "leader", factor: 100, handling: "20us", at: "1s" },
  { kind: "restart-loop", nodes: ["n1"], how: "crash", up: { min: "1ms", max: "1s" }, down: "1s", at: "1s" },
  { kind: "blackhole", links: [["n1", "n2"]], at: "1s", for: "1s" },
  { kind: "hold", nodes: ["n1"], at: "1s", for: "1s" },
  { kind: "release", links: "all", at: "1s" },
  { kind: "order", node: "leader", order: { type: "raft.transfer", to: "n2" }, at: "1s" },
];

describe("the schema of faults", () => {
  it("knows every kind there is, and this test one of each", () => {
    const kinds = FAULT_KINDS.map((kind) => kind.kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect([...new Set(ALL.map((fault) => fault.kind))].sort()).toEqual([...kinds].sort());
  });

  it.each(ALL.map((fault) => [JSON.stringify(fault), fault] as const))("reads back what it wrote: %s", (_, fault) => {
    const spec = faultSchema.parse(fault);
    const written = writeFault(spec);
    expect(written).toMatchObject({ kind: fault.kind, at: fault.at });
    expect(faultSchema.parse(written)).toEqual(spec);
    expect(writeFault(faultSchema.parse(written))).toEqual(written);
  });

  it("holds times in µs and shares in parts per million inside", () => {
    expect(faultSchema.parse(ALL[1])).toMatchObject({ at: [5_000_000, 15_000_000], for: 1_500_000, optional: false });
    expect(faultSchema.parse(ALL[8])).toMatchObject({ period: 1_000_000, duty: 333_000, shape: { kind: "partition" } });
    expect(faultSchema.parse(ALL[11])).toMatchObject({ rate: 1_000 });
    expect(faultSchema.parse(ALL[14])).toMatchObject({ offset: -250_000 });
  });

  it("becomes a JSON Schema in which every duration is a text", () => {
    const schema = z.toJSONSchema(faultSchema, { io: "input" });
    const text = JSON.stringify(schema);
    for (const kind of FAULT_KINDS) expect(text).toContain(`"const":"${kind.kind}"`);
    expect(text).not.toMatch(/"(at|for|until|by|down)":\{"type":"number"/);
  });

  it.each<[string, object, string]>([
    ["a bare number for a duration", { kind: "pause", node: "n1", at: 10 }, "a moment"],
    ["a bare number for a length", { kind: "pause", node: "n1", at: "1s", for: 10 }, "a duration with its unit"],
    ["a bare number for a share", { kind: "loss", rate: 0.1, at: "1s" }, "a share"],
    ["a share above all", { kind: "loss", rate: "101%", at: "1s" }, "at most 100%"],
    ["a length of nothing", { kind: "pause", node: "n1", at: "1s", for: "0s" }, "a duration from"],
    ["nobody to act on", { kind: "crash", at: "1s" }, "either node or nodes"],
    ["node and nodes", { kind: "crash", node: "n1", nodes: ["n2"], at: "1s" }, "either node or nodes"],
    ["links and nodes", { kind: "loss", rate: "1%", links: "all", node: "n1", at: "1s" }, "only one of"],
    ["a target that is no name", { kind: "crash", node: "N 1", at: "1s" }, "a node as n1"],
    ["a flap without lengths", { kind: "flap", shape: { shape: "chain" }, at: "1s" }, "either down and up"],
    [
      "a flap with both",
      { kind: "flap", shape: { shape: "chain" }, at: "1s", up: "1s", down: "1s", period: "1s", duty: "1%" },
      "either down and up",
    ],
    [
      "a flap that is never whole",
      { kind: "flap", shape: { shape: "chain" }, at: "1s", period: "1s", duty: "100%" },
      "a share that leaves",
    ],
    [
      "a flap whose range is turned round",
      { kind: "flap", shape: { shape: "chain" }, at: "1s", up: "1s", down: { min: "2s", max: "1s" } },
      "a range",
    ],
    ["a restart that does not say how long", { kind: "restart", node: "n1", at: "1s" }, "how long they stay down"],
    ["a start that says how long", { kind: "restart", node: "n1", how: "start", down: "1s", at: "1s" }, "no down"],
    ["a slow disk that is not slow", { kind: "disk-slow", node: "n1", at: "1s" }, "what becomes slow"],
    ["too much drift", { kind: "drift", node: "n1", ppm: 100_001, at: "1s" }, "100000"],
    ["an unknown key", { kind: "crash", node: "n1", at: "1s", force: true }, "force"],
    ["bytes without their time", { kind: "bandwidth", rate: "64kB", at: "1s" }, "a rate of bytes"],
    ["a part of a byte", { kind: "bandwidth", rate: "1.5B/s", at: "1s" }, "a rate of bytes"],
    ["a line that takes nothing", { kind: "bandwidth", rate: "0kB/s", at: "1s" }, "a rate of bytes"],
    ["a queue without room", { kind: "queue-limit", messages: 0, at: "1s" }, "an integer from 1"],
    [
      "a burst whose range is turned round",
      { kind: "burst-loss", burst: { min: "2s", max: "1s" }, gap: "1s", at: "1s" },
      "a range",
    ],
    ["a smear that is a step", { kind: "smear", node: "n1", by: "-1s", over: "1s", at: "1s" }, "a time longer"],
    ["a CPU as fast as ever", { kind: "slow", node: "n1", factor: 1, at: "1s" }, "too_small"],
    [
      "a restart loop whose range is turned round",
      { kind: "restart-loop", node: "n1", up: "1s", down: { min: "2s", max: "1s" }, at: "1s" },
      "a range",
    ],
    ["rot of no bit", { kind: "bit-rot", node: "n1", bits: 0, at: "1s" }, ">=1"],
    ["a stale name taken by nobody", { kind: "dns-stale", node: "n1", name: "n2", taken: true, at: "1s" }, "the node"],
  ])("rejects %s", (_, fault, words) => {
    const result = faultSchema.safeParse(fault);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(words);
  });
});

describe("ids of faults", () => {
  it("are their own, or their kinds, numbered from the second on", () => {
    const faults = [{ id: "crash-2" }, {}, {}, {}].map((own) =>
      faultSchema.parse({ kind: "crash", node: "n1", at: "1s", ...own }),
    );
    expect(withFaultIds(faults).map((fault) => fault.id)).toEqual(["crash-2", "crash", "crash-3", "crash-4"]);
  });
});
