import { describe, expect, it } from "vitest";
import { nodeId } from "../../../src/system/ports/node.ts";
import { posAdapter } from "../../../src/system/programs/pos-adapter/pos-adapter.ts";
import { TestWorld } from "../../sim/world.ts";
import { PosWorld } from "./pos-world.ts";

const pos1 = nodeId("pos1");

describe("a pos-adapter asked for a receipt", () => {
  it("stores it, answers with its stamp, and says that it was created", async () => {
    const world = await new PosWorld({ syncIntervalMs: 0 }).create(100, "a").run(200);
    const [created] = world.named("receipt.create");
    expect(created?.fields).toMatchObject({ id: "a", pos: "pos1" });
    expect(world.answers).toEqual([expect.stringMatching(/^\d+ c1 pos\.created 1 ok [0-9a-f]{16}-pos1 $/)]);
    expect(world.answers[0]).toContain(String(created?.fields["hlc"]));
    expect(world.named("receipt.status").map(({ fields }) => fields["to"])).toEqual(["pending"]);
  });

  it("before it is ready certainly does not store it", async () => {
    const world = await new PosWorld({ syncIntervalMs: 0 }).create(0, "a").run(500);
    expect(world.answers).toEqual(["2 c1 pos.created 1 fail  NOT_READY"]);
    expect(world.named("receipt.status")).toEqual([]);
  });

  it("again and again stores it once and gives the same stamp", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 })
      .create(100, "a")
      .create(101, "a")
      .create(300, "a", { cashier: "c2" });
    await world.run(500);
    expect(world.answers).toHaveLength(3);
    const stamps = new Set(world.answers.map((line) => line.split(" ")[5]));
    expect(stamps.size).toBe(1);
    expect(world.named("receipt.status")).toHaveLength(1);
  });

  it("with another content under one name refuses it", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 }).create(100, "a").create(200, "a", { payload: "another" });
    await world.run(300);
    expect(world.answers[1]).toMatch(/ c1 pos\.created 2 fail {2}RECEIPT_CONFLICT$/);
  });

  it("refuses it while as many wait as may, and says that it is full", async () => {
    const world = new PosWorld({ syncIntervalMs: 0, capacity: 2 });
    world.create(100, "a").create(150, "b").create(200, "c").sync(300).create(400, "c");
    await world.run(600);
    expect(
      world.answers.map((line) =>
        line
          .split(" ")
          .slice(3)
          .join(" ")
          .replace(/[0-9a-f]{16}-pos1/, "stamp"),
      ),
    ).toEqual([...["1 ok stamp ", "2 ok stamp ", "3 fail  BUFFER_FULL"], ...["4 drained 2", "5 ok stamp "]]);
    expect(world.states("buffer").map((line) => line.split(" ")[2])).toEqual([
      ...["drained", "backlog", "full", "drained", "backlog"],
    ]);
  });

  it("counts what is under way among what waits", async () => {
    const world = new PosWorld({ syncIntervalMs: 0, capacity: 2 }).create(100, "a").create(150, "b");
    world.at(200, () => world.cluster.node("ofd1").control({ type: "ofd.mode", mode: "slow", byMs: 3_000 }));
    await world.sync(300).create(2_000, "c").run(3_000);
    expect(world.states("buffer").map((line) => line.split(" ")[2])).toEqual(["drained", "backlog", "full", "full"]);
    expect(world.answers.at(-1)).toMatch(/ fail {2}BUFFER_FULL$/);
  });

  it("stamps those of one till in the order in which they were asked for", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 });
    for (const id of ["a", "b", "c", "d"]) world.create(100, id);
    await world.run(300);
    const created = world.named("receipt.create").map(({ fields }) => fields);
    expect(created.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    const stamps = created.map(({ hlc }) => String(hlc));
    expect(stamps).toEqual([...new Set(stamps)].toSorted());
  });

  it("that a majority did not store answers that it may have been stored, or certainly was not", async () => {
    const world = new PosWorld({ syncIntervalMs: 0, buffer: "replicated" }, { tills: ["pos1", "pos2", "pos3"] });
    // Whoever leads the group is left alone: what it proposes stays in its log and may still be committed.
    world.at(3_000, () => {
      const leader = world.lastOf("role", "leader");
      for (const till of ["pos1", "pos2", "pos3"]) if (till !== leader) world.cluster.kill(nodeId(till));
      world.create(3_001, "a", { till: leader });
      // By then it knows that it leads nobody, and proposes nothing.
      world.create(6_500, "b", { till: leader });
    });
    await world.run(10_000);
    expect(world.answers.map((line) => line.split(" ").slice(3).join(" "))).toEqual([
      "1 info  BUFFER_UNAVAILABLE",
      "2 fail  BUFFER_UNAVAILABLE",
    ]);
  });
});

describe("a pos-adapter asked for a sync", () => {
  it("brings what waits to the OFD and answers how it ended", async () => {
    const world = await new PosWorld({ syncIntervalMs: 0 }).create(100, "a").create(150, "b").sync(200).run(400);
    expect(world.answers.at(-1)).toMatch(/ c1 pos\.synced 3 drained 2$/);
    expect(world.named("ofd.accept").map(({ fields }) => fields["key"])).toEqual(["a", "b"]);
  });

  it("twice under one number syncs once and answers twice, another cashier's and another number's besides", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 });
    world.sync(200, { number: 7 }).sync(201, { number: 7 }).sync(400, { number: 7 });
    world.sync(500, { number: 7, cashier: "c2" }).sync(600, { number: 8 });
    await world.run(800);
    expect(world.answers.map((line) => line.split(" ").slice(1).join(" "))).toEqual([
      ...["c1 pos.synced 7 drained 0", "c1 pos.synced 7 drained 0", "c1 pos.synced 7 drained 0"],
      ...["c2 pos.synced 7 drained 0", "c1 pos.synced 8 drained 0"],
    ]);
    expect(world.named("sync.trigger")).toHaveLength(3);
  });

  it("before it is ready does not answer", async () => {
    const world = await new PosWorld({ syncIntervalMs: 0 }).sync(0).run(500);
    expect(world.answers).toEqual([]);
    expect(world.named("sync.trigger")).toEqual([]);
  });

  it("says who was first when several are asked at once", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 }).create(100, "a");
    world.sync(200).sync(200).sync(200, { cashier: "c2" });
    await world.run(500);
    expect(
      world.answers
        .slice(1)
        .map((line) => line.split(" ")[4])
        .toSorted(),
    ).toEqual(["drained", "skipped", "skipped"]);
    expect(world.named("ofd.attempt")).toHaveLength(1);
  });
});

describe("a pos-adapter whose receipts the OFD refuses", () => {
  it("gives them up, and keeps its breaker closed", async () => {
    const world = new PosWorld({ syncIntervalMs: 0 });
    const ids = ["a", "b", "c", "d", "e"];
    // The OFD has another receipt under each of these names.
    for (const [i, id] of ids.entries()) world.occupy(50 + i, id);
    for (const id of ids) world.create(100, id);
    await world.sync(300).create(400, "f").sync(500).run(1_000);
    expect(world.named("sync.dead").map(({ fields }) => fields["id"])).toEqual(ids);
    expect(world.states("breaker>ofd")).toHaveLength(1);
    expect(world.answers.at(-1)).toMatch(/ drained 1$/);
  });
});

describe("a pos-adapter left alone", () => {
  it("syncs every second, or as often as it is configured", async () => {
    const often = async (syncIntervalMs?: number): Promise<number> => {
      const world = new PosWorld(syncIntervalMs === undefined ? {} : { syncIntervalMs });
      return (await world.run(10_500)).named("sync.trigger").length;
    };
    // Each interval begins when the sync before has ended.
    expect([await often(), await often(2_000), await often(0)]).toEqual([10, 5, 0]);
  });

  it("tells its peers of what it made only when it is configured, and they stamp after it", async () => {
    const run = async (announce: boolean): Promise<PosWorld> => {
      const clocks = { pos1: 5_000 };
      const world = new PosWorld({ syncIntervalMs: 0, announce }, { tills: ["pos1", "pos2"], clocks });
      return world.create(5_000, "a").create(5_100, "b", { till: "pos2" }).run(6_000);
    };
    const stampsOf = (world: PosWorld): string[] =>
      world.named("receipt.create").map(({ fields }) => String(fields["hlc"]));
    const told = await run(true);
    expect(told.sentTo("pos.announce")).toEqual(['pos1>pos2 "a"', 'pos2>pos1 "b"']);
    const [a = "", b = ""] = stampsOf(told);
    expect(b > a).toBe(true);
    const untold = await run(false);
    expect(untold.sentTo("pos.announce")).toEqual([]);
    const [a2 = "", b2 = ""] = stampsOf(untold);
    expect(b2 < a2).toBe(true);
  });

  it("keeps what it stored over a power loss and brings it to the OFD afterwards", async () => {
    const world = new PosWorld({ syncIntervalMs: 1_000 });
    world.at(50, () => world.cluster.kill(nodeId("ofd1"))).create(100, "a");
    world.at(200, () => world.cluster.crash(pos1)).at(300, () => world.cluster.restart(pos1));
    world.at(400, () => world.cluster.restart(nodeId("ofd1")));
    await world.run(10_000);
    expect(world.named("receipt.recover").map(({ fields }) => fields["id"])).toEqual(["a"]);
    expect(world.named("ofd.accept").map(({ fields }) => fields["key"])).toEqual(["a"]);
  });

  it("asks whom it is configured to ask", async () => {
    const world = await new PosWorld({ redis: "redis9", ofd: "ofd9" }).run(3_000);
    const asked = new Set(world.records("sent").flatMap(({ node, to }) => (node === "pos1" ? [to] : [])));
    expect([...asked]).toEqual(["redis9"]);
  });
});

describe("a pos-adapter that is stopped", () => {
  /** Runs an adapter whose process goes on after its `stop`, and gives what it did from then on. */
  async function stoppedAt(ms: number): Promise<{ syncs: number; fired: string[] }> {
    let stop: (() => void) | undefined;
    const world = new TestWorld({
      pos1: (env) => {
        const running = posAdapter.start(env, {});
        stop = () => running.stop?.();
        if (ms === 0) stop();
      },
    });
    if (ms > 0) world.at(ms, () => stop?.());
    await world.run(20_000);
    const fired = world.records("timer").filter(({ time }) => time > 12_000_000);
    const syncs = world.records("point").filter(({ name }) => name === "sync.trigger").length;
    return { syncs, fired: [...new Set(fired.map(({ name }) => name))] };
  }

  it("starts nothing, when it was not ready yet", async () => {
    expect(await stoppedAt(0)).toEqual({ syncs: 0, fired: [] });
  });

  it("syncs no more and comes to rest", async () => {
    const { syncs, fired } = await stoppedAt(2_500);
    expect(syncs).toBeGreaterThan(0);
    expect(fired).toEqual([]);
  });
});
