import { describe, expect, it } from "vitest";
import type { EventQueue } from "../../../src/sim/kernel/event-queue.ts";
import { RingQueue } from "../../../src/sim/kernel/ring-queue.ts";
import { HeapQueue } from "./heap-queue.ts";

const queues: readonly (readonly [string, () => EventQueue])[] = [
  ["HeapQueue", () => new HeapQueue()],
  ["RingQueue", () => new RingQueue()],
];

// The order, against a sorted array, is in queue.test.ts.
describe.each(queues)("%s", (_name, make) => {
  it("gives back every column of an event", () => {
    const queue = make();
    const payload = { heavy: true };
    queue.push(7, 3, 4_503_599_627_370_496, -0.5, payload);
    expect(queue.pop(7)).toBe(true);
    const { time, handler, a, b } = queue;
    expect({ time, handler, a, b }).toEqual({ time: 7, handler: 3, a: 4_503_599_627_370_496, b: -0.5 });
    expect(queue.payload).toBe(payload);
  });

  it("never gives the payload of an event to a later one in its place", () => {
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
    expect(queue.size).toBe(0);
  });
});
