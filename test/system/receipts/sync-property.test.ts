import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BufferUnavailableError } from "../../../src/system/components/receipts/receipt-buffer.ts";
import { SyncWorld, type OfdTurn } from "./sync-world.ts";

/** What may happen to two adapters that share a buffer, a lock and an OFD that knows no fencing numbers. */
type Act =
  | { readonly is: "create"; readonly till: string }
  | { readonly is: "sync"; readonly worker: number }
  | { readonly is: "ofd"; readonly turns: readonly OfdTurn[] }
  | { readonly is: "pass"; readonly ms: number }
  /** The lock ends: its holder is told, finds out at its next look, or never does while somebody else gets it. */
  | { readonly is: "lock"; readonly how: "lost" | "expired" | "forgotten" | "away" | "back" }
  | { readonly is: "buffer"; readonly answers: readonly ("ok" | "away" | "late")[] };

const TURNS = [
  ...["accept", "lost", "hang", "OFD_FAILED", "OFD_UNAVAILABLE", "OFD_LOST", "OFD_TIMEOUT"],
  ...["OFD_IN_FLIGHT", "OFD_STALE_TOKEN"],
] as OfdTurn[];

function acts(turns: readonly OfdTurn[]): fc.Arbitrary<Act[]> {
  const few = <T>(of: readonly T[]): fc.Arbitrary<T[]> => fc.array(fc.constantFrom(...of), { maxLength: 6 });
  const act: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ is: fc.constant("create" as const), till: fc.constantFrom("pos-1", "pos-2") }),
    fc.record({ is: fc.constant("sync" as const), worker: fc.nat(1) }),
    fc.record({ is: fc.constant("sync" as const), worker: fc.nat(1) }),
    fc.record({ is: fc.constant("ofd" as const), turns: few(turns) }),
    fc.record({ is: fc.constant("pass" as const), ms: fc.constantFrom(1, 5_000, 10_000, 60_000) }),
    fc.record({
      is: fc.constant("lock" as const),
      how: fc.constantFrom("lost" as const, "expired" as const, "forgotten" as const, "away" as const, "back" as const),
    }),
    fc.record({ is: fc.constant("buffer" as const), answers: few(["ok", "away", "late"] as const) }),
  );
  return fc.array(act, { maxLength: 40 });
}

/** Plays what happens, then heals everything and lets it drain. */
async function play(happens: readonly Act[], retriesMax: number, look: (world: SyncWorld) => void): Promise<SyncWorld> {
  const world = await new SyncWorld({ retriesMax, batchMax: 3 }).create(2);
  const workers = [world.worker, world.newWorker()];
  const reports: Promise<unknown>[] = [];
  for (const act of happens) {
    await perform(world, act, async (worker) => {
      reports.push((await world.begin(workers[worker])).report);
    });
    await world.rest();
    look(world);
  }
  world.trouble = () => undefined;
  world.lock.isAway = false;
  world.ofd.turns.length = 0;
  world.lock.holder?.lose();
  // Whoever waits for an answer gives up, and open breakers let a call through.
  await world.pass(60_000);
  await Promise.all(reports);
  look(world);
  expect(await world.newWorker().triggerSync()).toMatchObject({ result: "drained", failures: 0 });
  return world;
}

async function perform(world: SyncWorld, act: Act, sync: (worker: number) => Promise<void>): Promise<void> {
  switch (act.is) {
    case "create":
      await world.create(1, act.till);
      return;
    case "sync":
      return sync(act.worker);
    case "ofd":
      world.ofd.turns.push(...act.turns);
      return;
    case "pass":
      return world.pass(act.ms);
    case "lock":
      if (act.how === "lost") world.lock.holder?.lose();
      else if (act.how === "expired") world.lock.holder?.expireUnsaid();
      else if (act.how === "forgotten") world.lock.holder?.forget();
      else world.lock.isAway = act.how === "away";
      return;
    case "buffer": {
      const answers = [...act.answers];
      world.trouble = () => {
        const answer = answers.shift() ?? "ok";
        return answer === "ok" ? undefined : answer === "late" ? "late" : new BufferUnavailableError("away", true);
      };
    }
  }
}

/** Numbers of `r1`, `r2`, … */
const numbers = (keys: readonly string[]): number[] => keys.map((key) => Number(key.slice(1)));

describe("two sync workers, whatever OFD, lock and buffer do", () => {
  it("bring every receipt to the OFD, in the order of their stamps, each under one key and with one content", async () => {
    await fc.assert(
      fc.asyncProperty(acts(TURNS), async (happens) => {
        const world = await play(happens, 1_000_000, ({ ofd }) => {
          // At every moment the OFD has the first so many, without a gap.
          expect(numbers(ofd.accepted)).toEqual(ofd.accepted.map((_, i) => i + 1));
        });
        const receipts = await world.store.list();
        expect(receipts.map(({ status }) => status)).toEqual(receipts.map(() => "synced"));
        expect(world.ofd.accepted).toEqual(receipts.map(({ id }) => id));
        const contents = new Map(receipts.map((receipt) => [receipt.id, receipt]));
        for (const { key, payload, posId, receiptHlc } of world.ofd.registrations) {
          const stored = contents.get(key);
          expect([payload, posId, receiptHlc]).toEqual([stored?.payload, stored?.posId, stored?.hlc]);
        }
      }),
    );
  });

  it("give up only what was refused or failed too often, and keep the order of all that the OFD has", async () => {
    await fc.assert(
      fc.asyncProperty(acts([...TURNS, "OFD_REFUSED", "OFD_FAILED"]), async (happens) => {
        const tries = new Map<string, number>();
        const refused = new Set<string>();
        const world = await play(happens, 2, ({ ofd }) => {
          const order = numbers(ofd.accepted);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        });
        for (const { key } of world.ofd.registrations) tries.set(key, (tries.get(key) ?? 0) + 1);
        for (const key of world.ofd.refused) refused.add(key);
        for (const { id, status, retryCount } of await world.store.list()) {
          expect(["synced", "failed"]).toContain(status);
          if (status === "synced") expect(world.ofd.accepted).toContain(id);
          else {
            expect(retryCount === 2 || refused.has(id)).toBe(true);
            expect(tries.get(id)).toBeGreaterThanOrEqual(retryCount);
          }
        }
      }),
    );
  });

  it("try a receipt once under one fencing number", async () => {
    await fc.assert(
      fc.asyncProperty(acts(TURNS), async (happens) => {
        const world = await play(happens, 1_000_000, () => undefined);
        const numbersOfLocks = world.ofd.sent.map((one) => one.split("@"));
        for (const [key, fencing] of numbersOfLocks)
          expect(numbersOfLocks.filter(([k, f]) => k === key && f === fencing)).toHaveLength(1);
      }),
    );
  });
});
