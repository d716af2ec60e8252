import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markShown, standingOn } from "../../../src/system/components/proxy/chain-standing.ts";
import type { SessionMark } from "../../../src/system/components/proxy/session-mark.ts";
import type { Retention } from "../../../src/system/components/replication/replicated-database.ts";
import { StagedNode } from "../../contract/staged-node.ts";
import { kv, ReplicationWorld } from "../replication/replication-world.ts";

/** Epochs of the transactions of a database, in order; they never go back. */
const history = fc
  .array(fc.nat({ max: 2 }), { maxLength: 8 })
  .map((steps) => steps.reduce<number[]>((all, step) => [...all, (all.at(-1) ?? 1) + (step === 2 ? 1 : 0)], []));

/** Every mark that a short history could tell apart. */
const MARKS: readonly SessionMark[] = [-1, 0, 1, 2, 3, 4].flatMap((epoch) =>
  Array.from({ length: 10 }, (_, txid) => ({ txid: BigInt(txid), epoch })),
);

async function databaseOf(epochs: readonly number[], retention: Partial<Retention> = {}) {
  const world = new ReplicationWorld(["n1"], { retention });
  await world.run(100);
  const { database } = world.at("n1");
  let atMs = 100;
  for (const [i, epoch] of epochs.entries()) {
    void database.commit(epoch, kv("k", i));
    await world.run((atMs += 100));
  }
  return { world, database, atMs };
}

describe("where a replicated database stands", () => {
  it("is what a list of its transactions says, also of those that it no longer keeps", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (epochs, isTrimmed) => {
        const { database } = await databaseOf(epochs, isTrimmed ? { checkpointEvery: 3, retentionMs: 1 } : {});
        const model = new StagedNode("n1");
        model.history = epochs;
        expect(markShown(database)).toEqual(model.position());
        expect(MARKS.map((mark) => standingOn(database, mark))).toEqual(MARKS.map((mark) => model.standing(mark)));
      }),
      { numRuns: 40 },
    );
  });

  it("is behind for what is not durable yet", async () => {
    const { world, database, atMs } = await databaseOf([1]);
    void database.commit(1, kv("k", 2));
    const mark = { txid: 2n, epoch: 1 };
    expect([standingOn(database, mark), markShown(database)]).toEqual(["behind", { txid: 1n, epoch: 1 }]);
    await world.run(atMs + 100);
    expect(standingOn(database, mark)).toBe("reached");
  });

  it("is of neither history while one takes the place of the other", async () => {
    const { world, database, atMs } = await databaseOf([1, 1, 1]);
    const other = await databaseOf([1, 1, 2, 2]);
    void database.restore(other.database.snapshot(), 2);
    await world.run(atMs + 1);
    const seen: string[] = [];
    const own = { txid: 3n, epoch: 1 };
    const newer = { txid: 3n, epoch: 2 };
    for (let ms = 1; ms <= 100; ms++) {
      await world.run(atMs + ms);
      const now = [standingOn(database, own), standingOn(database, newer), String(markShown(database)?.txid)].join(" ");
      if (seen.at(-1) !== now) seen.push(now);
    }
    // Old, neither, new.
    expect(seen.at(-1)).toBe("lost reached 4");
    expect(seen.slice(0, -1)).toEqual(expect.arrayContaining(["behind behind undefined"]));
    expect(seen.every((one) => ["reached behind 3", "behind behind undefined", "lost reached 4"].includes(one))).toBe(
      true,
    );
  });
});
