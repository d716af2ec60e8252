import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { chatter, FaultWorld, nodes } from "./fault-world.ts";

const fault = (kind: string, more: object): FaultText => ({ kind, at: "100ms", for: "200ms", ...more }) as FaultText;

/** Latency in µs and time of sending of every delivery, by link. */
function latencies(world: FaultWorld): { link: string; sentAt: number; took: number }[] {
  const sentAt = new Map(world.records("sent").map((record) => [record.id, record.time]));
  return world.records("delivered").map((record) => {
    const sent = sentAt.get(record.sent) ?? 0;
    return { link: `${record.from}>${record.node}`, sentAt: sent, took: record.time - sent };
  });
}

const isDuring = (time: number): boolean => time >= 100_000 && time < 300_000;

async function run(kind: string, more: object, count = 2): Promise<FaultWorld> {
  return new FaultWorld(nodes(count, chatter), [fault(kind, more)]).run(500);
}

describe("delay", () => {
  it("makes every message later by its time while it lasts, and none after", async () => {
    const world = await run("delay", { by: "20ms" });
    for (const { sentAt, took } of latencies(world)) expect(took).toBe(isDuring(sentAt) ? 21_000 : 1_000);
    expect(world.outcome.touched).toBe(world.records("sent").filter((record) => isDuring(record.time)).length);
  });

  it.each([
    ["links", { links: [["n1", "n2"]] }, ["n1>n2"]],
    ["links both ways", { links: [["n1", "n2"]], both: true }, ["n1>n2", "n2>n1"]],
    ["a node", { node: "n1" }, ["n1>n2", "n1>n3", "n2>n1", "n3>n1"]],
    ["all links", { links: "all" }, ["n1>n2", "n1>n3", "n2>n1", "n2>n3", "n3>n1", "n3>n2"]],
  ])("acts on %s", async (_, scope, expected) => {
    const world = await run("delay", { by: "20ms", ...scope }, 3);
    const late = new Set(
      latencies(world)
        .filter(({ took }) => took > 1_000)
        .map(({ link }) => link),
    );
    expect([...late].sort()).toEqual(expected);
  });
});

describe("jitter", () => {
  it("makes each message later by a time of its own, up to its limit", async () => {
    const world = await run("jitter", { upTo: "10ms" });
    const during = latencies(world)
      .filter(({ sentAt }) => isDuring(sentAt))
      .map(({ took }) => took - 1_000);
    expect(Math.min(...during)).toBeLessThan(500);
    expect(Math.max(...during)).toBeGreaterThan(9_500);
    expect(during.every((extra) => extra >= 0 && extra <= 10_000)).toBe(true);
    const late = during.filter((extra) => extra > 0).length;
    expect(world.outcome.touched).toBe(late);
    expect(
      latencies(world)
        .filter(({ sentAt }) => !isDuring(sentAt))
        .every(({ took }) => took === 1_000),
    ).toBe(true);
  });
});

describe("loss", () => {
  it("loses its share of the messages while it lasts", async () => {
    const world = await run("loss", { rate: "25%" });
    const lost = world.records("dropped");
    expect(lost.every((record) => record.reason === "loss" && record.fault === "loss" && isDuring(record.time))).toBe(
      true,
    );
    expect(lost.length).toBeGreaterThan(70);
    expect(lost.length).toBeLessThan(130);
    expect(world.outcome.touched).toBe(lost.length);
  });

  it("loses everything at 100 %, and nothing is lost after it", async () => {
    const world = await run("loss", { rate: "100%" });
    expect(latencies(world).some(({ sentAt }) => isDuring(sentAt))).toBe(false);
    expect(world.records("dropped")).toHaveLength(world.outcome.touched);
  });
});

describe("duplicate", () => {
  it("delivers its share of the messages twice while it lasts", async () => {
    const world = await run("duplicate", { rate: "25%" });
    const copies = world.records("duplicated");
    expect(copies.every((record) => record.fault === "duplicate" && isDuring(record.time))).toBe(true);
    expect(copies.length).toBeGreaterThan(70);
    expect(copies.length).toBeLessThan(130);
    expect(world.outcome.touched).toBe(copies.length);
    const times = new Map<number, number>();
    for (const { sent } of world.records("delivered")) times.set(sent, (times.get(sent) ?? 0) + 1);
    expect([...times.values()].filter((count) => count === 2)).toHaveLength(copies.length);
  });
});

describe("reorder", () => {
  it("holds its share of the messages back, so that later ones overtake them", async () => {
    const world = await run("reorder", { rate: "25%", by: "5ms" });
    const held = latencies(world).filter(({ took }) => took > 1_000);
    expect(held.every(({ sentAt, took }) => took === 6_000 && isDuring(sentAt))).toBe(true);
    expect(held.length).toBeGreaterThan(70);
    expect(world.outcome.touched).toBe(held.length);
    const numbers = world
      .records("delivered")
      .filter((record) => record.node === "n2")
      .map((record) => record.message["n"] as number);
    expect(numbers.some((n, i) => n < (numbers[i - 1] ?? 0))).toBe(true);
  });
});

describe("blackhole", () => {
  it("takes what is sent while it lasts, and nothing else", async () => {
    const world = await run("blackhole", { links: [["n1", "n2"]] }, 3);
    const lost = world.records("dropped");
    expect(
      lost.every(({ reason, fault, time }) => reason === "blackhole" && fault === "blackhole" && isDuring(time)),
    ).toBe(true);
    expect(new Set(lost.map(({ from, node }) => `${from}>${node}`))).toEqual(new Set(["n1>n2"]));
    const arrived = latencies(world).filter(({ link }) => link === "n1>n2");
    // Sent before it and heard in it: what was on the way arrives.
    expect(arrived.some(({ sentAt, took }) => !isDuring(sentAt) && isDuring(sentAt + took))).toBe(true);
    expect(arrived.filter(({ sentAt }) => isDuring(sentAt))).toEqual([]);
    expect(arrived).toHaveLength(499 - lost.length);
    expect(world.outcome.touched).toBe(lost.length);
  });

  it("leaves the link up for whoever looks", async () => {
    const world = new FaultWorld(nodes(2, chatter), [fault("blackhole", { links: "all" })]);
    expect(await world.watch([50, 200, 400], () => world.cuts)).toEqual([[], [], []]);
    expect(world.records("state").filter(({ key }) => key.startsWith("link>"))).toEqual([]);
  });

  it("counts for each of two that took the same message", async () => {
    const both = [fault("blackhole", { id: "a" }), fault("blackhole", { id: "b", at: "200ms" })];
    const world = await new FaultWorld(nodes(2, chatter), both).run(500);
    const lost = world.records("dropped");
    const [a, b] = world.faults.outcomes().map(({ touched }) => touched);
    expect([a, b]).toEqual([400, 400]);
    expect(lost).toHaveLength(600);
    expect(lost.filter((record) => record.fault === "b").every(({ time }) => time >= 300_000)).toBe(true);
  });
});

describe("every link fault", () => {
  it.each([
    ["delay", { by: "3ms" }],
    ["jitter", { upTo: "3ms" }],
    ["loss", { rate: "50%" }],
    ["duplicate", { rate: "50%" }],
    ["reorder", { rate: "50%", by: "3ms" }],
    ["burst-loss", { burst: { min: "5ms", max: "30ms" }, gap: "20ms", rate: "90%" }],
    ["bandwidth", { rate: "200kB/s" }],
    ["queue-limit", { messages: 1 }],
    ["corrupt", { rate: "50%" }],
    ["blackhole", {}],
    ["hold", {}],
  ])("leaves no trace: after %s the network does what it would have done", async (kind, more) => {
    const options = { network: { latency: { uniform: { min: 500, max: 1_500 } } as const, lossPpm: 100_000 } };
    const after = (world: FaultWorld): unknown[] =>
      [...world.records("delivered"), ...world.records("dropped")]
        .filter((record) => record.time > 310_000)
        .map((record) => [record.kind, record.time, record.from, record.node]);
    const faulty = await new FaultWorld(nodes(3, chatter), [fault(kind, more)], options).run(400);
    const calm = await new FaultWorld(nodes(3, chatter), [], options).run(400);
    expect(after(faulty)).toEqual(after(calm));
    expect(faulty.outcome.touched).toBeGreaterThan(0);
  });
});
