import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import type { Body } from "../world.ts";
import { chatter, FaultWorld, id, nodes } from "./fault-world.ts";

const TIMES = { at: "100ms", for: "200ms" } as const;
const isDuring = (time: number): boolean => time >= 100_000 && time < 300_000;
const idle: Body = () => undefined;

/** n1 sends these to n2 at their times in ms, each with a text of so many units. */
function sends(times: readonly (readonly [ms: number, units: number])[]): Record<string, Body> {
  const n1: Body = (env) => {
    for (const [n, [ms, units]] of times.entries())
      env.timers
        .create(`send-${String(n)}`, () => env.transport.send(id("n2"), { type: "t", text: "x".repeat(units) }))
        .arm(ms);
  };
  return { n1, n2: idle };
}

/** When each message arrived, ms. */
const arrivals = (world: FaultWorld): number[] => world.records("delivered").map(({ time }) => time / 1_000);

/** When each message ended on its way, ms, and why. */
const drops = (world: FaultWorld): string[] =>
  world.records("dropped").map(({ time, reason, fault }) => `${String(time / 1_000)} ${reason} by ${fault}`);

describe("burst-loss", () => {
  const bursts: FaultText = { kind: "burst-loss", links: "all", burst: "10ms", gap: "30ms", ...TIMES };

  it("loses everything in its bursts, the first at its start, and nothing between them", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [bursts]).run(500);
    const lost = world.records("dropped");
    expect(lost.every(({ reason, fault }) => reason === "loss" && fault === "burst-loss")).toBe(true);
    expect([...new Set(lost.map(({ time }) => Math.floor(time / 10_000)))]).toEqual([10, 14, 18, 22, 26]);
    expect(lost).toHaveLength(5 * 10 * 2);
    expect(world.outcome.touched).toBe(lost.length);
  });

  it("loses its share of the messages in a burst", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [{ ...bursts, rate: "50%" }]).run(500);
    const lost = world.records("dropped").length;
    expect(lost).toBeGreaterThan(30);
    expect(lost).toBeLessThan(70);
  });

  it("draws its times anew for each link and each burst", async () => {
    const drawn: FaultText = { ...bursts, burst: { min: "1ms", max: "20ms" }, gap: { min: "5ms", max: "30ms" } };
    const world = await new FaultWorld(nodes(2, chatter), [drawn]).run(500);
    const lostAt = (node: string): number[] =>
      world
        .records("dropped")
        .filter((record) => record.node === node)
        .map(({ time }) => time);
    expect(lostAt("n1")).not.toEqual(lostAt("n2"));
    expect(lostAt("n1").concat(lostAt("n2")).every(isDuring)).toBe(true);
  });
});

describe("bandwidth", () => {
  // {"type":"t","text":""} and the head of its frame are 30 bytes: with 970 units a message has 1,000.
  const narrow: FaultText = { kind: "bandwidth", links: [["n1", "n2"]], rate: "100kB/s", ...TIMES };

  it("lets each message take its size's time, one after the other, before its latency", async () => {
    const world = await new FaultWorld(
      sends([
        [150, 970],
        [150, 970],
        [155, 470],
        [200, 970],
      ]),
      [narrow],
    ).run(500);
    expect(arrivals(world)).toEqual([161, 171, 176, 211]);
    expect(world.outcome.touched).toBe(4);
  });

  it("acts on its own links and its own time alone", async () => {
    const times = [
      [99, 970],
      [301, 970],
    ] as const;
    const world = await new FaultWorld(sends(times), [narrow]).run(500);
    expect(arrivals(world)).toEqual([100, 302]);
    expect(world.outcome.touched).toBe(0);
    const other = await new FaultWorld(sends([[150, 970]]), [{ ...narrow, links: [["n2", "n1"]] }]).run(500);
    expect(arrivals(other)).toEqual([151]);
  });
});

describe("queue-limit", () => {
  const limit: FaultText = { kind: "queue-limit", links: [["n1", "n2"]], messages: 2, ...TIMES };
  const four = [150, 150, 150, 152].map((ms) => [ms, 970] as const);

  it("drops what is sent while so many messages are on the way", async () => {
    const world = await new FaultWorld(sends(four), [limit]).run(500);
    expect(arrivals(world)).toEqual([151, 151, 153]);
    expect(drops(world)).toEqual(["150 queue-full by queue-limit"]);
    expect(world.outcome.touched).toBe(1);
  });

  it("fills with what waits for a narrow line, which a dropped message does not take", async () => {
    const narrow: FaultText = { kind: "bandwidth", links: "all", rate: "100kB/s", ...TIMES };
    const world = await new FaultWorld(sends(four), [limit, narrow]).run(500);
    expect(arrivals(world)).toEqual([161, 171]);
    expect(drops(world)).toEqual(["150 queue-full by queue-limit", "152 queue-full by queue-limit"]);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([2, 2]);
  });

  it("fills with what is held, until it goes on", async () => {
    const times = [150, 150, 180, 200].map((ms) => [ms, 970] as const);
    const hold: FaultText = { kind: "hold", links: "all", at: "140ms", for: "50ms" };
    const world = await new FaultWorld(sends(times), [limit, hold]).run(500);
    expect(arrivals(world)).toEqual([190, 190, 201]);
    expect(drops(world)).toEqual(["180 queue-full by queue-limit"]);
  });

  it("is over with its end", async () => {
    const world = await new FaultWorld(sends([301, 301, 301].map((ms) => [ms, 9] as const)), [limit]).run(500);
    expect(arrivals(world)).toEqual([302, 302, 302]);
    expect(world.outcome.touched).toBe(0);
  });
});

describe("corrupt", () => {
  it("lets its share of the messages be dropped where they arrive, and no program sees one", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [{ kind: "corrupt", rate: "25%", ...TIMES }]).run(500);
    const broken = world.records("dropped");
    expect(broken.every(({ reason, fault }) => reason === "corrupt" && fault === "corrupt")).toBe(true);
    // A latency later than it was sent.
    expect(broken.every(({ time }) => isDuring(time - 1_000))).toBe(true);
    expect(broken.length).toBeGreaterThan(70);
    expect(broken.length).toBeLessThan(130);
    expect(world.outcome.touched).toBe(broken.length);
    const ended = new Set(broken.map(({ sent }) => sent));
    expect(world.records("delivered").some(({ sent }) => ended.has(sent))).toBe(false);
    expect(world.records("sent").filter(({ time }) => time <= 499_000).length - broken.length).toBe(
      world.records("delivered").length,
    );
  });

  it("is not what ends a message whose link is cut when it arrives", async () => {
    const cut: FaultText = { kind: "partition", shape: "isolate", node: "n2", at: "150500us", for: "1s" };
    const broken: FaultText = { kind: "corrupt", rate: "100%", ...TIMES };
    const world = await new FaultWorld(sends([[150, 9]]), [broken, cut]).run(500);
    expect(drops(world)).toEqual(["151 partition by partition"]);
  });
});
