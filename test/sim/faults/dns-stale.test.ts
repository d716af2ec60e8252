import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { chatter, FaultWorld, nodes } from "./fault-world.ts";

const stale = (more: object = {}): FaultText => ({
  kind: "dns-stale",
  node: "n1",
  name: "n2",
  at: "100500us",
  for: "200ms",
  ...more,
});

const run = (faults: FaultText[], options = {}): Promise<FaultWorld> =>
  new FaultWorld(nodes(3, chatter), faults, options).run(500);

const isDuring = (time: number): boolean => time >= 100_500 && time < 300_500;

/** `sender>name` of what was sent while it lasted and arrived at whom it meant. */
function reached(world: FaultWorld): string[] {
  const sent = new Map(world.records("sent").map((record) => [record.id, record]));
  const links = world.records("delivered").flatMap((record) => {
    const from = sent.get(record.sent);
    return from !== undefined && isDuring(from.time) && from.to === record.node ? [`${from.node}>${from.to}`] : [];
  });
  return [...new Set(links)].sort();
}

const OTHERS = ["n1>n3", "n2>n1", "n2>n3", "n3>n1", "n3>n2"];

describe("dns-stale", () => {
  it("lets what is sent by a name that cannot be resolved go nowhere, and nothing else", async () => {
    const world = await run([stale()]);
    expect(reached(world)).toEqual(OTHERS);
    const lost = world.records("dropped");
    expect(new Set(lost.map(({ reason, node, fault }) => `${reason} ${node} ${fault}`))).toEqual(
      new Set(["unknown-node n2 dns-stale"]),
    );
    expect(lost).toHaveLength(200);
    expect(world.outcome.touched).toBe(200);
    expect(world.cuts).toEqual([]);
  });

  it("lets what was on the way arrive, and everything after its end", async () => {
    const calm = await run([]);
    const world = await run([stale()]);
    const heard = (of: FaultWorld): number[] =>
      of
        .records("delivered")
        .filter(({ node, from }) => node === "n2" && from === "n1")
        .map(({ time }) => time);
    expect(heard(world)).toEqual(heard(calm).filter((time) => !isDuring(time - 1_000)));
  });

  it("takes it to the other node, which refuses what means somebody else", async () => {
    const world = await run([stale({ to: "n3" })]);
    expect(reached(world)).toEqual(OTHERS);
    const lost = world.records("dropped");
    expect(new Set(lost.map(({ reason, node, from }) => `${from} ${node} ${reason}`))).toEqual(
      new Set(["n1 n3 unknown-node"]),
    );
    // They travel: the first arrives a millisecond after it was sent.
    expect([lost[0]?.time, lost.length]).toEqual([102_000, 200]);
  });

  it("lets the other node take it for its own", async () => {
    const world = await run([stale({ to: "n3", taken: true })]);
    const atN3 = world
      .records("delivered")
      .filter(({ node, from, time }) => node === "n3" && from === "n1" && time > 0);
    const twice = atN3.filter(({ time }) => isDuring(time - 1_000));
    expect(twice).toHaveLength(400);
    expect(atN3).toHaveLength(498 + 1 + 200);
    expect(world.records("dropped")).toEqual([]);
  });

  it("obeys what else acts on the link it really takes, and only that", async () => {
    const cut = (from: string, to: string): FaultText => ({
      kind: "partition",
      shape: "links",
      links: [[from, to]],
      at: "50ms",
    });
    const meant = await run([stale({ to: "n3", taken: true }), cut("n1", "n2")]);
    const atN3 = (world: FaultWorld): number =>
      world
        .records("delivered")
        .filter(({ node, from, time }) => node === "n3" && from === "n1" && isDuring(time - 1_000)).length;
    expect(atN3(meant)).toBe(400);
    for (const taken of [true, false]) {
      const real = await run([stale({ to: "n3", taken }), cut("n1", "n3")]);
      expect(atN3(real)).toBe(0);
      const lost = real.records("dropped").filter(({ time }) => isDuring(time));
      expect(lost.map(({ reason, fault }) => `${reason} ${fault}`)).toEqual(
        Array.from({ length: 400 }, () => "partition partition"),
      );
    }
  });

  it("leaves no trace: the network does what it would have done", async () => {
    const network = { latency: { uniform: { min: 500, max: 1_500 } } as const, lossPpm: 100_000 };
    const after = (world: FaultWorld): unknown[] =>
      [...world.records("delivered"), ...world.records("dropped")]
        .filter(({ time }) => time > 310_000)
        .map((record) => [record.kind, record.time, record.from, record.node]);
    const calm = await run([], { network });
    for (const more of [{}, { to: "n3" }, { to: "n3", taken: true }])
      expect(after(await run([stale(more)], { network }))).toEqual(after(calm));
  });

  it("follows the youngest of two, then again the other; both count", async () => {
    const world = await run([stale({ id: "a", to: "n3", taken: true }), stale({ id: "b", at: "200500us" })]);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([200, 200]);
    const lost = world.records("dropped");
    expect(lost.every(({ fault, reason }) => fault === "b" && reason === "unknown-node")).toBe(true);
    expect(lost).toHaveLength(200);
  });

  it("cannot lead to its own node", () => {
    expect(() => new FaultWorld(nodes(3, chatter), [stale({ to: "n2" })])).toThrow("leads to its own node");
  });
});
