import { describe, expect, it } from "vitest";
import { BufferUnavailableError, StaleClaimError } from "../../../src/system/components/receipts/receipt-buffer.ts";
import { receiptOf } from "../../contract/receipt-buffer.contract.ts";
import { replicatedWorld, type ReplicatedWorld } from "./replicated-world.ts";

const NODES = ["n1", "n2", "n3"];

/** What each node's copy holds. */
async function copies({ on, pass }: ReplicatedWorld): Promise<unknown[]> {
  const lists = NODES.map((node) => on(node, ({ buffer }) => buffer.list()));
  await pass(100);
  return lists.map(({ result }) => result);
}

/** Effects of each call in the log, as node `node` applied it: `session seq` → how often. */
function effects({ world }: ReplicatedWorld, node: string): Map<string, number> {
  const counted = new Map<string, number>();
  for (const { node: at, name, fields } of world.records("point")) {
    if (at !== node || name !== "raft.apply" || fields["client"] === "" || fields["effect"] !== true) continue;
    const call = `${String(fields["client"])} ${String(fields["seq"])}`;
    counted.set(call, (counted.get(call) ?? 0) + 1);
  }
  return counted;
}

describe("a replicated buffer", () => {
  it.each(["1", "2", "3", "4", "5"])(
    "lets each call take effect once on a network that loses and repeats, seed %s",
    async (seed) => {
      const cluster = await replicatedWorld({
        seed,
        network: { latency: { uniform: { min: 500, max: 30_000 } }, lossPpm: 200_000, duplicatePpm: 200_000 },
      });
      const calls = Array.from({ length: 30 }, (_, i) => {
        const node = NODES[i % 3] as string;
        return cluster.on(node, ({ buffer }) => buffer.insert(receiptOf(i, `pos-${String(i)}`)));
      });
      await cluster.pass(5_000);
      const answered = calls.filter(({ result }) => result !== undefined);
      expect(answered.length).toBeGreaterThan(20);
      for (const { result } of answered) expect(result?.isNew).toBe(true);
      for (const { error } of calls) if (error !== undefined) expect(error).toBeInstanceOf(BufferUnavailableError);
      const once = effects(cluster, cluster.leader());
      expect(once.size).toBeGreaterThanOrEqual(answered.length);
      expect([...new Set(once.values())]).toEqual([1]);
      const [first, ...others] = await copies(cluster);
      for (const other of others) expect(other).toEqual(first);
    },
  );

  it("keeps one list through the crash of its leader, and a restarted member has it again", async () => {
    const cluster = await replicatedWorld();
    const leader = cluster.leader();
    const follower = cluster.follower();
    const before = cluster.on(leader, ({ buffer }) => buffer.insert(receiptOf(1)));
    await cluster.pass(200);
    cluster.world.cluster.crash(leader as never);
    // Asked while nobody leads.
    const meanwhile = cluster.on(follower, ({ buffer }) => buffer.insert(receiptOf(2)));
    await cluster.pass(2_500);
    cluster.world.cluster.restart(leader as never);
    await cluster.pass(2_000);
    // No call of its former life is taken for this one.
    const after = cluster.on(leader, ({ buffer }) => buffer.insert(receiptOf(3)));
    await cluster.pass(200);
    expect([before, meanwhile, after].map(({ result }) => [result?.receipt.id, result?.isNew])).toEqual([
      ["pos-1:0001", true],
      ["pos-1:0002", true],
      ["pos-1:0003", true],
    ]);
    const [first, ...others] = await copies(cluster);
    expect(first).toMatchObject([{ id: "pos-1:0001" }, { id: "pos-1:0002" }, { id: "pos-1:0003" }]);
    for (const other of others) expect(other).toEqual(first);
  });

  it("knows that nothing was done when nobody could be asked", async () => {
    const cluster = await replicatedWorld();
    const node = cluster.follower();
    const heal = cluster.isolate(node);
    // Until it has given its leader up.
    await cluster.pass(2_000);
    const call = cluster.on(node, ({ buffer }) => buffer.insert(receiptOf(1)));
    await cluster.pass(2_500);
    heal();
    await cluster.pass(3_000);
    expect(call.error).toMatchObject({ code: "BUFFER_UNAVAILABLE", definite: true });
    expect(await copies(cluster)).toEqual([[], [], []]);
  });

  it("does not know whether it was done when the leader was asked and did not answer", async () => {
    const cluster = await replicatedWorld();
    const leader = cluster.leader();
    cluster.isolate(leader);
    const call = cluster.on(leader, ({ buffer }) => buffer.insert(receiptOf(1)));
    await cluster.pass(2_500);
    expect(call.error).toMatchObject({ code: "BUFFER_UNAVAILABLE", definite: false });
  });

  it("gives a call that was given up no effect after the next one of its session", async () => {
    const cluster = await replicatedWorld();
    const leader = cluster.leader();
    const heal = cluster.isolate(leader);
    const lost = cluster.on(leader, ({ buffer }) => buffer.insert(receiptOf(1)));
    await cluster.pass(2_500);
    heal();
    await cluster.pass(2_000);
    const next = cluster.on(leader, ({ buffer }) => buffer.insert(receiptOf(2)));
    await cluster.pass(500);
    expect(lost.error).toBeInstanceOf(BufferUnavailableError);
    expect(next.result?.isNew).toBe(true);
    const [list] = await copies(cluster);
    expect(list).toMatchObject([{ id: "pos-1:0002" }]);
  });

  it("refuses a superseded claim and its settlement wherever they are asked", async () => {
    const cluster = await replicatedWorld();
    const [old, present] = [cluster.leader(), cluster.follower()];
    cluster.on(old, ({ buffer }) => buffer.insert(receiptOf(1)));
    await cluster.pass(200);
    cluster.on(old, ({ buffer }) => buffer.claim({ claim: 1n, limit: 50 }));
    await cluster.pass(200);
    const taken = cluster.on(present, ({ buffer }) => buffer.claim({ claim: 2n, limit: 50 }));
    await cluster.pass(200);
    const settled = cluster.on(old, ({ buffer }) =>
      buffer.settle("pos-1:0001", 1n, { status: "synced", serverHlc: "s" }),
    );
    const claimed = cluster.on(old, ({ buffer }) => buffer.claim({ claim: 1n, limit: 50 }));
    await cluster.pass(200);
    expect(taken.result).toMatchObject([{ id: "pos-1:0001", claim: "2" }]);
    expect(settled.result).toBe(false);
    expect(claimed.error).toBeInstanceOf(StaleClaimError);
  });

  it("agrees on the epochs of lock servers that are named at once", async () => {
    const cluster = await replicatedWorld();
    const asked = NODES.flatMap((node) =>
      ["a", "b"].map((server) => cluster.on(node, ({ buffer }) => buffer.epochOf(server))),
    );
    await cluster.pass(500);
    const epochs = asked.map(({ result }) => result);
    expect([...new Set(epochs)].sort()).toEqual([1, 2]);
    expect(new Set([epochs[0], epochs[2], epochs[4]]).size).toBe(1);
  });

  it("takes 256 calls at once and refuses the next, which it did not make", async () => {
    const cluster = await replicatedWorld();
    const calls = Array.from({ length: 257 }, (_, i) =>
      cluster.on(cluster.leader(), ({ buffer }) => buffer.insert(receiptOf(i, `pos-${String(i)}`))),
    );
    await cluster.pass(1_000);
    expect(calls.filter(({ result }) => result?.isNew === true).length).toBe(256);
    expect(calls[256]?.error).toMatchObject({ code: "BUFFER_UNAVAILABLE", definite: true });
  });
});
