import { describe, expect, it } from "vitest";
import {
  Kernel,
  KernelError,
  SHORT_SLICE_EVENTS,
  type Entrant,
  type KernelOptions,
} from "../../../src/sim/kernel/kernel.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

function makeKernel(options: Partial<Omit<KernelOptions, "trace">> = {}): Kernel {
  return new Kernel({ trace: new TraceWriter({ keep: true }), ...options });
}

function entrant(name: string): Entrant & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  return { name, errors, onError: (error) => errors.push(error) };
}

describe("Kernel", () => {
  it("runs events by time, and those of one time in the order in which they were scheduled", async () => {
    const kernel = makeKernel();
    const seen: string[] = [];
    const handler = kernel.register((a) => seen.push(`${String(kernel.now)}:${String(a)}`));
    for (const [time, a] of [
      [20, 1],
      [10, 2],
      [20, 3],
      [10, 4],
      [0, 5],
    ] as const)
      kernel.schedule(time, handler, a, 0);
    await kernel.run(100);
    expect(seen).toEqual(["0:5", "10:2", "10:4", "20:1", "20:3"]);
    expect(kernel.now).toBe(100);
    expect(kernel.events).toBe(5);
  });

  it("puts what an event schedules for its own time behind what is already there", async () => {
    const kernel = makeKernel();
    const seen: number[] = [];
    const handler = kernel.register((a) => {
      seen.push(a);
      if (a === 1) kernel.schedule(kernel.now, handler, 3, 0);
    });
    kernel.schedule(5, handler, 1, 0);
    kernel.schedule(5, handler, 2, 0);
    await kernel.run(5);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("runs events at the end of the span and leaves later ones for the next run", async () => {
    const kernel = makeKernel();
    const seen: number[] = [];
    const handler = kernel.register((a) => seen.push(a));
    kernel.schedule(10, handler, 1, 0);
    kernel.schedule(11, handler, 2, 0);
    await kernel.run(10);
    expect(seen).toEqual([1]);
    expect(kernel.pending).toBe(1);
    await kernel.run(11);
    expect(seen).toEqual([1, 2]);
  });

  it("refuses an event before now, and one at no time at all", async () => {
    const kernel = makeKernel();
    const handler = kernel.register(() => undefined);
    await kernel.run(10);
    expect(() => {
      kernel.schedule(9, handler, 0, 0);
    }).toThrow(expect.objectContaining({ code: "TIME_ORDER" }) as Error);
    expect(() => {
      kernel.schedule(NaN, handler, 0, 0);
    }).toThrow(KernelError);
  });

  it("ends a run after the event that stopped it, and goes on from there", async () => {
    const kernel = makeKernel();
    const seen: number[] = [];
    const handler = kernel.register((a) => {
      seen.push(a);
      if (a === 1) kernel.stop();
    });
    kernel.schedule(1, handler, 1, 0);
    kernel.schedule(2, handler, 2, 0);
    await kernel.run(10);
    expect([seen, kernel.now]).toEqual([[1], 1]);
    await kernel.run(10);
    expect([seen, kernel.now]).toEqual([[1, 2], 10]);
  });

  it("bounds the events of a run", async () => {
    const kernel = makeKernel({ maxEvents: 1_000 });
    const handler = kernel.register(() => {
      kernel.schedule(kernel.now, handler, 0, 0);
    });
    kernel.schedule(0, handler, 0, 0);
    await expect(kernel.run(1)).rejects.toMatchObject({ code: "EVENT_LIMIT" });
  });

  describe.each(["tick", "turn"] as const)("with the drain %s", (drain) => {
    it("brings node code to rest before the next event, through promises and ticks", async () => {
      const kernel = makeKernel({ drain });
      const seen: string[] = [];
      const node = entrant("n1");
      const handler = kernel.register((a) => {
        kernel.enter(node, -1, () => {
          void (async () => {
            for (let i = 0; i < 3; i++) {
              await null;
              await new Promise<void>((resolve) => {
                process.nextTick(resolve);
              });
            }
            seen.push(`${String(a)} at ${String(kernel.now)}`);
          })();
        });
      });
      for (const a of [1, 2, 3]) kernel.schedule(a * 10, handler, a, 0);
      await kernel.run(100);
      expect(seen).toEqual(["1 at 10", "2 at 20", "3 at 30"]);
    });

    it("traps nothing of the process around it, which has turns while a run goes on", async () => {
      const kernel = makeKernel({ drain });
      const node = entrant("n1");
      let entered = 0;
      const handler = kernel.register(() => {
        kernel.enter(node, -1, () => {
          void Promise.resolve().then(() => entered++);
        });
      });
      for (let a = 0; a < 3_000; a++) kernel.schedule(a, handler, a, 0);
      let isOver = false;
      const around: unknown[] = [];
      const turn = (): void => {
        try {
          around.push(Math.random());
        } catch (error) {
          around.push(error);
        }
        if (!isOver) setImmediate(turn);
      };
      setImmediate(turn);
      await kernel.run(3_000);
      isOver = true;
      expect(entered).toBe(3_000);
      expect(around.length).toBeGreaterThan(0);
      expect(around.filter((each) => typeof each !== "number")).toEqual([]);
      expect(node.errors).toEqual([]);
    });

    it("gives the process around it a turn after each slice", async () => {
      let slices = 0;
      const kernel = makeKernel({
        drain,
        sliceEvents: 10,
        betweenSlices: () => {
          slices++;
          return Promise.resolve();
        },
      });
      const node = entrant("n1");
      // Every other event enters nobody's code.
      const handler = kernel.register((a) => {
        if (a % 2 === 0) kernel.enter(node, -1, () => undefined);
      });
      for (let a = 0; a < 100; a++) kernel.schedule(a, handler, a, 0);
      await kernel.run(100);
      expect(kernel.events).toBe(100);
      expect(slices).toBeGreaterThanOrEqual(10);
    });

    it("gives a node what its code throws, now or later, and what it rejects without a handler", async () => {
      const kernel = makeKernel({ drain });
      const node = entrant("n1");
      const other = entrant("n2");
      const codes = [
        () => {
          throw new Error("now");
        },
        () => {
          void Promise.reject(new Error("rejected"));
        },
        () => {
          queueMicrotask(() => {
            throw new Error("microtask");
          });
        },
        () => {
          process.nextTick(() => {
            throw new Error("tick");
          });
        },
      ];
      const handler = kernel.register((a) => {
        kernel.enter(node, -1, codes[a] as () => void);
      });
      const quiet = kernel.register(() => {
        kernel.enter(other, -1, () => undefined);
      });
      codes.forEach((_, a) => {
        kernel.schedule(a, handler, a, 0);
        kernel.schedule(a, quiet, a, 0);
      });
      await kernel.run(100);
      expect(node.errors.map((error) => (error as Error).message)).toEqual(["now", "rejected", "microtask", "tick"]);
      expect(other.errors).toEqual([]);
    });

    it("gives a node what its ticks throw also where the runner around puts nextTick back meanwhile, and leaves what it put", async () => {
      const { nextTick } = process;
      const put = nextTick.bind(process);
      // As vitest does for each of its calls: soon, which is when the run has begun.
      nextTick(() => {
        process.nextTick = put;
      });
      try {
        const kernel = makeKernel({ drain });
        const node = entrant("n1");
        const handler = kernel.register(() => {
          kernel.enter(node, -1, () => {
            process.nextTick(() => {
              throw new Error("tick");
            });
          });
        });
        kernel.schedule(0, handler, 0, 0);
        await kernel.run(1);
        expect(node.errors).toMatchObject([{ message: "tick" }]);
        expect(process.nextTick).toBe(put);
      } finally {
        process.nextTick = nextTick;
      }
    });

    it("gives what happens in an event the cause it was entered with, also after an await, and no cause to the next", async () => {
      const kernel = makeKernel({ drain });
      const { trace } = kernel;
      const first = kernel.register(() => {
        const id = trace.point(1, "", "start");
        kernel.enter(entrant("n1"), id, () => {
          void Promise.resolve().then(() => trace.point(0, "n1", "late"));
        });
      });
      const second = kernel.register(() => trace.point(1, "", "alone"));
      kernel.schedule(1, first, 0, 0);
      kernel.schedule(1, second, 0, 0);
      await kernel.run(1);
      expect([...(trace.trace ?? [])].map((record) => record.cause)).toEqual([-1, 0, -1]);
    });
  });

  it("stops a chain of microtasks that never ends, and names the node", async () => {
    const kernel = makeKernel({ hangMs: 300, sliceEvents: SHORT_SLICE_EVENTS });
    const handler = kernel.register(() => {
      kernel.enter(entrant("n3"), -1, () => {
        const again = (): void => {
          void Promise.resolve().then(again);
        };
        again();
      });
    });
    kernel.schedule(7, handler, 0, 0);
    await expect(kernel.run(10)).rejects.toMatchObject({ code: "DRAIN_WITHOUT_END", facts: { node: "n3", timeUs: 7 } });
  });

  it("stops a loop that never ends, and names the node", async () => {
    const kernel = makeKernel({ hangMs: 300, sliceEvents: SHORT_SLICE_EVENTS });
    const handler = kernel.register(() => {
      kernel.enter(entrant("n4"), -1, () => {
        for (let i = 0; i >= 0;) i = 1;
      });
    });
    kernel.schedule(0, handler, 0, 0);
    await expect(kernel.run(10)).rejects.toMatchObject({ code: "DRAIN_WITHOUT_END", facts: { node: "n4" } });
  });

  it("says of a machine that stood still that it was the machine", async () => {
    const kernel = makeKernel({ hangMs: 100 });
    const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
    const handler = kernel.register(() => Atomics.wait(nobodyWakes, 0, 0, 60_000));
    kernel.schedule(0, handler, 0, 0);
    await expect(kernel.run(10)).rejects.toMatchObject({
      code: "STARVED",
      message: expect.stringMatching(/The machine gave the process only \d+ ms of it/) as string,
    });
  });

  it("refuses to enter a node inside another's event", async () => {
    const kernel = makeKernel();
    const outer = entrant("n1");
    const handler = kernel.register(() => {
      kernel.enter(outer, -1, () => {
        kernel.enter(entrant("n2"), -1, () => undefined);
      });
    });
    kernel.schedule(0, handler, 0, 0);
    await kernel.run(1);
    expect(outer.errors).toMatchObject([{ code: "NESTED_ENTRY" }]);
  });
});
