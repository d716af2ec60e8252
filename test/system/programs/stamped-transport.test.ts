import { describe, expect, it } from "vitest";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { encodeStamp } from "../../../src/system/components/hlc/stamp.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import { StampedTransport } from "../../../src/system/programs/stamped-transport.ts";
import { EPOCH_MS } from "../../../src/sim/cluster.ts";
import { TestWorld } from "../../sim/world.ts";

const n1 = nodeId("n1");
const n2 = nodeId("n2");
const MAX_OFFSET_MS = 10_000;
/** Ahead of a fresh clock's durable bound (3 s), and believed. */
const BEYOND_BOUND_MS = 5_000;

/** A stamp of `n2` so many ms after the beginning of the run. */
const stamp = (ms: number): string => encodeStamp({ ms: EPOCH_MS + ms, counter: 0, nodeId: n2 });

/** `n1` listens through a stamped transport whose clock opens at once; `n2` sends it whatever it is told to. */
class World extends TestWorld {
  /** `ms what` of each message when it was heard, and whether the clock was past its stamp. */
  readonly heard: string[] = [];
  transport: StampedTransport | undefined;
  hlc: HlcClock | undefined;
  #sender: NodeEnv | undefined;

  constructor({ isConnected = true }: { isConnected?: boolean } = {}) {
    super({
      n1: (env) => {
        const transport = new StampedTransport(env.transport);
        this.transport = transport;
        transport.subscribe((_, message) => {
          const at = Math.floor(env.clock.monotonic());
          const text = `${String(at)} ${message.type}`;
          const { hlc } = message;
          const isPast = typeof hlc !== "string" || (this.hlc !== undefined && encodeStamp(this.hlc.now()) > hlc);
          this.heard.push(isPast ? text : `${text} before its stamp`);
        });
        void HlcClock.open({ ...env, nodeId: n1, maxOffsetMs: MAX_OFFSET_MS }).then((hlc) => {
          this.hlc = hlc;
          if (isConnected) transport.connect(hlc);
        });
      },
      n2: (env) => {
        this.#sender = env;
        env.transport.subscribe((_, message) => this.heard.push(`n2 ${message.type}`));
      },
    });
  }

  /** A message of `n2`, which is there 1 ms later; one after the other. */
  say(ms: number, ...messages: (readonly [type: string, hlc?: string])[]): this {
    return this.at(ms, () => {
      for (const [type, hlc] of messages)
        this.#sender?.transport.send(n1, hlc === undefined ? { type } : { type, hlc });
    });
  }
}

describe("a stamped transport", () => {
  it("lets a message be heard when the clock is past its stamp", async () => {
    const world = await new World().say(100, ["a", stamp(100)], ["b", stamp(2_000)]).run(200);
    expect(world.heard).toEqual(["101 a", "101 b"]);
  });

  it("lets a message without a stamp be heard at once", async () => {
    expect((await new World().say(100, ["a"]).run(200)).heard).toEqual(["101 a"]);
  });

  it.each([
    ["from further ahead than the clock believes", stamp(MAX_OFFSET_MS + 5_000)],
    ["that is none", "yesterday"],
    ["that is empty", ""],
  ])("does not let a message be heard with a stamp %s, and leaves the clock as it was", async (_, hlc) => {
    const world = new World().say(100, ["a", hlc]).say(101, ["b"]);
    await world.run(200);
    expect(world.heard).toEqual(["102 b"]);
    expect((world.hlc?.now().ms ?? 0) - EPOCH_MS).toBe(200);
  });

  it("holds a message until its stamp lies below the durable bound, and all that come after it behind it", async () => {
    const world = new World().say(100, ["held", stamp(BEYOND_BOUND_MS)], ["plain"], ["stamped", stamp(50)]);
    await world.say(101, ["later"]).run(102);
    // The bound is one write to the disk away.
    expect(world.heard).toEqual([]);
    await world.run(200);
    expect(world.heard.map((line) => line.split(" ")[1])).toEqual(["held", "plain", "stamped", "later"]);
    expect(Number(world.heard[0]?.split(" ")[0])).toBeGreaterThan(102);
    expect(world.heard.join()).not.toContain("before its stamp");
  });

  it("receives a stamp when its message arrives, though it is heard only behind the one that is held", async () => {
    const world = await new World().say(100, ["held", stamp(BEYOND_BOUND_MS)], ["stamped", stamp(2_500)]).run(102);
    expect(world.heard).toEqual([]);
    expect(world.hlc === undefined ? "" : encodeStamp(world.hlc.now()) > stamp(2_500)).toBe(true);
  });

  it("hears at once again when nothing is held any more", async () => {
    const world = await new World()
      .say(100, ["held", stamp(BEYOND_BOUND_MS)])
      .say(300, ["a"], ["b", stamp(300)])
      .run(400);
    expect(world.heard.slice(1)).toEqual(["301 a", "301 b"]);
  });

  it("does not keep waiting behind one that is refused", async () => {
    const world = new World().say(100, ["held", stamp(BEYOND_BOUND_MS)], ["refused", "no stamp"], ["plain"]);
    await world.run(200);
    expect(world.heard.map((line) => line.split(" ")[1])).toEqual(["held", "plain"]);
  });

  it("lets everything be heard until it has a clock", async () => {
    const world = new World({ isConnected: false }).say(100, ["a", stamp(MAX_OFFSET_MS + 5_000)], ["b", "no stamp"]);
    await world.run(200);
    expect(world.heard.map((line) => line.split(" ")[1])).toEqual(["a", "b"]);
  });

  it("sends what it is given", async () => {
    const world = new World();
    world.at(100, () => world.transport?.send(n2, { type: "out" }));
    await world.run(200);
    expect(world.heard).toEqual(["n2 out"]);
  });

  it("tells every listener, also when one of them leaves while it is told, and none that left", async () => {
    const world = new World();
    const told: string[] = [];
    world.at(50, () => {
      const leave = world.transport?.subscribe(() => {
        told.push("first");
        leave?.();
      });
      world.transport?.subscribe(() => told.push("second"));
    });
    await world.say(100, ["a"], ["b"]).run(200);
    expect(told).toEqual(["first", "second", "second"]);
  });
});
