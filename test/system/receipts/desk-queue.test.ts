import { describe, expect, it } from "vitest";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { MemoryReceiptBuffer } from "../../../src/system/components/receipts/memory-receipt-buffer.ts";
import {
  BufferFullError,
  BufferUnavailableError,
  LateReceiptError,
  ReceiptConflictError,
  type ReceiptBuffer,
} from "../../../src/system/components/receipts/receipt-buffer.ts";
import { ReceiptDesk } from "../../../src/system/components/receipts/receipt-desk.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";

const POS = nodeId("pos-1");

/** A desk over a buffer in memory whose insertions are noted, and may fail before they reach it. */
function desk({ capacity = 100 } = {}) {
  const store = new MemoryReceiptBuffer({ capacity });
  const inserted: string[] = [];
  const created: string[] = [];
  const failures: Error[] = [];
  const insert: ReceiptBuffer["insert"] = async (receipt) => {
    inserted.push(receipt.id);
    // Another turn, so that whoever does not wait would overtake it.
    await Promise.resolve();
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return store.insert(receipt);
  };
  const buffer: ReceiptBuffer = {
    insert,
    claim: (request) => store.claim(request),
    settle: (id, claim, how) => store.settle(id, claim, how),
    counts: () => store.counts(),
    list: () => store.list(),
  };
  const hlc = new HlcClock({ nodeId: POS, clock: { wall: () => 1_000_000, monotonic: () => 0 } });
  const observer = {
    ...silentObserver,
    point: (name: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (name === "receipt.create") created.push(`${String(fields["id"])} ${String(fields["hlc"])}`);
    },
  };
  return { desk: new ReceiptDesk({ posId: POS, hlc, buffer, observer }), store, inserted, created, failures };
}

describe("a receipt desk", () => {
  it("stores receipts that are asked for at once one after the other, stamped in that order", async () => {
    const { desk: one, store, inserted } = desk();
    const receipts = await Promise.all(["a", "b", "c"].map((id) => one.create(id, "sale")));
    expect(inserted).toEqual(["a", "b", "c"]);
    expect((await store.list()).map(({ id }) => id)).toEqual(["a", "b", "c"]);
    const stamps = receipts.map(({ hlc }) => hlc);
    expect(stamps).toEqual([...new Set(stamps)].toSorted());
  });

  it("says that a receipt was created when it is stored, with its stamp, for its till", async () => {
    const { desk: one, created } = desk();
    const { hlc, posId, status } = await one.create("a", "sale");
    expect(created).toEqual([`a ${hlc}`]);
    expect([posId, status]).toEqual([POS, "pending"]);
  });

  it("gives one that is under way to whoever asks again, and stores it once", async () => {
    const { desk: one, inserted } = desk();
    const [first, again] = await Promise.all([one.create("a", "sale"), one.create("a", "sale")]);
    expect(again).toBe(first);
    expect(inserted).toEqual(["a"]);
  });

  it("gives one that is stored to whoever asks again, with its first stamp", async () => {
    const { desk: one, store } = desk();
    const first = await one.create("a", "sale");
    await one.create("b", "sale");
    expect(await one.create("a", "sale")).toEqual(first);
    expect(await store.counts()).toMatchObject({ pending: 2 });
  });

  it("refuses another content under one name, stored or under way, and keeps the first", async () => {
    const { desk: one, store } = desk();
    const [first, other] = await Promise.allSettled([one.create("a", "sale"), one.create("a", "another")]);
    expect(first.status).toBe("fulfilled");
    expect(other).toMatchObject({ status: "rejected", reason: expect.any(ReceiptConflictError) as unknown });
    await expect(one.create("a", "third")).rejects.toThrow(ReceiptConflictError);
    expect((await store.list()).map(({ payload }) => payload)).toEqual(["sale"]);
  });

  it("refuses what the buffer has no room for, and says of no receipt that it was created", async () => {
    const { desk: one, created } = desk({ capacity: 1 });
    await one.create("a", "sale");
    await expect(one.create("b", "sale")).rejects.toThrow(BufferFullError);
    expect(created).toHaveLength(1);
  });

  it("goes on after one that failed, and tries that one anew when it is asked for again", async () => {
    const { desk: one, failures, inserted } = desk();
    failures.push(new BufferUnavailableError("away", true));
    const [first, next] = await Promise.allSettled([one.create("a", "sale"), one.create("b", "sale")]);
    expect([first.status, next.status]).toEqual(["rejected", "fulfilled"]);
    await one.create("a", "sale");
    expect(inserted).toEqual(["a", "b", "a"]);
  });

  it("stamps one anew that its buffer calls late, eight times at most", async () => {
    const late = (n: number): Error[] =>
      Array.from({ length: n }, () => new LateReceiptError("a", "0000000f42400000-pos-1", "0000000f42400001-pos-1"));
    const often = desk();
    often.failures.push(...late(7));
    const { hlc } = await often.desk.create("a", "sale");
    expect(often.inserted).toHaveLength(8);
    expect(hlc > "0000000f42400001-pos-1").toBe(true);
    const always = desk();
    always.failures.push(...late(9));
    await expect(always.desk.create("a", "sale")).rejects.toThrow(LateReceiptError);
    expect(always.inserted).toHaveLength(8);
  });
});
