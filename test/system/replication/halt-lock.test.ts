import { describe, expect, it } from "vitest";
import type { HaltPost } from "../../../src/system/components/replication/halt-messages.ts";
import { encodeTransaction, makeTransaction } from "../../../src/system/components/replication/transaction.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import { HALT, HaltWorld } from "./halt-world.ts";
import { kv } from "./replication-world.ts";

const values = (world: HaltWorld, id: string, status: string): unknown[] =>
  world.at(id).outcomes.flatMap(({ value, outcome }) => (outcome.status === status ? [value] : []));

/** A world whose n2 has written `first`, and has the lock still at 250 ms. */
async function held(): Promise<HaltWorld> {
  const world = new HaltWorld();
  world.world.at(200, () => {
    world.write("n2", "first");
  });
  return world.run(240);
}

describe("halt lock", () => {
  it("lets a replica write in the primary's place, on one chain that everybody has", async () => {
    const world = new HaltWorld();
    world.world.at(200, () => {
      for (const value of ["a", "b", "c"]) world.write("n2", value);
    });
    await world.run(1_000);
    expect(values(world, "n2", "done")).toEqual(["a", "b", "c"]);
    for (const id of ["n1", "n2", "n3"]) {
      expect(world.at(id).machine.get("k")).toBe("c");
      expect(world.position(id)).toBe(world.position("n1"));
    }
    expect(world.points("halt.post").map(({ by, txid }) => `${String(by)} ${String(txid)}`)).toEqual([
      "n2 1",
      "n2 2",
      "n2 3",
    ]);
    expect(world.points("halt.end")).toMatchObject([{ reason: "released" }]);
    expect(world.at("n1").lock.isHalted).toBe(false);
  });

  it("is granted where the primary's own writes that were under way have ended", async () => {
    const world = new HaltWorld();
    world.world.at(200, () => {
      world.write("n2", "theirs");
    });
    // The asking arrives at 201 ms; this write is not durable before 203 ms.
    world.world.at(200.5, () => {
      void world.at("n1").database.commit(1, kv("k", "ours"));
    });
    await world.run(1_000);
    expect(world.points("halt.grant")).toMatchObject([{ by: "n2", txid: "1" }]);
    expect(world.at("n1").machine.get("k")).toBe("theirs");
    expect(values(world, "n2", "done")).toEqual(["theirs"]);
  });

  it("goes from one replica to the other, neither of which keeps it for good", async () => {
    const world = new HaltWorld();
    for (let n = 0; n < 100; n++)
      world.world.at(200 + 10 * n, () => {
        world.write("n2", `n2-${String(n)}`);
        world.write("n3", `n3-${String(n)}`);
      });
    await world.run(6_000);
    expect(values(world, "n2", "done")).toHaveLength(100);
    expect(values(world, "n3", "done")).toHaveLength(100);
    expect(world.at("n1").database.appliedPosition.txid).toBe(200n);
    const grants = world.points("halt.grant");
    for (const by of ["n2", "n3"]) expect(grants.filter((one) => one["by"] === by).length).toBeGreaterThan(1);
    const ends = world.points("halt.end");
    grants.forEach((grant, i) => {
      const length = (ends[i]?.["ms"] as number) - (grant["ms"] as number);
      expect(length).toBeLessThan(HALT.keepMs + 100);
    });
  });

  it("loses and doubles nothing when messages get lost, repeated and late", async () => {
    const world = new HaltWorld({
      network: {
        lossPpm: 200_000,
        duplicatePpm: 200_000,
        reorderPpm: 200_000,
        reorderBy: 30_000,
        latency: { uniform: { min: 500, max: 8_000 } },
      },
    });
    for (let n = 0; n < 60; n++)
      world.world.at(300 + 20 * n, () => {
        world.write(n % 2 === 0 ? "n2" : "n3", n);
      });
    await world.run(12_000);
    const done = [...values(world, "n2", "done"), ...values(world, "n3", "done")];
    const chain = world
      .at("n1")
      .database.transactionsAfter(0n, 1_000)
      .map(({ changes }) => (changes as { value: number }).value);
    expect(new Set(chain).size).toBe(chain.length);
    expect(chain).toEqual(expect.arrayContaining(done));
    for (const id of ["n2", "n3"]) {
      for (const refused of values(world, id, "refused")) expect(chain).not.toContain(refused);
      expect(world.position(id)).toBe(world.position("n1"));
    }
    expect(done.length).toBeGreaterThan(40);
    expect(world.points("divergence")).toEqual([]);
  });

  it("ends by the primary's clock when its holder stops, whose next post is refused and leaves nothing behind", async () => {
    const world = await held();
    const { world: sim } = world;
    sim.at(241, () => {
      sim.cluster.pause(nodeId("n2"));
    });
    await world.run(241 + HALT.ttlMs);
    const granted = world.points("halt.grant")[0]?.["ms"] as number;
    await world.run(1_600);
    expect(world.points("halt.end")).toMatchObject([{ by: "n2", reason: "expired" }]);
    const ended = world.points("halt.end")[0]?.["ms"] as number;
    expect(ended).toBeGreaterThanOrEqual(granted + HALT.ttlMs - 1);
    expect(ended).toBeLessThanOrEqual(granted + HALT.ttlMs + HALT.sweepMs);
    sim.at(1_600, () => {
      void world.at("n1").database.commit(1, kv("k", "ours"));
      sim.cluster.resume(nodeId("n2"));
    });
    sim.at(1_610, () => {
      world.write("n2", "second");
    });
    await world.run(3_000);
    expect(values(world, "n2", "done")).toEqual(["first", "second"]);
    expect(world.points("halt.grant")).toHaveLength(2);
    expect(world.position("n2")).toBe(world.position("n1"));
    expect(world.points("divergence")).toEqual([]);
  });

  it("ends with the leadership, and what was under way then is not known", async () => {
    const world = await held();
    const { world: sim } = world;
    sim.at(241, () => {
      world.write("n2", "late");
      world.follow("n1", "n3", 2);
      world.lead("n3", 2, ["n2"]);
    });
    await world.run(2_000);
    expect(world.points("halt.end")).toMatchObject([{ by: "n2", reason: "leadership" }]);
    expect(values(world, "n2", "unknown")).toEqual(["late"]);
    sim.at(2_000, () => {
      world.write("n2", "again");
    });
    await world.run(3_000);
    expect(values(world, "n2", "done")).toEqual(["first", "again"]);
    expect(world.points("halt.grant").at(-1)).toMatchObject({ at: "n3", epoch: 2, by: "n2" });
  });

  it("is not granted by a node that may not write, nor does that node take a post", async () => {
    const world = await held();
    const { world: sim } = world;
    sim.at(241, () => {
      world.at("n1").mayWrite = false;
      world.write("n2", "refused");
    });
    await world.run(3_500);
    expect(world.points("halt.refuse")).toMatchObject([{ by: "n2", reason: "not-writable" }]);
    expect(values(world, "n2", "refused")).toEqual(["refused"]);
    expect(world.points("halt.grant")).toHaveLength(1);
    expect(world.at("n1").ends).toBe(1);
    sim.at(3_500, () => {
      world.write("n3", "in vain");
    });
    await world.run(3_500 + HALT.acquireTimeoutMs + 200);
    expect(world.at("n3").outcomes).toEqual([
      { value: "in vain", outcome: { status: "refused", reason: "no halt lock" } },
    ]);
    expect(world.points("halt.grant")).toHaveLength(1);
  });

  it("is given back at once when it comes to a replica that has given up asking", async () => {
    const world = await held();
    const stray: Message = { type: "repl.halt", epoch: 1, id: "n3.1.77", sentAtMs: 0 };
    // n2 gives its lock back at about 290 ms.
    world.world.at(400, () => {
      world.at("n3").env.transport.send(nodeId("n1"), stray);
    });
    await world.run(420);
    expect(world.points("halt.grant").at(-1)).toMatchObject({ id: "n3.1.77" });
    expect(world.points("halt.end").at(-1)).toMatchObject({ id: "n3.1.77", reason: "released" });
    expect(world.at("n1").lock.isHalted).toBe(false);
  });
});

describe("a post", () => {
  /** What n1 says to a post that is sent at 245 ms, while n2 has the lock `n2.1.1` at transaction 1. */
  async function answerTo(from: string, change: (post: HaltPost) => HaltPost): Promise<unknown> {
    const world = await held();
    const { world: sim } = world;
    sim.at(245, () => {
      const { database } = world.at("n1");
      const transaction = encodeTransaction(makeTransaction(database.position, 1, kv("k", "posted")));
      const post: HaltPost = { type: "repl.halt-post", epoch: 1, id: "n2.1.1", transaction };
      world.at(from).env.transport.send(nodeId("n1"), change(post));
    });
    await world.run(260);
    expect(world.points("halt.post")).toHaveLength(world.points("halt.refuse").length === 0 ? 2 : 1);
    return world.points("halt.refuse")[0]?.["reason"] ?? world.at("n1").machine.get("k");
  }
  const at = (position: Parameters<typeof makeTransaction>[0], epoch: number): HaltPost["transaction"] =>
    encodeTransaction(makeTransaction(position, epoch, kv("k", "posted")));

  it("is committed when the lock is the poster's and the position the primary's", async () => {
    expect(await answerTo("n2", (post) => post)).toBe("posted");
  });
  it("is refused from another node than the holder", async () => {
    expect(await answerTo("n3", (post) => post)).toBe("not-holder");
  });
  it("is refused by another lock's name", async () => {
    expect(await answerTo("n2", (post) => ({ ...post, id: "n2.1.9" }))).toBe("not-holder");
  });
  it("is refused in another epoch", async () => {
    expect(await answerTo("n2", (post) => ({ ...post, epoch: 2 }))).toBe("epoch");
  });
  it("is refused when it was made elsewhere", async () => {
    const elsewhere = { txid: 7n, checksum: 7n };
    expect(await answerTo("n2", (post) => ({ ...post, transaction: at(elsewhere, 1) }))).toBe("position");
  });

  it("is refused once the lock's time is over, though nothing was written meanwhile", async () => {
    const world = await held();
    const { world: sim } = world;
    sim.at(241, () => {
      sim.cluster.pause(nodeId("n2"));
    });
    sim.at(1_215, () => {
      // Before the next sweep: nobody has said yet that the lock is over.
      const { database } = world.at("n1");
      const transaction = encodeTransaction(makeTransaction(database.position, 1, kv("k", "posted")));
      const post: HaltPost = { type: "repl.halt-post", epoch: 1, id: "n2.1.1", transaction };
      expect(world.points("halt.end")).toEqual([]);
      world.at("n1").lock.receive(nodeId("n2"), post);
    });
    await world.run(1_216);
    expect(world.points("halt.refuse")).toMatchObject([{ by: "n2", reason: "expired" }]);
    expect(world.points("halt.end")).toMatchObject([{ reason: "expired" }]);
    expect(world.at("n1").machine.get("k")).toBe("first");
  });

  it("that comes twice is committed once, and answered twice alike", async () => {
    const world = await held();
    const answers: Message[] = [];
    world.at("n2").env.transport.subscribe((_from, message) => {
      if (message.type === "repl.halt-answer") answers.push(message);
    });
    world.world.at(245, () => {
      const { database } = world.at("n1");
      const post = { type: "repl.halt-post", epoch: 1, id: "n2.1.1", transaction: at(database.position, 1) };
      for (let n = 0; n < 2; n++) world.at("n2").env.transport.send(nodeId("n1"), post);
    });
    await world.run(260);
    expect(answers).toHaveLength(2);
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ outcome: "committed", result: { ok: true } });
    expect(world.at("n1").database.appliedPosition.txid).toBe(2n);
  });
});
