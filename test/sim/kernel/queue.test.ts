import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventQueue } from "../../../src/sim/kernel/event-queue.ts";
import { HeapQueue } from "./heap-queue.ts";
import { RingQueue } from "../../../src/sim/kernel/ring-queue.ts";

type Step = { readonly push: number } | { readonly popUntil: number };

/** Delays that hit every tier: the same microsecond, the same day, other days, the next era, far beyond. */
const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 900_000, max: 3_000_000 }),
  fc.integer({ min: 0, max: 4_000_000_000 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ push: delay }) },
  { weight: 2, arbitrary: fc.record({ popUntil: delay }) },
);

/** Runs a program on a queue; what is popped, in order, and where time stands when nothing more was due. */
function run(queue: EventQueue, steps: readonly Step[]): string[] {
  const out: string[] = [];
  let now = 0;
  let id = 0;
  for (const each of steps) {
    if ("push" in each) {
      queue.push(now + each.push, 1, id, -id, id % 3 === 0 ? { id } : undefined);
      id++;
      continue;
    }
    const until = now + each.popUntil;
    if (queue.pop(until)) {
      now = queue.time;
      out.push(`${String(now)} ${String(queue.a)} ${String(queue.b)} ${JSON.stringify(queue.payload)}`);
    } else {
      now = until;
      out.push(`until ${String(until)} ${String(queue.size)}`);
    }
  }
  while (queue.pop(Infinity)) out.push(`${String(queue.time)} ${String(queue.a)}`);
  return out;
}

/** The obvious queue: an array sorted by (time, insertion). */
class SortedArray implements EventQueue {
  time = 0;
  handler = 0;
  a = 0;
  b = 0;
  payload: unknown = undefined;
  readonly #events: { time: number; sequence: number; handler: number; a: number; b: number; payload: unknown }[] = [];
  #sequence = 0;
  get size(): number {
    return this.#events.length;
  }
  push(time: number, handler: number, a: number, b: number, payload: unknown): void {
    this.#events.push({ time, sequence: this.#sequence++, handler, a, b, payload });
    this.#events.sort((x, y) => x.time - y.time || x.sequence - y.sequence);
  }
  pop(until: number): boolean {
    const first = this.#events[0];
    if (first === undefined || first.time > until) return false;
    this.#events.shift();
    Object.assign(this, { time: first.time, handler: first.handler, a: first.a, b: first.b, payload: first.payload });
    return true;
  }
}

describe.each([
  ["HeapQueue", () => new HeapQueue()],
  ["RingQueue", () => new RingQueue()],
])("%s", (_name, make) => {
  it("pops in the order (time, insertion) for any program of pushes and pops", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        expect(run(make(), steps)).toEqual(run(new SortedArray(), steps));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the order while it grows beyond every initial capacity", () => {
    const queue = make();
    const steps: Step[] = [];
    for (let i = 0; i < 5_000; i++) steps.push({ push: (i * 7_919) % 5_000_000 });
    const popped = run(queue, steps).map((line) => Number(line.split(" ")[0]));
    expect(popped).toHaveLength(5_000);
    expect(popped).toEqual(popped.toSorted((a, b) => a - b));
  });

  it("takes an event before one that it has already looked at in vain", () => {
    const queue = make();
    queue.push(5_000_000, 0, 1, 0, undefined);
    expect(queue.pop(1_000_000)).toBe(false);
    queue.push(1_200_000, 0, 2, 0, undefined);
    expect(queue.pop(Infinity)).toBe(true);
    expect(queue.a).toBe(2);
  });
});
