import { describe, expect, it, vi } from "vitest";
import type { NodeEnv } from "../../../src/system/ports/node.ts";
import type { Timers } from "../../../src/system/ports/timers.ts";
import { defineProgram } from "../../../src/system/programs/define-program.ts";
import { every } from "../../../src/system/programs/every.ts";
import { TestWorld } from "../../sim/world.ts";

describe("every", () => {
  it("runs at once, then once a period, until it is cancelled, also from within", async () => {
    const ran: number[] = [];
    const world = new TestWorld({
      n1: ({ timers, clock }) => {
        const timer = every(timers, { name: "beat", periodMs: 10 }, () => {
          ran.push(clock.monotonic());
          if (ran.length === 4) timer.cancel();
        });
      },
    });
    await world.run(100);
    expect(ran).toEqual([0, 10, 20, 30]);
    expect(world.records("timer").map((record) => record.name)).toEqual(["beat", "beat", "beat", "beat"]);
  });

  it("catches up with one late run after a pause, not with all it missed", async () => {
    const ran: number[] = [];
    const world = new TestWorld({
      n1: ({ timers, clock }) => {
        every(timers, { name: "beat", periodMs: 10 }, () => ran.push(clock.monotonic()));
      },
    });
    const [node] = world.cluster.nodes;
    world.at(15, () => world.cluster.pause(node!.id)).at(55, () => world.cluster.resume(node!.id));
    await world.run(70);
    expect(ran).toEqual([0, 10, 55, 65]);
  });

  it("refuses a period that is none", () => {
    const timers: Timers = { create: vi.fn() };
    for (const periodMs of [0, -1, 1.5, NaN])
      expect(() => every(timers, { name: "beat", periodMs }, () => undefined)).toThrow(/"beat".*at least 1 ms/);
    expect(timers.create).not.toHaveBeenCalled();
  });
});

describe("defineProgram", () => {
  const env = {} as NodeEnv;

  it("is started with what its node has, and needs no way to stop", () => {
    const start = vi.fn();
    const program = defineProgram<{ limit: number }>("short", (...given) => {
      start(...given);
    });
    expect(program.name).toBe("short");
    expect(program.start(env, { limit: 3 })).toEqual({});
    expect(start).toHaveBeenCalledExactlyOnceWith(env, { limit: 3 });
  });

  it("hands on the way to stop it", () => {
    const stop = vi.fn();
    defineProgram("stops", () => ({ stop }))
      .start(env, {})
      .stop?.();
    expect(stop).toHaveBeenCalledOnce();
  });
});
