import { describe, expect, it } from "vitest";
import {
  BufferFullError,
  LateReceiptError,
  ReceiptConflictError,
  StaleClaimError,
  type ReceiptBuffer,
  type ReceiptBufferSettings,
} from "../../src/system/components/receipts/receipt-buffer.ts";
import type { NewReceipt, Receipt } from "../../src/system/components/receipts/receipt.ts";
import { type FaultlineError } from "../../src/system/ports/errors.ts";
import type { Observer } from "../../src/system/ports/observer.ts";
import type { Fields } from "../../src/system/ports/transport.ts";
import { silentObserver } from "../../src/system/ports/observer.ts";

/** A buffer that numbers lock servers too, as all of ours do. */
export interface TestedBuffer extends ReceiptBuffer {
  epochOf(serverId: string): Promise<number>;
}

export interface BufferSetup {
  readonly buffer: TestedBuffer;
  /** The `receipt.*` points seen so far, oldest first. */
  readonly points: readonly Point[];
  /** What is there after the process ended and started again; `undefined` for a buffer that forgets. */
  readonly reopen?: () => Promise<{ readonly buffer: TestedBuffer; readonly points: readonly Point[] }>;
}

export interface Point {
  readonly name: string;
  readonly fields: Fields;
}

/** Runs a body against an empty buffer. */
export type WithBuffer = <T>(body: (setup: BufferSetup) => Promise<T>, settings?: ReceiptBufferSettings) => Promise<T>;

/** An observer that keeps the points of receipts. */
export function pointsOf(): { readonly observer: Observer; readonly points: Point[] } {
  const points: Point[] = [];
  const observer: Observer = {
    ...silentObserver,
    point: (name, fields = {}) => {
      if (name.startsWith("receipt.")) points.push({ name, fields });
    },
  };
  return { observer, points };
}

/** The `n`-th receipt of a till, one millisecond after the one before. */
export function receiptOf(n: number, posId = "pos-1"): NewReceipt {
  const hlc = `${(1_633_000_000_000 + n).toString(16).padStart(12, "0")}0000-${posId}`;
  return { id: `${posId}:${String(n).padStart(4, "0")}`, posId, hlc, payload: `sale ${String(n)}` };
}

const error = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ value }),
    (reason: unknown) => reason,
  );
const ids = (receipts: readonly Receipt[]): string[] => receipts.map(({ id }) => id);
const [FIRST, SECOND, THIRD] = [receiptOf(1), receiptOf(2), receiptOf(3)];

/** What every {@link ReceiptBuffer} promises. */
export function describeReceiptBuffer(name: string, withBuffer: WithBuffer): void {
  const insertAll = async (buffer: ReceiptBuffer, receipts: readonly NewReceipt[]): Promise<void> => {
    for (const receipt of receipts) await buffer.insert(receipt);
  };

  describe(`receipt buffer contract: ${name}`, () => {
    it("stores a receipt once as pending, and gives a repeated one as it is stored", async () => {
      const seen = await withBuffer(async ({ buffer }) => [
        await buffer.insert(FIRST),
        await buffer.insert(FIRST),
        await buffer.insert({ ...FIRST, hlc: SECOND.hlc }),
        await buffer.counts(),
        await buffer.list(),
      ]);
      const receipt = { ...FIRST, status: "pending", retryCount: 0, claim: "", serverHlc: "" };
      expect(seen).toEqual([
        { receipt, isNew: true },
        { receipt, isNew: false },
        { receipt, isNew: false },
        { pending: 1, syncing: 0, synced: 0, failed: 0 },
        [receipt],
      ]);
    });

    it("refuses another content under a known id", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await buffer.insert(FIRST);
        return [
          await error(buffer.insert({ ...FIRST, payload: "another" })),
          await error(buffer.insert({ ...FIRST, posId: "pos-2" })),
          await buffer.list(),
        ] as const;
      });
      expect(seen[0]).toBeInstanceOf(ReceiptConflictError);
      expect(seen[1]).toBeInstanceOf(ReceiptConflictError);
      expect(seen[2]).toMatchObject([FIRST]);
    });

    it("refuses a receipt that its till stamped before the last one stored, whatever became of that", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await insertAll(buffer, [SECOND, receiptOf(9, "pos-2")]);
        const early = await error(buffer.insert(FIRST));
        const equal = await error(buffer.insert({ ...FIRST, hlc: SECOND.hlc }));
        await buffer.claim({ claim: 1n, limit: 1 });
        await buffer.settle(SECOND.id, 1n, { status: "synced", serverHlc: "s" });
        return { early, equal, afterSync: await error(buffer.insert(FIRST)), list: ids(await buffer.list()) };
      });
      for (const late of [seen.early, seen.equal, seen.afterSync]) expect(late).toBeInstanceOf(LateReceiptError);
      expect(seen.early).toMatchObject({ facts: { id: FIRST.id, hlc: FIRST.hlc, last: SECOND.hlc } });
      expect(seen.list).toEqual([SECOND.id, "pos-2:0009"]);
    });

    it("refuses more than it may hold unsent, and takes receipts again when some are settled", async () => {
      const seen = await withBuffer(
        async ({ buffer }) => {
          await insertAll(buffer, [FIRST, SECOND]);
          const full = await error(buffer.insert(THIRD));
          const again = (await buffer.insert(SECOND)).isNew;
          await buffer.claim({ claim: 1n, limit: 1 });
          const whileSyncing = await error(buffer.insert(THIRD));
          await buffer.settle(FIRST.id, 1n, { status: "failed" });
          return { full, again, whileSyncing, after: (await buffer.insert(THIRD)).isNew };
        },
        { capacity: 2 },
      );
      expect(seen.full).toBeInstanceOf(BufferFullError);
      expect(seen.whileSyncing).toMatchObject({ code: "BUFFER_FULL", facts: { capacity: 2 } });
      expect([seen.again, seen.after]).toEqual([false, true]);
    });

    it("claims the first in stamp order, whoever made them, up to the limit", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await insertAll(buffer, [receiptOf(3, "pos-2"), receiptOf(5, "pos-2"), FIRST, receiptOf(4), receiptOf(9)]);
        const first = await buffer.claim({ claim: 7n, limit: 3 });
        return { first, again: ids(await buffer.claim({ claim: 7n, limit: 2 })), counts: await buffer.counts() };
      });
      expect(ids(seen.first)).toEqual(["pos-1:0001", "pos-2:0003", "pos-1:0004"]);
      expect(seen.first).toMatchObject([1, 2, 3].map(() => ({ status: "syncing", claim: "7", retryCount: 0 })));
      expect(seen.again).toEqual(["pos-1:0001", "pos-2:0003"]);
      expect(seen.counts).toEqual({ pending: 2, syncing: 3, synced: 0, failed: 0 });
    });

    it("orders stamps by code unit, whatever a locale thinks", async () => {
      const hlcs = ["0000000000010000-b", "000000000000ffff-a", "0000000000010000-a-1", "0000000000010000-a"];
      const seen = await withBuffer(async ({ buffer }) => {
        for (const [i, hlc] of hlcs.entries())
          await buffer.insert({ id: `r${String(i)}`, posId: `p${String(i)}`, hlc, payload: "" });
        return [ids(await buffer.list()), ids(await buffer.claim({ claim: 1n, limit: 50 }))];
      });
      expect(seen).toEqual([
        ["r1", "r3", "r2", "r0"],
        ["r1", "r3", "r2", "r0"],
      ]);
    });

    it("lets a larger claim take over, and the superseded one change nothing", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await insertAll(buffer, [FIRST, SECOND]);
        await buffer.claim({ claim: 1n, limit: 50 });
        const taken = await buffer.claim({ claim: 2n, limit: 1 });
        return {
          taken,
          stale: await error(buffer.claim({ claim: 1n, limit: 50 })),
          late: await buffer.settle(FIRST.id, 1n, { status: "pending", isFailure: true }),
          // Nobody has taken this one over: its holder knows best how it ended.
          own: await buffer.settle(SECOND.id, 1n, { status: "synced", serverHlc: "s" }),
          list: await buffer.list(),
        };
      });
      expect(seen.taken).toMatchObject([{ id: FIRST.id, claim: "2", status: "syncing" }]);
      expect(seen.stale).toBeInstanceOf(StaleClaimError);
      expect(seen.stale).toMatchObject({ facts: { claim: "1", largest: "2" } });
      expect([seen.late, seen.own]).toEqual([false, true]);
      expect(seen.list).toMatchObject([
        { status: "syncing", claim: "2", retryCount: 0 },
        { status: "synced", claim: "1", serverHlc: "s" },
      ]);
    });

    it("remembers a claim that found nothing to take", async () => {
      const stale = await withBuffer(async ({ buffer }) => {
        const none = await buffer.claim({ claim: 5n, limit: 50 });
        await buffer.insert(FIRST);
        return [
          none,
          await error(buffer.claim({ claim: 4n, limit: 50 })),
          ids(await buffer.claim({ claim: 5n, limit: 50 })),
        ];
      });
      expect(stale[0]).toEqual([]);
      expect(stale[1]).toBeInstanceOf(StaleClaimError);
      expect(stale[2]).toEqual([FIRST.id]);
    });

    it("compares claims as numbers, exactly, far beyond 2^53", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await buffer.insert(FIRST);
        const outcomes: unknown[] = [];
        for (const claim of [9n, 10n, 9n, (1n << 62n) + 1n, 1n << 62n, (1n << 62n) + 2n])
          outcomes.push(
            await buffer.claim({ claim, limit: 1 }).then(
              ([one]) => one?.claim,
              (reason: unknown) => (reason as FaultlineError).code,
            ),
          );
        return [outcomes, await buffer.settle(FIRST.id, (1n << 62n) + 2n, { status: "failed" })];
      });
      const [small, large] = ["4611686018427387905", "4611686018427387906"];
      expect(seen).toEqual([["9", "10", "STALE_CLAIM", small, "STALE_CLAIM", large], true]);
    });

    it("ends a sending in each way, counts failed attempts, and never leaves a final status", async () => {
      const seen = await withBuffer(async ({ buffer }) => {
        await insertAll(buffer, [FIRST, SECOND, THIRD]);
        const settleAll = (isFailure: boolean): Promise<boolean[]> =>
          Promise.all([FIRST, SECOND, THIRD].map(({ id }) => buffer.settle(id, 1n, { status: "pending", isFailure })));
        await buffer.claim({ claim: 1n, limit: 50 });
        await settleAll(true);
        await buffer.claim({ claim: 1n, limit: 50 });
        await settleAll(false);
        await buffer.claim({ claim: 1n, limit: 2 });
        const ended = [
          await buffer.settle(FIRST.id, 1n, { status: "synced", serverHlc: "stamp" }),
          await buffer.settle(SECOND.id, 1n, { status: "failed" }),
          // Neither claimed nor known.
          await buffer.settle(THIRD.id, 1n, { status: "failed" }),
          await buffer.settle("nobody", 1n, { status: "failed" }),
          // Final.
          await buffer.settle(FIRST.id, 1n, { status: "pending", isFailure: false }),
          await buffer.settle(SECOND.id, 1n, { status: "synced", serverHlc: "other" }),
        ];
        return { ended, claimable: ids(await buffer.claim({ claim: 2n, limit: 50 })), list: await buffer.list() };
      });
      expect(seen.ended).toEqual([true, true, false, false, false, false]);
      expect(seen.claimable).toEqual([THIRD.id]);
      expect(seen.list).toMatchObject([
        { status: "synced", retryCount: 1, serverHlc: "stamp" },
        { status: "failed", retryCount: 2, serverHlc: "" },
        { status: "syncing", retryCount: 1, claim: "2" },
      ]);
    });

    it("records each change of a status or a claim, and no repetition", async () => {
      const points = await withBuffer(async (setup) => {
        const { buffer } = setup;
        await buffer.insert(FIRST);
        await buffer.insert(FIRST);
        await buffer.claim({ claim: 1n, limit: 50 });
        await buffer.claim({ claim: 1n, limit: 50 });
        await buffer.claim({ claim: 2n, limit: 50 });
        await buffer.settle(FIRST.id, 1n, { status: "failed" });
        await buffer.settle(FIRST.id, 2n, { status: "pending", isFailure: true });
        await buffer.claim({ claim: 3n, limit: 50 });
        await buffer.settle(FIRST.id, 3n, { status: "synced", serverHlc: "s" });
        // A copy that was behind has caught up.
        await buffer.counts();
        return setup.points;
      });
      const change = (from: string, to: string, claim: string, retries: number): Point => ({
        name: "receipt.status",
        fields: { id: FIRST.id, pos: "pos-1", from, to, claim, retries },
      });
      expect(points).toEqual([
        change("", "pending", "", 0),
        change("pending", "syncing", "1", 0),
        change("syncing", "syncing", "2", 0),
        change("syncing", "pending", "2", 1),
        change("pending", "syncing", "3", 1),
        change("syncing", "synced", "3", 1),
      ]);
    });

    it("numbers lock servers in the order in which they come up, for good", async () => {
      const seen = await withBuffer(async ({ buffer }) => [
        await buffer.epochOf("server-b"),
        await buffer.epochOf("server-a"),
        await buffer.epochOf("server-b"),
        await buffer.epochOf("server-c"),
      ]);
      expect(seen).toEqual([1, 2, 1, 3]);
    });

    it("stores each of many receipts that come at once", async () => {
      const many = Array.from({ length: 40 }, (_, i) => receiptOf(i, `pos-${String(i % 8)}`));
      const seen = await withBuffer(async ({ buffer }) => {
        const stored = await Promise.all(
          [...many, ...many].map((receipt) => buffer.insert(receipt).catch(() => undefined)),
        );
        return {
          news: stored.filter((one) => one?.isNew).map((one) => one?.receipt.id),
          list: ids(await buffer.list()),
        };
      });
      // A till's receipts may overtake each other on their way and are late then: none is there twice, and none without a word.
      expect(seen.news.sort()).toEqual([...seen.list].sort());
      expect(seen.list.length).toBeGreaterThanOrEqual(8);
    });

    it.each([
      ["an id with a space", (buffer: ReceiptBuffer) => buffer.insert({ ...FIRST, id: "a b" })],
      ["an empty id", (buffer: ReceiptBuffer) => buffer.insert({ ...FIRST, id: "" })],
      ["an id of 65", (buffer: ReceiptBuffer) => buffer.insert({ ...FIRST, id: "a".repeat(65) })],
      ["no stamp", (buffer: ReceiptBuffer) => buffer.insert({ ...FIRST, hlc: "" })],
      ["claim 0", (buffer: ReceiptBuffer) => buffer.claim({ claim: 0n, limit: 1 })],
      ["a limit of 51", (buffer: ReceiptBuffer) => buffer.claim({ claim: 1n, limit: 51 })],
      ["a limit of 0", (buffer: ReceiptBuffer) => buffer.claim({ claim: 1n, limit: 0 })],
    ])("rejects %s and changes nothing", async (_, call) => {
      const [reason, list] = await withBuffer(async ({ buffer }) => [await error(call(buffer)), await buffer.list()]);
      expect(reason).toMatchObject({ code: "RECEIPT_INVALID" });
      expect(list).toEqual([]);
    });

    it("refuses a capacity that is none", async () => {
      await expect(withBuffer(async () => undefined, { capacity: 0 })).rejects.toMatchObject({ code: "BUFFER_CONFIG" });
    });

    it("has everything again after its process ended, and tells what it read back", async () => {
      const seen = await withBuffer(async ({ buffer, reopen }) => {
        if (reopen === undefined) return undefined;
        await insertAll(buffer, [FIRST, SECOND, THIRD]);
        await buffer.claim({ claim: 6n, limit: 2 });
        await buffer.settle(FIRST.id, 6n, { status: "synced", serverHlc: "s" });
        await buffer.epochOf("server-a");
        const before = await buffer.list();
        const next = await reopen();
        const recovered = next.points.slice();
        return {
          before,
          recovered,
          after: await next.buffer.list(),
          counts: await next.buffer.counts(),
          stale: await error(next.buffer.claim({ claim: 5n, limit: 50 })),
          settled: await next.buffer.settle(SECOND.id, 6n, { status: "failed" }),
          again: (await next.buffer.insert(SECOND)).isNew,
          late: await error(next.buffer.insert(receiptOf(0))),
          epochs: [await next.buffer.epochOf("server-b"), await next.buffer.epochOf("server-a")],
        };
      });
      if (seen === undefined) return;
      expect(seen.after).toEqual(seen.before);
      expect(seen.counts).toEqual({ pending: 1, syncing: 1, synced: 1, failed: 0 });
      expect(seen.stale).toBeInstanceOf(StaleClaimError);
      expect([seen.settled, seen.again]).toEqual([true, false]);
      expect(seen.late).toBeInstanceOf(LateReceiptError);
      expect(seen.epochs).toEqual([2, 1]);
      const recovery = (receipt: NewReceipt, status: string, claim: string): Point => ({
        name: "receipt.recover",
        fields: { id: receipt.id, pos: "pos-1", status, claim, retries: 0 },
      });
      expect(seen.recovered).toEqual([
        recovery(FIRST, "synced", "6"),
        recovery(SECOND, "syncing", "6"),
        recovery(THIRD, "pending", ""),
      ]);
    });
  });
}
