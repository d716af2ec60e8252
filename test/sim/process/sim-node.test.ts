import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import { EPOCH_MS } from "../../../src/sim/cluster.ts";
import { SHORT_SLICE_EVENTS } from "../../../src/sim/kernel/kernel.ts";
import { idle, TestWorld, type Body } from "../world.ts";

const [n1, n2] = ["n1", "n2"] as [NodeId, NodeId];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Calls `work` every `ms`. */
function every(env: NodeEnv, ms: number, work: () => void): void {
  const timer = env.timers.create("every", () => {
    timer.arm(ms);
    work();
  });
  timer.arm(ms);
}

describe("SimNode", () => {
  it("starts in an event of its own, caused by the record that it is up", async () => {
    const world = new TestWorld({
      n1: (env) => {
        env.observer.point("started", { incarnation: env.incarnation, peers: env.peers.join() });
      },
      n2: idle,
    });
    await world.run(1);
    const [up] = world.records("state");
    expect(up).toMatchObject({
      origin: "world",
      node: "n1",
      key: "process",
      value: "up",
      fields: { incarnation: 1, reason: "start" },
    });
    expect(world.records("point")).toMatchObject([
      { cause: up?.id, origin: "program", fields: { incarnation: 1, peers: "n2" } },
    ]);
    expect(world.cluster.node("n1")).toMatchObject({ state: "up", incarnation: 1, role: "node", index: 0 });
  });

  it("starts once however often it is told to", async () => {
    const world = new TestWorld({ n1: idle });
    world.cluster.start(n1);
    world.at(1, () => {
      expect(world.cluster.start(n1)).toBe(false);
    });
    await world.run(5);
    expect(world.states("process")).toEqual(["0 n1 up"]);
  });

  it("crashes: process and unsynced bytes are gone, synced ones are there, monotonic starts at 0", async () => {
    const seen: unknown[] = [];
    const world = new TestWorld({
      n1: async_(async (env) => {
        const read = async (path: string): Promise<string | undefined> => {
          const got = await env.disk.read(path);
          return got === undefined ? undefined : new TextDecoder().decode(got);
        };
        seen.push([env.incarnation, env.clock.monotonic(), await read("synced"), await read("unsynced")]);
        await env.disk.append("synced", bytes("a"));
        await env.disk.sync("synced");
        await env.disk.syncDirectory("");
        for (let i = 0; i < 500; i++) await env.disk.append("unsynced", bytes("a"));
      }),
    });
    world.at(100, () => world.cluster.crash(n1));
    world.at(200, () => world.cluster.restart(n1));
    await world.run(220);
    expect(seen[0]).toEqual([1, 0, undefined, undefined]);
    // Of the 500 bytes that were not synced the seed chose a part.
    expect(seen[1]).toEqual([2, 0, "a", expect.stringMatching(/^a{0,499}$/)]);
    expect(world.records("point")).toContainEqual(expect.objectContaining({ name: "disk.lost", time: 100_000 }));
    expect(world.states("process")).toEqual(["0 n1 up", "100 n1 down", "200 n1 up"]);
    const reasons = world.records("state").map(({ fields }) => [fields["reason"], fields["incarnation"]]);
    expect(reasons).toEqual([
      ["start", 1],
      ["crash", 1],
      ["restart", 2],
    ]);
    expect(world.cluster.node("n1").clock.monotonic(world.kernel.now)).toBe(20);
  });

  it("is killed: the page cache survives and monotonic runs on", async () => {
    const seen: unknown[] = [];
    const world = new TestWorld({
      n1: async_(async (env) => {
        const got = await env.disk.read("file");
        seen.push([env.clock.monotonic(), got === undefined ? undefined : new TextDecoder().decode(got)]);
        await env.disk.append("file", bytes("a"));
      }),
    });
    world.at(100, () => world.cluster.kill(n1));
    world.at(200, () => world.cluster.restart(n1));
    await world.run(300);
    expect(seen).toEqual([
      [0, undefined],
      [200, "a"],
    ]);
  });

  it("loses power also when its process was killed before", async () => {
    const seen: unknown[] = [];
    const world = new TestWorld({
      n1: async_(async (env) => {
        const got = await env.disk.read("file");
        seen.push([env.clock.monotonic(), got?.length]);
        for (let i = 0; i < 500; i++) await env.disk.append("file", bytes("a"));
      }),
    });
    world.at(100, () => world.cluster.kill(n1));
    world.at(150, () => {
      expect([world.cluster.crash(n1), world.cluster.crash(n1)]).toEqual([true, false]);
    });
    world.at(200, () => world.cluster.restart(n1));
    await world.run(300);
    expect(seen).toEqual([
      [0, undefined],
      [0, expect.toSatisfy((length: unknown) => length === undefined || (length as number) < 500)],
    ]);
  });

  it("gives a dead process nothing: no completion, no timer, no message, no observation", async () => {
    const seen: string[] = [];
    const world = new TestWorld({
      n1: (env) => {
        const life = `life ${String(env.incarnation)}`;
        env.transport.subscribe(() => seen.push(`${life} message`));
        env.timers.create("t", () => seen.push(`${life} timer`)).arm(20);
        if (env.incarnation > 1) return;
        void env.disk
          .append("f", bytes("x"))
          .then(() => env.disk.sync("f"))
          .then(() => seen.push(`${life} disk`));
        env.timers
          .create("fail", () => {
            void Promise.resolve().then(() => {
              env.observer.state("role", "ghost");
              env.observer.point("ghost");
              void env.disk.write("ghost", bytes("x"));
              env.observer.invoke({ name: "ghost" });
              env.transport.send(n2, { type: "test.ghost" });
            });
            throw new Error("bug");
          })
          .arm(1);
      },
      n2: (env) => {
        every(env, 30, () => {
          env.transport.send(n1, { type: "test.hello" });
        });
      },
    });
    world.at(5, () => world.cluster.restart(n1));
    await world.run(50);
    expect(seen).toEqual(["life 2 timer", "life 2 message"]);
    expect(JSON.stringify(world.all)).not.toContain("ghost");
  });

  it("gives every incarnation random numbers of its own", async () => {
    const drawn: number[] = [];
    const world = new TestWorld({
      n1: (env) => drawn.push(env.random.uint32()),
      n2: (env) => drawn.push(env.random.uint32()),
    });
    world.at(1, () => {
      world.cluster.kill(n1);
      world.cluster.restart(n1);
    });
    await world.run(5);
    expect(new Set(drawn).size).toBe(3);
  });

  it("ends in an orderly way: the program's stop comes to rest first", async () => {
    const order: string[] = [];
    const world = new TestWorld({
      n1: (env) => {
        env.timers.create("t", () => order.push("timer")).arm(50);
        return () => {
          order.push("stop");
          void Promise.resolve().then(() => {
            env.observer.point("last words");
          });
        };
      },
    });
    world.at(20, () => world.cluster.stop(n1));
    await world.run(100);
    expect(order).toEqual(["stop"]);
    expect(world.points).toEqual(["20 n1 last words"]);
    expect(world.records("state").at(-1)).toMatchObject({ value: "down", fields: { reason: "stop" } });
  });

  describe("with an error that leaves the program", () => {
    const cases: readonly (readonly [string, (env: NodeEnv) => void])[] = [
      [
        "a throw at the start",
        () => {
          throw new TypeError("bug");
        },
      ],
      [
        "a throw in a timer",
        (env) => {
          env.timers
            .create("t", () => {
              throw new TypeError("bug");
            })
            .arm(0);
        },
      ],
      [
        "a throw while handling a message",
        (env) => {
          env.transport.subscribe(() => {
            throw new TypeError("bug");
          });
          env.transport.send(n1, { type: "test.self" });
        },
      ],
      [
        "a rejection that nobody handles",
        () => {
          void Promise.reject(new TypeError("bug"));
        },
      ],
      [
        "a throw after a disk operation",
        (env) => {
          void env.disk.append("f", bytes("x")).then(() => {
            throw new TypeError("bug");
          });
        },
      ],
      [
        "a throw in a microtask",
        () => {
          queueMicrotask(() => {
            throw new TypeError("bug");
          });
        },
      ],
    ];

    it.each(cases)("%s takes the process down, and it alone", async (_name, body) => {
      const world = new TestWorld({
        n1: (env) => {
          if (env.incarnation === 1) body(env);
        },
        n2: idle,
      });
      world.at(50, () => world.cluster.restart(n1));
      await world.run(100);
      expect(world.cluster.errors).toMatchObject([{ node: "n1", error: { message: "bug" } }]);
      const downs = world.records("state").filter(({ value }) => value === "down");
      expect(downs).toMatchObject([
        { node: "n1", origin: "world", fields: { reason: "uncaught", error: "TypeError: bug", incarnation: 1 } },
      ]);
      expect(downs[0]?.cause).toBeGreaterThanOrEqual(0);
      expect(world.cluster.nodes.map(({ state }) => state)).toEqual(["up", "up"]);
    });

    it("a fail-stop is a decision: the process is down, and no bug is listed", async () => {
      const world = new TestWorld({
        n1: () => {
          throw new FailStopError("fsync failed");
        },
      });
      await world.run(1);
      expect(world.cluster.errors).toEqual([]);
      expect(world.records("state").at(-1)).toMatchObject({ value: "down", fields: { reason: "fail-stop" } });
    });

    it("an error that is none is one all the same", async () => {
      const world = new TestWorld({
        n1: () => {
          throw "text" as unknown as Error;
        },
      });
      await world.run(1);
      expect(world.cluster.errors[0]?.error).toBeInstanceOf(Error);
      expect(world.records("state").at(-1)?.fields["error"]).toBe("text");
    });
  });

  describe("paused", () => {
    it("hears nothing, and everything late and in order when it resumes; its clocks run on", async () => {
      const heard: string[] = [];
      const world = new TestWorld({
        n1: (env) => {
          const note = (what: string): void => {
            heard.push(`${String(env.clock.monotonic())} ${what}`);
          };
          env.transport.subscribe((_from, message) => {
            note(`message ${JSON.stringify(message["i"])}`);
          });
          every(env, 25, () => {
            note("timer");
          });
          void env.disk
            .append("f", bytes("x"))
            .then(() => env.disk.sync("f"))
            .then(() => {
              note("disk");
            });
        },
        n2: (env) => {
          let i = 0;
          every(env, 10, () => {
            env.transport.send(n1, { type: "test.number", i: ++i });
          });
        },
      });
      world.at(1, () => world.cluster.pause(n1));
      world.at(32, () => world.cluster.resume(n1));
      await world.run(60);
      expect(heard).toEqual([
        "32 disk",
        "32 message 1",
        "32 message 2",
        "32 timer",
        "32 message 3",
        "41 message 4",
        "51 message 5",
        "57 timer",
      ]);
      expect(world.states("process")).toEqual(["0 n1 up", "0 n2 up", "1 n1 paused", "32 n1 up"]);
    });

    it("hears what arrives as it resumes after what was late", async () => {
      const heard: number[] = [];
      const world = new TestWorld({
        n1: (env) => {
          env.transport.subscribe((_from, message) => heard.push(message["i"] as number));
        },
        n2: (env) => {
          let i = 0;
          every(env, 10, () => {
            env.transport.send(n1, { type: "test.number", i: ++i });
          });
        },
      });
      // Resumes at the very time at which message 3 arrives, in an event before it.
      world.at(5, () => world.cluster.pause(n1));
      world.at(31, () => world.cluster.resume(n1));
      await world.run(45);
      expect(heard).toEqual([1, 2, 3, 4]);
    });

    it("still loses what is cut when it arrives", async () => {
      const world = new TestWorld({
        n1: idle,
        n2: (env) => {
          env.transport.send(n1, { type: "test.x" });
        },
      });
      world.at(0.5, () => {
        world.cluster.pause(n1);
        world.cluster.network.addEffect(n2, n1, { fault: "cut", cut: true, touch: () => undefined });
      });
      world.at(5, () => world.cluster.resume(n1));
      await world.run(10);
      expect(world.records("dropped")).toMatchObject([{ time: 1_000, reason: "partition" }]);
    });

    it("and then crashed, hears nothing of it: what waited is dropped", async () => {
      const world = new TestWorld({
        n1: idle,
        n2: (env) => {
          env.transport.send(n1, { type: "test.x" });
        },
      });
      world.at(0.5, () => world.cluster.pause(n1));
      world.at(5, () => world.cluster.crash(n1));
      world.at(6, () => world.cluster.restart(n1));
      await world.run(10);
      expect(world.records("dropped")).toMatchObject([{ time: 5_000, node: "n1", reason: "crashed" }]);
      expect(world.records("delivered")).toEqual([]);
    });
  });

  it("says no to orders that do not fit its state", async () => {
    const world = new TestWorld({ n1: idle });
    const { cluster } = world;
    const answers: unknown[] = [];
    world.at(1, () => {
      answers.push(["up", cluster.resume(n1), cluster.restart(n1)]);
      answers.push(["pause", cluster.pause(n1), cluster.pause(n1), cluster.stop(n1)]);
      answers.push([
        "kill",
        cluster.kill(n1),
        cluster.kill(n1),
        cluster.pause(n1),
        cluster.resume(n1),
        cluster.stop(n1),
      ]);
    });
    await world.run(5);
    expect(answers).toEqual([
      ["up", false, false],
      ["pause", true, false, false],
      ["kill", true, false, false, false, false],
    ]);
    expect(() => cluster.node("n9")).toThrow(expect.objectContaining({ code: "UNKNOWN_NODE" }) as Error);
  });

  describe("clocks", () => {
    it("show the wall time of the run's epoch, with offset and drift, and every change is recorded", async () => {
      const seen: number[] = [];
      const world = new TestWorld(
        {
          n1: (env) => {
            env.timers.create("t", () => seen.push(env.clock.wall() - EPOCH_MS, env.clock.monotonic())).arm(1_000);
          },
        },
        { clocks: { n1: { offsetUs: 250_000, ppm: 1_000 } } },
      );
      world.at(2_000, () => {
        world.cluster.node("n1").clock.addOffset(world.kernel.now, -1_000_500);
      });
      world.at(3_000, () => {
        world.cluster.node("n1").clock.setRate(world.kernel.now, 0);
        world.cluster.node("n1").clock.freeze(world.kernel.now);
      });
      await world.run(4_000);
      expect(seen).toEqual([1_250, 1_000]);
      expect(world.states("clock")).toEqual([
        "0 n1 +250 ms",
        "2000 n1 −748.5 ms",
        "3000 n1 −747.5 ms",
        "3000 n1 −747.5 ms",
      ]);
      expect(
        world
          .records("state")
          .filter(({ key }) => key === "clock")
          .map(({ fields }) => fields),
      ).toEqual([
        { offsetUs: 250_000, ppm: 1_000, frozen: false },
        { offsetUs: -748_500, ppm: 1_000, frozen: false },
        { offsetUs: -747_500, ppm: 0, frozen: false },
        { offsetUs: -747_500, ppm: 0, frozen: true },
      ]);
    });
  });

  describe("escapes", () => {
    it.each([
      ["Math.random", () => Math.random()],
      ["setTimeout", () => setTimeout(() => undefined, 1)],
      ["node:crypto.randomUUID", () => randomUUID()],
    ] as const)("fails the run for %s and does not count as an error of the program", async (api, call) => {
      const world = new TestWorld({
        n1: idle,
        n2: (env) => {
          env.timers.create("t", () => void call()).arm(3);
        },
      });
      await expect(world.run(10)).rejects.toMatchObject({ code: "ESCAPE", facts: { api, node: "n2", timeUs: 3_000 } });
      expect(world.cluster.errors).toEqual([]);
      expect(world.states("process")).toEqual(["0 n1 up", "0 n2 up"]);
    });

    it("names the node whose code never comes to rest", async () => {
      const world = new TestWorld(
        {
          n1: idle,
          n2: (env) => {
            env.transport.subscribe(() => {
              const again = (): void => {
                void Promise.resolve().then(again);
              };
              again();
            });
            env.transport.send(n2, { type: "test.self" });
          },
        },
        { kernel: { hangMs: 100, drain: "tick", sliceEvents: SHORT_SLICE_EVENTS } },
      );
      await expect(world.run(10)).rejects.toMatchObject({ code: "DRAIN_WITHOUT_END", facts: { node: "n2" } });
    });
  });
});

/** A body that is an async function. */
function async_(body: (env: NodeEnv) => Promise<void>): Body {
  return (env) => {
    void body(env);
  };
}
