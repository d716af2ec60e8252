import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeapQueue, type EventQueue } from "../../../src/sim/kernel/event-queue.ts";
import { RingQueue } from "../../../src/sim/kernel/ring-queue.ts";

interface Event {
  readonly time: number;
  readonly a: number;
}

/** What a queue is: a list, sorted by time and then by insertion. */
class SortedArray {
  readonly #events: Event[] = [];

  push(event: Event): void {
    const place = this.#events.findIndex((other) => other.time > event.time);
    this.#events.splice(place < 0 ? this.#events.length : place, 0, event);
  }

  pop(until: number): Event | undefined {
    const first = this.#events[0];
    return first !== undefined && first.time <= until ? this.#events.shift() : undefined;
  }

  get size(): number {
    return this.#events.length;
  }
}

/** Delays of one scale each: ties, neighbours, within a day of the ring, far beyond it. */
const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: 0, max: 100_000_000 }),
  fc.integer({ min: 0, max: 8_000_000_000_000 }),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("push" as const), delay }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pop" as const), delay }) },
);

const queues: readonly (readonly [string, () => EventQueue])[] = [
  ["HeapQueue", () => new HeapQueue()],
  ["RingQueue", () => new RingQueue()],
];

describe.each(queues)("%s", (_name, make) => {
  it("takes events in the order of a sorted array, whatever is pushed and popped", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = make();
        const model = new SortedArray();
        let now = 0;
        steps.forEach((given, a) => {
          if (given.kind === "push") {
            const time = now + given.delay;
            queue.push(time, a % 7, a, -a, a % 3 === 0 ? undefined : `payload ${String(a)}`);
            model.push({ time, a });
          } else {
            const until = now + given.delay;
            const expected = model.pop(until);
            expect(queue.pop(until)).toBe(expected !== undefined);
            if (expected !== undefined) {
              const { time, handler, a: got, b, payload } = queue;
              const index = expected.a;
              expect({ time, handler, got, b, payload }).toEqual({
                time: expected.time,
                handler: index % 7,
                got: index,
                b: -index,
                payload: index % 3 === 0 ? undefined : `payload ${String(index)}`,
              });
              now = expected.time;
            } else {
              now = until;
            }
          }
          expect(queue.size).toBe(model.size);
        });
        for (let expected = model.pop(Infinity); expected !== undefined; expected = model.pop(Infinity)) {
          expect(queue.pop(Infinity)).toBe(true);
          expect([queue.time, queue.a]).toEqual([expected.time, expected.a]);
        }
        expect(queue.pop(Infinity)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps insertion order among ten thousand events of one time, and grows", () => {
    const queue = make();
    for (let a = 0; a < 10_000; a++) queue.push(500, 0, a, 0, undefined);
    for (let a = 0; a < 10_000; a++) {
      expect(queue.pop(500)).toBe(true);
      if (queue.a !== a) expect(queue.a).toBe(a);
    }
    expect(queue.size).toBe(0);
  });

  it("lets go of a payload once it was popped", () => {
    const queue = make();
    queue.push(1, 0, 0, 0, { heavy: true });
    queue.pop(1);
    queue.push(2, 0, 0, 0, undefined);
    queue.pop(2);
    expect(queue.payload).toBeUndefined();
  });

  it("takes nothing that is due later than asked for", () => {
    const queue = make();
    queue.push(10, 0, 0, 0, undefined);
    expect(queue.pop(9)).toBe(false);
    expect(queue.size).toBe(1);
    expect(queue.pop(10)).toBe(true);
  });
});
