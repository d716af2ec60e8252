import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import type { Body } from "../world.ts";
import { chatter, FaultWorld, id, nodes } from "./fault-world.ts";

const SLOW: FaultText = { kind: "slow", node: "n2", factor: 200, at: "100ms", for: "200ms" };

/** n1 sends a numbered message to n2 at each of these times, ms. */
function sends(times: readonly number[]): Record<string, Body> {
  const n1: Body = (env) => {
    for (const [n, ms] of times.entries())
      env.timers.create(`send-${String(n)}`, () => env.transport.send(id("n2"), { type: "t", n })).arm(ms);
  };
  return { n1, n2: () => undefined };
}

/** When the program of n2 heard which message: `ms n`. */
const heard = (world: FaultWorld): string[] =>
  world.records("delivered").map(({ time, message }) => `${String(time / 1_000)} ${JSON.stringify(message["n"])}`);

describe("slow", () => {
  it("lets each event take its time, one after the other and in order", async () => {
    // 200 times 50 µs are 10 ms an event.
    const world = await new FaultWorld(sends([50, 149, 150, 151, 199]), [SLOW]).run(500);
    expect(heard(world)).toEqual(["51 0", "160 1", "170 2", "180 3", "210 4"]);
    expect(world.outcome.touched).toBe(4);
  });

  it("makes timers late, and leaves the clocks right", async () => {
    const body: Body = (env) => {
      env.timers.create("tick", () => env.observer.point(`at ${String(env.clock.monotonic())}`)).arm(150);
    };
    const world = await new FaultWorld({ n1: body, n2: body }, [SLOW]).run(500);
    expect(world.points).toEqual(["150 n1 at 150", "160 n2 at 160"]);
  });

  it("ends with everything that waits handled at once, in order, and no event handled twice", async () => {
    const world = await new FaultWorld(sends([290, 291, 292, 301]), [SLOW]).run(500);
    expect(heard(world)).toEqual(["300 0", "300 1", "300 2", "302 3"]);
    expect(world.outcome.touched).toBe(3);
  });

  it("adds to another one, each of which counts", async () => {
    const both = [SLOW, { ...SLOW, id: "more", factor: 100 } as FaultText];
    const world = await new FaultWorld(sends([150]), both).run(500);
    expect(heard(world)).toEqual(["166 0"]);
    expect(world.faults.outcomes().map(({ touched }) => touched)).toEqual([1, 1]);
  });

  it("keeps its order and its pace over a pause", async () => {
    const pause: FaultText = { kind: "pause", node: "n2", at: "155ms", for: "20ms" };
    const world = await new FaultWorld(sends([149, 150, 160]), [SLOW, pause]).run(500);
    expect(heard(world)).toEqual(["185 0", "195 1", "205 2"]);
  });

  it("drops what waited when the process ends, and the next process is slow as well", async () => {
    const kill: FaultText = { kind: "kill", node: "n2", at: "155ms", for: "5ms" };
    const world = await new FaultWorld(sends([149, 170, 171]), [SLOW, kill]).run(500);
    expect(world.records("dropped").map(({ reason }) => reason)).toEqual(["crashed"]);
    expect(heard(world)).toEqual(["181 1", "191 2"]);
  });

  it("leaves no trace: a while after its end the world is as it would have been", async () => {
    const after = (world: FaultWorld): string[] =>
      world
        .records("delivered")
        .filter((record) => record.time > 310_000)
        .map((record) => `${String(record.time)} ${record.from}>${record.node}`);
    const slow = await new FaultWorld(nodes(2, chatter), [{ ...SLOW, node: "n1", factor: 2, handling: "10us" }]).run(
      400,
    );
    const calm = await new FaultWorld(nodes(2, chatter), []).run(400);
    expect(slow.outcome.touched).toBeGreaterThan(100);
    const shifted = new Set(after(slow).map((line) => line.slice(line.indexOf(" "))));
    expect(shifted).toEqual(new Set(after(calm).map((line) => line.slice(line.indexOf(" ")))));
    expect(slow.records("timer").filter(({ time, node }) => time > 310_000 && node === "n1")).toHaveLength(90);
  });
});

describe("restart-loop", () => {
  const loop: FaultText = { kind: "restart-loop", node: "n1", up: "30ms", down: "10ms", at: "100ms", for: "100ms" };

  it("takes a node down soon after each start, and its end leaves it up", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [loop]).run(500);
    expect(world.states("process").filter((line) => line.includes("n1"))).toEqual([
      "0 n1 up",
      "100 n1 down",
      "110 n1 up",
      "140 n1 down",
      "150 n1 up",
      "180 n1 down",
      "190 n1 up",
    ]);
    expect(world.states("process").filter((line) => line.includes("n2"))).toEqual(["0 n2 up"]);
    expect(world.outcome.touched).toBe(3);
  });

  it("starts a node that is down when it ends", async () => {
    const world = await new FaultWorld(nodes(2, chatter), [{ ...loop, for: "45ms", how: "crash" }]).run(500);
    expect(
      world
        .states("process")
        .filter((line) => line.includes("n1"))
        .slice(-2),
    ).toEqual(["140 n1 down", "145 n1 up"]);
    expect(
      world.records("state").filter(({ key, fields }) => key === "process" && fields["reason"] === "crash"),
    ).toHaveLength(2);
  });

  it("draws how long each process lives, for each node alone", async () => {
    const drawn: FaultText = {
      ...loop,
      node: undefined,
      nodes: ["n1", "n2"],
      up: { min: "1ms", max: "20ms" },
    };
    const world = await new FaultWorld(nodes(2, chatter), [drawn]).run(500);
    const downs = (node: string): string[] =>
      world
        .states("process")
        .filter((line) => line.endsWith(`${node} down`))
        .map((line) => line.split(" ")[0] as string);
    expect(downs("n1").length).toBeGreaterThan(3);
    expect(downs("n1")).not.toEqual(downs("n2"));
  });
});
