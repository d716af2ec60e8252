import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { readTail } from "../../../src/system/components/replication/lost-and-found.ts";
import {
  formatPosition,
  nextPosition,
  parsePosition,
  START,
} from "../../../src/system/components/replication/position.ts";
import { ReplicatedDatabase, type Retention } from "../../../src/system/components/replication/replicated-database.ts";
import {
  ChangesRefusedError,
  NoCheckpointError,
  PositionMismatchError,
} from "../../../src/system/components/replication/replication-errors.ts";
import { decodeTransaction, encodeTransaction } from "../../../src/system/components/replication/transaction.ts";
import { StaleEpochError } from "../../../src/system/ports/database-errors.ts";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import { DiskBench, LOSE } from "../../sim/disk/disk-bench.ts";
import { kv } from "./replication-world.ts";

const LOG = "replication/log";

interface Opened {
  readonly machine: KvStateMachine;
  readonly database: ReplicatedDatabase;
}

async function open(bench: DiskBench, retention: Partial<Retention> = {}): Promise<Opened> {
  const machine = new KvStateMachine();
  const clock = { wall: () => 0, monotonic: () => Math.floor(bench.trace.time / 1_000) };
  const database = new ReplicatedDatabase({ disk: bench.disk, clock, machine, retention });
  await bench.do(database.open());
  return { machine, database };
}

/** A database with `count` transactions of epoch 1. */
async function filled(count: number, retention: Partial<Retention> = {}): Promise<Opened & { bench: DiskBench }> {
  const bench = new DiskBench();
  const opened = await open(bench, retention);
  for (let n = 1; n <= count; n++) await bench.do(opened.database.commit(1, kv("k", n)));
  return { bench, ...opened };
}

describe("a position", () => {
  it("is written as LiteFS writes it, and read back", () => {
    expect(formatPosition({ txid: 18n, checksum: 0xffff_0000_0000_0001n })).toBe("0000000000000012/ffff000000000001");
    const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
    fc.assert(
      fc.property(u64, u64, (txid, checksum) => {
        expect(parsePosition(formatPosition({ txid, checksum }))).toEqual({ txid, checksum });
      }),
    );
    expect(() => parsePosition("12/1")).toThrow("REPLICATION_POSITION");
  });

  it("names the whole history: any difference before makes another one", () => {
    const base = nextPosition(START, 1, kv("k", 1));
    const others = [
      nextPosition(START, 2, kv("k", 1)),
      nextPosition(START, 1, kv("k", 2)),
      nextPosition({ txid: 0n, checksum: 1n }, 1, kv("k", 1)),
    ];
    const after = [base, ...others].map((one) => nextPosition(one, 3, kv("k", 9)).checksum);
    expect(new Set(after).size).toBe(4);
  });
});

describe("a replicated database", () => {
  it("answers a commit when the power may go, and not before", async () => {
    const bench = new DiskBench();
    const { database } = await open(bench);
    let isAnswered = false;
    void database.commit(1, kv("k", 1)).then(() => (isAnswered = true));
    await bench.advance(bench.trace.time + 1_000);
    expect(isAnswered).toBe(false);
    await bench.advance(bench.trace.time + 5_000);
    expect(isAnswered).toBe(true);
    bench.disk.powerLoss(LOSE);
    const again = await open(bench);
    expect(again.machine.get("k")).toBe(1);
    expect(again.database.position).toEqual(database.position);
  });

  it("applies a transaction only where it was made", async () => {
    const { database: from } = await filled(3);
    const [first, second, third] = from.transactionsAfter(0n, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three transactions");
    const bench = new DiskBench();
    const { database } = await open(bench);
    await expect(database.apply(second, 1)).rejects.toBeInstanceOf(PositionMismatchError);
    await bench.do(database.apply(first, 1));
    await expect(database.apply(first, 1)).rejects.toBeInstanceOf(PositionMismatchError);
    await expect(database.apply(third, 1)).rejects.toBeInstanceOf(PositionMismatchError);
    await bench.do(database.commit(1, kv("k", "own")));
    await expect(database.apply(second, 1)).rejects.toBeInstanceOf(PositionMismatchError);
    expect(database.position.txid).toBe(2n);
  });

  it("compares the epoch where a write takes its place, not where it began (DynamoDB DNS, 2025)", async () => {
    const { bench, database, machine } = await filled(1);
    const planned = { epoch: 1, changes: kv("k", "late") };
    // The plan is old by the time it is carried out.
    await bench.do(database.adoptEpoch(2));
    await expect(database.commit(planned.epoch, planned.changes)).rejects.toBeInstanceOf(StaleEpochError);
    const { database: other } = await filled(2);
    const [, next] = other.transactionsAfter(0n, 2);
    if (next === undefined) throw new Error("two transactions");
    await expect(database.apply(next, 1)).rejects.toBeInstanceOf(StaleEpochError);
    // What a newer primary passes on may be older than itself.
    await bench.do(database.apply(next, 2));
    expect(machine.get("k")).toBe(2);
    bench.disk.powerLoss(LOSE);
    const again = await open(bench);
    expect(again.database.maxEpoch).toBe(2);
    await expect(again.database.commit(1, kv("k", "late"))).rejects.toBeInstanceOf(StaleEpochError);
  });

  it.each([
    ["a snapshot", (own: Opened, other: Opened) => own.database.restore(other.database.snapshot(), 1)],
    ["a way back", (own: Opened) => own.database.rollbackTo(own.database.positionAt(2n) ?? START, 1)],
  ])("compares the epoch of %s again where it takes its place, and not only when the job begins", async (_, job) => {
    const own = await filled(3);
    const other = await filled(1);
    const { bench, database, machine } = own;
    // A write on its way to the disk keeps the job waiting; meanwhile a newer primary is heard of.
    void database.commit(1, kv("k", "on its way"));
    const refused = job(own, other).catch((error: unknown) => error);
    void database.adoptEpoch(2);
    expect(await bench.do(refused)).toBeInstanceOf(StaleEpochError);
    expect(machine.get("k")).toBe("on its way");
    // A job that was refused keeps nobody waiting.
    let isPlaced = false;
    void database.commit(2, kv("k", "of the newer one"));
    await bench.do(database.restore(other.database.snapshot(), 2, () => (isPlaced = true)));
    expect(isPlaced).toBe(true);
    expect(database.position).toEqual(other.database.position);
  });

  it("tells of an epoch after what took effect before it", async () => {
    const bench = new DiskBench();
    const told: string[] = [];
    const machine = new KvStateMachine();
    const clock = { wall: () => 0, monotonic: () => Math.floor(bench.trace.time / 1_000) };
    const database = new ReplicatedDatabase({
      ...{ disk: bench.disk, clock, machine },
      onApplied: ({ epoch }) => told.push(`transaction of ${String(epoch)}`),
      onEpoch: (epoch) => told.push(`epoch ${String(epoch)}`),
    });
    await bench.do(database.open());
    void database.commit(1, kv("k", 1));
    const adopted = database.adoptEpoch(2);
    expect(told).toEqual([]);
    await bench.do(adopted);
    await bench.do(database.adoptEpoch(2));
    expect(told).toEqual(["transaction of 1", "epoch 2"]);
  });

  it("makes no transaction of changes that could never be applied", async () => {
    const { database } = await filled(1);
    await expect(database.commit(1, { operation: "drop everything" })).rejects.toBeInstanceOf(ChangesRefusedError);
    expect(database.position.txid).toBe(1n);
  });

  it("drops a torn tail, wherever it is torn, and stops at damage before it", async () => {
    const { bench } = await filled(3);
    const content = (await bench.do(bench.disk.read(LOG))) as Uint8Array;
    for (let length = 0; length < content.length; length += 9) {
      const torn = new DiskBench();
      await torn.do(torn.disk.write(LOG, content.subarray(0, length)));
      const { database } = await open(torn);
      expect(database.position.txid).toBeLessThan(3n);
      await torn.do(database.commit(2, kv("k", "after")));
      torn.disk.powerLoss(LOSE);
      expect((await open(torn)).machine.get("k")).toBe("after");
    }
    content[20] = (content[20] as number) ^ 1;
    const damaged = new DiskBench();
    await damaged.do(damaged.disk.write(LOG, content));
    await expect(open(damaged)).rejects.toBeInstanceOf(FailStopError);
  });

  it("keeps transactions for as long as it is told to, and its history beyond", async () => {
    const { bench, database, machine } = await filled(25, { retentionMs: 30, checkpointEvery: 10 });
    expect(database.position.txid).toBe(25n);
    expect(database.floor.txid).toBeGreaterThan(0n);
    const known = database.transactionsAfter(database.floor.txid, 100);
    expect(known.at(-1)?.position).toEqual(database.position);
    expect(database.hasOnChain({ txid: 1n, checksum: 7n })).toBeUndefined();
    const state = machine.snapshot();
    const again = await open(bench, { retentionMs: 30, checkpointEvery: 10 });
    expect(again.machine.snapshot()).toEqual(state);
    expect(again.database.position).toEqual(database.position);
    expect(again.database.marks).toEqual([{ epoch: 1, position: database.position }]);
  });

  it("goes back to an earlier position of its own, after the tail was written to lost+found, and stays there", async () => {
    const { bench, database, machine } = await filled(5);
    const target = database.positionAt(3n) ?? START;
    const { path, transactions } = await bench.do(database.exportTail(3n, 2));
    expect(transactions.map(({ position }) => position.txid)).toEqual([4n, 5n]);
    const back = database.rollbackTo(target);
    // Its first word to the disk comes after what is under way.
    await new Promise((resolve) => setImmediate(resolve));
    await bench.do(back);
    expect(machine.get("k")).toBe(3);
    bench.disk.powerLoss(LOSE);
    const again = await open(bench);
    expect(again.database.position).toEqual(target);
    expect(again.machine.get("k")).toBe(3);
    expect(await bench.do(readTail(bench.disk, path))).toEqual(transactions);
    // A second divergence of the same epoch has a file of its own.
    expect((await bench.do(again.database.exportTail(2n, 2))).path).toBe("lost+found/2.2");
  });

  it("does not go back to where it never was, or further than anything is kept", async () => {
    const { bench, database } = await filled(25, { retentionMs: 0, checkpointEvery: 10 });
    await expect(bench.do(database.rollbackTo({ txid: 24n, checksum: 1n }))).rejects.toBeInstanceOf(NoCheckpointError);
    await expect(bench.do(database.rollbackTo(START))).rejects.toBeInstanceOf(NoCheckpointError);
    expect(database.position.txid).toBe(25n);
  });

  it("takes another history whole, or not at all, whenever the power goes", async () => {
    const { database: other } = await filled(7);
    const snapshot = other.snapshot();
    for (let after = 0; after < 12_000; after += 500) {
      const { bench, database } = await filled(3);
      const before = database.position;
      void database.restore(snapshot, 1);
      await bench.advance(bench.trace.time + after);
      bench.disk.powerLoss(LOSE);
      const again = await open(bench);
      const isNew = again.database.position.txid === 7n;
      expect(again.database.position).toEqual(isNew ? snapshot.position : before);
      expect(again.machine.get("k")).toBe(isNew ? 7 : 3);
    }
  });
});

describe("a transaction", () => {
  it("that was altered on its way is not taken for what was made", async () => {
    const { database } = await filled(1);
    const [made] = database.transactionsAfter(0n, 1);
    if (made === undefined) throw new Error("one transaction");
    const stored = encodeTransaction(made);
    expect(decodeTransaction(stored)).toEqual(made);
    expect(() => decodeTransaction({ ...stored, changes: kv("k", 2) })).toThrow("REPLICATION_DAMAGED");
    expect(() => decodeTransaction({ ...stored, epoch: 2 })).toThrow("REPLICATION_DAMAGED");
  });
});
