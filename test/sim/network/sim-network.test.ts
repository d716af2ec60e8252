import { describe, expect, it, vi } from "vitest";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import type { LinkEffect } from "../../../src/sim/network/link-effect.ts";
import { idle, TestWorld, type Body, type WorldOptions } from "../world.ts";

const [n1, n2, n3] = ["n1", "n2", "n3"] as [NodeId, NodeId, NodeId];

/** Sends a numbered message to n2 every millisecond, from 1 ms on. */
function sender(count: number, to: NodeId = n2): Body {
  return (env) => {
    let sent = 0;
    const timer = env.timers.create("send", () => {
      env.transport.send(to, { type: "test.number", i: ++sent });
      if (sent < count) timer.arm(1);
    });
    timer.arm(1);
  };
}

function pair(count: number, options: WorldOptions = {}): TestWorld {
  return new TestWorld({ n1: sender(count), n2: idle }, options);
}

function effect(options: Partial<LinkEffect> = {}): LinkEffect & { touch: ReturnType<typeof vi.fn<() => void>> } {
  return { fault: "f", touch: vi.fn<() => void>(), ...options } as LinkEffect & {
    touch: ReturnType<typeof vi.fn<() => void>>;
  };
}

/** `ms i` of every message that was delivered. */
function delivered(world: TestWorld): string[] {
  return world
    .records("delivered")
    .map(({ time, message }) => `${String(time / 1_000)} ${String(message["i"] as number)}`);
}

/** `ms i reason fault` of every message that was dropped. */
function dropped(world: TestWorld): string[] {
  return world
    .records("dropped")
    .map(({ time, message, reason, fault }) =>
      `${String(time / 1_000)} ${String(message["i"] as number)} ${reason} ${fault}`.trim(),
    );
}

describe("SimNetwork", () => {
  it("delivers after the latency, with the send as the cause of the delivery and the delivery of what it leads to", async () => {
    const world = new TestWorld({
      n1: (env) => {
        env.transport.send(n2, { type: "test.ping" });
      },
      n2: (env) => {
        env.transport.subscribe((from, message) => {
          env.observer.point(`${from} ${message.type}`);
        });
      },
    });
    await world.run(10);
    expect(world.points).toEqual(["1 n2 n1 test.ping"]);
    const [sent] = world.records("sent");
    const [arrival] = world.records("delivered");
    expect(arrival).toMatchObject({ node: "n2", from: "n1", sent: sent?.id, cause: sent?.id });
    expect(world.records("point")[0]?.cause).toBe(arrival?.id);
  });

  it("hands a message to every handler in order of subscription, and to none that ended", async () => {
    const seen: string[] = [];
    const world = new TestWorld({
      n1: sender(2),
      n2: (env) => {
        const end = env.transport.subscribe(() => seen.push("a"));
        env.transport.subscribe(() => {
          seen.push("b");
          end();
        });
      },
    });
    await world.run(10);
    expect(seen).toEqual(["a", "b", "b"]);
  });

  it("delivers to the sender itself at once, but in another event, also when everything else is lost", async () => {
    const order: string[] = [];
    const world = new TestWorld(
      {
        n1: (env) => {
          env.transport.subscribe((from) => order.push(`from ${from}`));
          env.transport.send(n1, { type: "test.self" });
          order.push("sent");
        },
      },
      { network: { lossPpm: 1_000_000, latency: { constant: 5_000 } } },
    );
    await world.run(1);
    expect(order).toEqual(["sent", "from n1"]);
    expect(world.records("delivered")[0]?.time).toBe(0);
  });

  it("drops what is sent to a name nobody has", async () => {
    const world = new TestWorld({ n1: sender(1, "n9" as NodeId) });
    await world.run(10);
    expect(world.records("dropped")).toMatchObject([{ node: "n9", from: "n1", reason: "unknown-node" }]);
    expect(world.cluster.errors).toEqual([]);
  });

  it("keeps the order of messages that arrive at the same time", async () => {
    const world = new TestWorld({
      n1: (env) => {
        for (let i = 0; i < 50; i++) env.transport.send(n2, { type: "test.number", i });
      },
      n2: idle,
    });
    await world.run(10);
    expect(world.records("delivered").map(({ message }) => message["i"])).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  describe("cut", () => {
    it("drops what is sent while the link is cut and what arrives while it is, each with the fault", async () => {
      const world = pair(5);
      const cut = effect({ fault: "cut-1", cut: true });
      let heal = (): void => undefined;
      // Message 2 is in flight at 2.5 ms; 3 and 4 are sent while the link is cut; 5 is sent after it.
      world.at(2.5, () => (heal = world.cluster.network.addEffect(n1, n2, cut)));
      world.at(4.5, () => {
        heal();
        heal();
      });
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1", "6 5"]);
      expect(dropped(world)).toEqual(["3 2 partition cut-1", "3 3 partition cut-1", "4 4 partition cut-1"]);
      expect(cut.touch).toHaveBeenCalledTimes(3);
      expect(world.states("link>n2")).toEqual(["2.5 n1 cut", "4.5 n1 up"]);
    });

    it("drops what was sent before and arrives after only if the link is cut at these moments", async () => {
      const world = pair(1);
      world.at(1.2, () => {
        const heal = world.cluster.network.addEffect(n1, n2, effect({ cut: true }));
        world.cluster.at(1_800, heal);
      });
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1"]);
    });

    it("goes one way", async () => {
      const echo: Body = (env) => {
        env.transport.subscribe((from, message) => {
          env.transport.send(from, { type: "test.echo", i: message["i"] ?? 0 });
        });
      };
      const world = new TestWorld({ n1: sender(2), n2: echo });
      world.cluster.network.addEffect(n2, n1, effect({ cut: true }));
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1", "3 2"]);
      expect(dropped(world)).toEqual(["2 1 partition f", "3 2 partition f"]);
      expect([world.cluster.network.isUp(n1, n2), world.cluster.network.isUp(n2, n1)]).toEqual([true, false]);
    });

    it("lasts until the last of several ends, and records only what changes", async () => {
      const world = pair(6);
      const { network } = world.cluster;
      const [first, second] = [effect({ fault: "a", cut: true }), effect({ fault: "b", cut: true })];
      let endFirst = (): void => undefined;
      let endSecond = (): void => undefined;
      world.at(0.5, () => (endFirst = network.addEffect(n1, n2, first)));
      world.at(1.5, () => (endSecond = network.addEffect(n1, n2, second)));
      world.at(2.5, () => {
        endFirst();
      });
      world.at(3.5, () => {
        endSecond();
      });
      await world.run(20);
      expect(dropped(world)).toEqual(["1 1 partition a", "2 2 partition a", "3 3 partition b"]);
      expect(world.states("link>n2")).toEqual(["0.5 n1 cut", "3.5 n1 up"]);
      expect([first.touch.mock.calls.length, second.touch.mock.calls.length]).toEqual([2, 2]);
    });

    it("never touches a node's messages to itself", async () => {
      const world = new TestWorld({ n1: sender(1, n1), n2: idle });
      world.cluster.network.addEffect(n1, n1, effect({ cut: true }));
      await world.run(20);
      expect(delivered(world)).toEqual(["1 1"]);
    });

    it("refuses nodes that are not there", () => {
      const { network } = pair(1).cluster;
      expect(() => network.addEffect(n1, n3, effect())).toThrow(
        expect.objectContaining({ code: "UNKNOWN_NODE" }) as Error,
      );
    });
  });

  describe("faults of a link", () => {
    it("delay, and are touched by each message that they change", async () => {
      const world = pair(4);
      const slow = effect({ extraLatency: () => 500 });
      const end = world.cluster.network.addEffect(n1, n2, slow);
      world.at(2.5, end);
      await world.run(20);
      expect(delivered(world)).toEqual(["2.5 1", "3.5 2", "4 3", "5 4"]);
      expect(slow.touch).toHaveBeenCalledTimes(2);
    });

    it("lose, with their name in the record", async () => {
      const world = pair(2);
      const loss = effect({ fault: "loss-1", lossPpm: 1_000_000 });
      world.cluster.network.addEffect(n1, n2, loss);
      await world.run(20);
      expect(dropped(world)).toEqual(["1 1 loss loss-1", "2 2 loss loss-1"]);
      expect(loss.touch).toHaveBeenCalledTimes(2);
    });

    it("duplicate: every copy is delivered and recorded", async () => {
      const world = pair(2);
      const twice = effect({ fault: "dup-1", duplicatePpm: 1_000_000 });
      world.cluster.network.addEffect(n1, n2, twice);
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1", "2 1", "3 2", "3 2"]);
      expect(world.records("duplicated").map(({ fault, sent, cause }) => [fault, sent === cause])).toEqual([
        ["dup-1", true],
        ["dup-1", true],
      ]);
      expect(twice.touch).toHaveBeenCalledTimes(2);
    });

    it("reorder: the message is overtaken", async () => {
      const world = pair(3, { network: { reorderBy: 5_000 } });
      const { network } = world.cluster;
      world.at(1.5, () => {
        const end = network.addEffect(n1, n2, effect({ reorderPpm: 1_000_000, reorderBy: 1_500 }));
        world.cluster.at(2_500, end);
      });
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1", "4 3", "4.5 2"]);
    });

    it("add up, and do not count a message that is dropped anyway", async () => {
      const world = pair(1);
      const { network } = world.cluster;
      const [slow, slower, cut] = [
        effect({ extraLatency: () => 500 }),
        effect({ extraLatency: () => 700 }),
        effect({ cut: true }),
      ];
      const ends = [slow, slower, cut].map((each) => network.addEffect(n1, n2, each));
      world.at(1.5, () => {
        ends[2]?.();
        world.cluster.node("n1").clock.addOffset(world.kernel.now, 0);
      });
      await world.run(20);
      expect(dropped(world)).toEqual(["1 1 partition f"]);
      expect([slow, slower, cut].map(({ touch }) => touch.mock.calls.length)).toEqual([0, 0, 1]);
      const both = pair(1);
      for (const each of [slow, slower]) both.cluster.network.addEffect(n1, n2, each);
      await both.run(20);
      expect(delivered(both)).toEqual(["3.2 1"]);
    });

    it("refuse a delay that is not a whole number of microseconds", async () => {
      const world = pair(1);
      world.cluster.network.addEffect(n1, n2, effect({ extraLatency: () => -1 }));
      await world.run(20);
      expect(world.cluster.errors[0]?.error.message).toContain("integer µs");
    });
  });

  describe("randomness", () => {
    const noisy: WorldOptions = {
      network: {
        latency: { uniform: { min: 500, max: 8_000 } },
        lossPpm: 100_000,
        duplicatePpm: 100_000,
        reorderPpm: 100_000,
        reorderBy: 3_000,
      },
    };
    const three: Readonly<Record<string, Body>> = { n1: sender(200), n2: sender(200, n3), n3: sender(200, n1) };
    const run = async (
      prepare: (world: TestWorld) => void = () => undefined,
      options: WorldOptions = noisy,
    ): Promise<TestWorld> => {
      const world = new TestWorld(three, options);
      prepare(world);
      return world.run(400);
    };
    /** What happened between two nodes. */
    const between = (world: TestWorld, from: NodeId, to: NodeId): unknown[] =>
      world.all
        .filter(
          (record) =>
            (record.kind === "delivered" || record.kind === "dropped" || record.kind === "duplicated") &&
            record.from === from &&
            record.node === to,
        )
        .map(({ kind, time, ...rest }) => [kind, time, (rest as { message?: unknown }).message]);

    it("loses, repeats and reorders about as often as it is told to", async () => {
      const world = await run();
      expect(world.records("dropped").length).toBeGreaterThan(30);
      expect(world.records("dropped").length).toBeLessThan(90);
      expect(world.records("duplicated").length).toBeGreaterThan(30);
      expect(world.records("duplicated").length).toBeLessThan(90);
    });

    it("gives one digest for one seed and another for another", async () => {
      const digests = await Promise.all(
        ["1", "1", "2"].map(async (seed) => (await run(undefined, { ...noisy, seed })).digest),
      );
      expect(digests[0]).toBe(digests[1]);
      expect(digests[0]).not.toBe(digests[2]);
    });

    it("is left alone by a fault that touches nothing", async () => {
      const touched = effect({
        lossPpm: 0,
        duplicatePpm: 0,
        reorderPpm: 0,
        extraLatency: (random) => random.uint32() * 0,
      });
      const with_ = await run((world) => {
        for (const from of [n1, n2, n3])
          for (const to of [n1, n2, n3]) world.cluster.network.addEffect(from, to, touched);
      });
      expect(with_.digest).toBe((await run()).digest);
      expect(touched.touch).not.toHaveBeenCalled();
    });

    it("is left alone by a stream that is added", async () => {
      const with_ = await run((world) => {
        for (let i = 0; i < 100; i++) world.cluster.rng.stream("another").uint32();
      });
      expect(with_.digest).toBe((await run()).digest);
    });

    it("of one link is left alone by a fault on another", async () => {
      const plain = await run();
      const faulty = await run((world) => {
        world.cluster.network.addEffect(
          n1,
          n2,
          effect({ lossPpm: 500_000, duplicatePpm: 500_000, extraLatency: (random) => random.integer(0, 9_000) }),
        );
      });
      expect(between(faulty, n1, n2)).not.toEqual(between(plain, n1, n2));
      expect(between(faulty, n2, n3)).toEqual(between(plain, n2, n3));
      expect(between(faulty, n3, n1)).toEqual(between(plain, n3, n1));
    });

    it("of a link goes on after a cut as if the cut messages had been sent", async () => {
      const plain = await run();
      const cut = await run((world) => {
        world.at(50, () => {
          const end = world.cluster.network.addEffect(n1, n2, effect({ cut: true }));
          world.cluster.at(100_000, end);
        });
      });
      const late = (world: TestWorld): unknown[] =>
        between(world, n1, n2).filter((each) => (each as [string, number, { i: number }])[2].i > 101);
      expect(late(cut)).toEqual(late(plain));
    });
  });

  describe("and processes that end", () => {
    it("drops what arrives at a node that is down", async () => {
      const world = pair(3);
      world.at(2.5, () => world.cluster.crash(n2));
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1"]);
      expect(dropped(world)).toEqual(["3 2 crashed", "4 3 crashed"]);
    });

    it("drops what was sent to an earlier incarnation", async () => {
      const world = pair(4, { network: { latency: { constant: 3_000 } } });
      world.at(2.5, () => {
        world.cluster.kill(n2);
        world.cluster.restart(n2);
      });
      await world.run(20);
      expect(dropped(world)).toEqual(["4 1 stale-connection", "5 2 stale-connection"]);
      expect(delivered(world)).toEqual(["6 3", "7 4"]);
    });

    it("delivers what a node sent before it died", async () => {
      const world = pair(3);
      world.at(2.5, () => world.cluster.crash(n1));
      await world.run(20);
      expect(delivered(world)).toEqual(["2 1", "3 2"]);
    });

    it("takes nothing from a dead process", async () => {
      const world = new TestWorld({
        n1: (env: NodeEnv) => {
          void Promise.resolve().then(() => {
            env.transport.send(n2, { type: "test.late" });
          });
          throw new Error("bug");
        },
        n2: idle,
      });
      await world.run(20);
      expect(world.records("sent")).toEqual([]);
    });
  });

  describe("in a strict run", () => {
    /** Sends content that the types would refuse. */
    const sends = (content: unknown): TestWorld =>
      new TestWorld(
        {
          n1: (env) => {
            env.transport.send(n2, { type: "test.bad", content } as never);
          },
          n2: idle,
        },
        { strict: true },
      );
    class Custom {
      readonly x = 1;
    }
    const loop: { self?: unknown } = {};
    loop.self = loop;

    it.each([
      [undefined, "undefined", "test.bad.content"],
      [() => 1, "function", "test.bad.content"],
      [new Custom(), "an instance of Custom", "test.bad.content"],
      [new Map(), "an instance of Map", "test.bad.content"],
      [NaN, "NaN", "test.bad.content"],
      [Infinity, "Infinity", "test.bad.content"],
      [10n, "bigint", "test.bad.content"],
      [{ entries: [1, { value: undefined }] }, "undefined", "test.bad.content.entries[1].value"],
      [loop, "an object that holds itself", "test.bad.content.self.self"],
    ])("refuses a message that holds %s", async (content, got, path) => {
      const world = sends(content);
      await world.run(10);
      const [error] = world.cluster.errors;
      expect(error?.error).toMatchObject({ code: "MESSAGE_NOT_PLAIN" });
      expect(error?.error.message).toContain(got);
      expect(error?.error.message).toContain(` at ${path}`);
      expect(world.records("sent")).toEqual([]);
    });

    it("freezes a message in depth, for sender and receiver", async () => {
      const message = { type: "test.deep", list: [{ x: 1 }] };
      const world = new TestWorld(
        {
          n1: (env) => {
            env.transport.send(n2, message);
            expect(() => (message.list[0] as { x: number }).x++).toThrow("read only");
          },
          n2: (env) => {
            env.transport.subscribe((_from, got) => {
              (got["list"] as unknown[]).push(2);
            });
          },
        },
        { strict: true },
      );
      await world.run(10);
      expect(world.cluster.errors).toMatchObject([{ node: "n2", error: { name: "TypeError" } }]);
    });

    it("takes what is plain, and gives the digest of a run that is not strict", async () => {
      const body: Body = (env) => {
        env.transport.send(n2, { type: "test.plain", a: null, b: [true, "x", -0.5], c: { d: {} } });
      };
      const digests = [true, false].map(
        async (strict) => (await new TestWorld({ n1: body, n2: idle }, { strict }).run(10)).digest,
      );
      const [strict, lax] = await Promise.all(digests);
      expect(strict).toBe(lax);
    });
  });
});
