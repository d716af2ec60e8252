import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeldLock } from "../../../src/system/components/lock/lock-port.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import { LockWorld, type Holder } from "./lock-world.ts";

const TTL_MS = 600;
const END_MS = 12_000;
const HOLDERS = ["a", "b", "c"] as const;

/** A time in which a node is paused or cut off. */
interface Spell {
  readonly node: (typeof HOLDERS)[number];
  readonly kind: "pause" | "cut" | "deaf" | "mute";
  readonly fromMs: number;
  readonly forMs: number;
}

const spell: fc.Arbitrary<Spell> = fc.record({
  node: fc.constantFrom(...HOLDERS),
  kind: fc.constantFrom("pause", "cut", "deaf", "mute"),
  fromMs: fc.integer({ min: 0, max: 8_000 }),
  forMs: fc.integer({ min: 1, max: 3 * TTL_MS }),
});

const plan = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }).map(String),
  spells: fc.array(spell, { maxLength: 8 }),
  ppm: fc.record({
    a: fc.integer({ min: -4_900, max: 4_900 }),
    b: fc.integer({ min: -4_900, max: 4_900 }),
    c: fc.integer({ min: -4_900, max: 4_900 }),
    redis: fc.integer({ min: -4_900, max: 4_900 }),
  }),
  lossPpm: fc.constantFrom(0, 20_000, 200_000),
  latencyUsMax: fc.constantFrom(1_000, 20_000, 150_000),
});

/** What one server may say about one key, in order: the specification in a few lines. */
class Model {
  #holder: { token: string; untilMs: number } | undefined;
  #last = 0n;
  readonly #ppm: number;

  constructor(ppm: number) {
    this.#ppm = ppm;
  }

  /** @returns what is wrong with the server's next record; `undefined` for nothing. */
  next(record: Extract<TraceRecord, { kind: "point" }>): string | undefined {
    const nowMs = (record.time / 1_000) * (1 + this.#ppm / 1_000_000);
    const { token, given } = record.fields as { token: string; given?: string };
    const holder = this.#holder;
    const untilMs = nowMs + TTL_MS;
    switch (record.name) {
      case "lock.grant": {
        const fencing = BigInt(String(record.fields["fencing"]));
        if (holder !== undefined) return `granted to ${token} while ${holder.token} has it`;
        if (fencing !== this.#last + 1n) return `number ${fencing.toString()} after ${this.#last.toString()}`;
        this.#last = fencing;
        this.#holder = { token, untilMs };
        return undefined;
      }
      case "lock.extend":
        if (holder?.token !== token || given !== token) return `extended ${token} for ${String(given)}`;
        this.#holder = { token, untilMs };
        return undefined;
      case "lock.release":
        this.#holder = undefined;
        return holder?.token === token && given === token ? undefined : `released ${token} for ${String(given)}`;
      default:
        this.#holder = undefined;
        if (holder?.token !== token) return `${token} expired, which had nothing`;
        return Math.abs(nowMs - holder.untilMs) <= 3
          ? undefined
          : `expired at ${String(nowMs)}, due ${String(holder.untilMs)}`;
    }
  }
}

/** Takes the lock again and again, for random times, giving it back or forgetting it. */
function user(held: Set<HeldLock>): (holder: Holder) => Promise<void> {
  return async ({ env, lock }) => {
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => env.timers.create("work", resolve).arm(ms));
    while (env.clock.monotonic() < END_MS - 3_000) {
      await sleep(env.random.integer(0, 200));
      const waitMs = env.random.integer(0, 1) * 2_000;
      const got = await lock.acquire("job", { ttlMs: TTL_MS, waitMs, autoExtend: env.random.integer(0, 3) > 0 });
      if (got.outcome !== "granted") continue;
      held.add(got.lock);
      await sleep(env.random.integer(0, 1_500));
      if (env.random.integer(0, 3) > 0) await got.lock.release();
      else while (got.lock.isHeld() && env.clock.monotonic() < END_MS - 3_000) await sleep(50);
      if (got.lock.isHeld()) await got.lock.release();
    }
  };
}

describe("the lock against a model of one server", () => {
  it("has one holder at any instant, whatever is paused, cut, lost or late, and its server keeps to the model", async () => {
    let grants = 0;
    await fc.assert(
      fc.asyncProperty(plan, async ({ seed, spells, ppm, lossPpm, latencyUsMax }) => {
        const held = new Set<HeldLock>();
        const bodies = Object.fromEntries(HOLDERS.map((id) => [id, user(held)]));
        const world = new LockWorld(bodies, {
          seed,
          network: {
            lossPpm,
            latency: { uniform: { min: 500, max: latencyUsMax } },
            reorderPpm: lossPpm,
            reorderBy: 50_000,
          },
          clocks: Object.fromEntries(Object.entries(ppm).map(([id, rate]) => [id, { ppm: rate }])),
        });
        for (const { node, kind, fromMs, forMs } of spells) {
          const times = { from: fromMs, to: fromMs + forMs };
          if (kind === "pause") world.pause(node, times);
          else if (kind === "mute") world.cut(node, "redis", { ...times, isBoth: false });
          else world.cut("redis", node, { ...times, isBoth: kind === "cut" });
        }
        const together: number[] = [];
        for (let ms = 0; ms < END_MS; ms += 7)
          world.at(ms, () => {
            for (const lock of held) if (lock.leftMs() === 0) held.delete(lock);
            if (held.size > 1) together.push(ms);
          });
        await world.run(END_MS);
        expect(together).toEqual([]);
        expect(world.complaints()).toEqual([]);
        const model = new Model(ppm.redis);
        for (const record of world.records) {
          if (record.kind !== "point" || record.node !== "redis") continue;
          expect(model.next(record)).toBeUndefined();
          if (record.name === "lock.grant") grants++;
        }
      }),
      { numRuns: 60 },
    );
    expect(grants).toBeGreaterThan(300);
  });
});
