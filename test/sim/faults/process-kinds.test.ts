import { describe, expect, it } from "vitest";
import type { FaultText } from "../../../src/sim/faults/registry.ts";
import { idle, type Body } from "../world.ts";
import { FaultWorld, id, nodes } from "./fault-world.ts";

const text = new TextEncoder();

async function run(bodies: Record<string, Body>, ...faults: FaultText[]): Promise<FaultWorld> {
  return new FaultWorld(bodies, faults).run(20_000);
}

/** Counts how often it was started in a file that it never syncs, and says so. */
const counter: Body = (env) => {
  void env.disk.read("starts").then((before) => {
    env.observer.point(`start ${String((before?.length ?? 0) + 1)} at ${String(env.clock.monotonic())}`);
    void env.disk.append("starts", text.encode("x"));
  });
};

const what = (world: FaultWorld): string[] =>
  world
    .records("state")
    .filter((record) => record.key === "process" && record.time > 0)
    .map(
      (record) => `${String(record.time / 1_000)} ${record.node} ${record.value} ${String(record.fields["reason"])}`,
    );

describe("crash", () => {
  it("takes the power, and at its end starts the node again", async () => {
    const world = await run(nodes(2, counter), { kind: "crash", node: "n1", at: "5s", for: "3s" });
    expect(what(world)).toEqual(["5000 n1 down crash", "8000 n1 up restart"]);
    expect(world.outcome).toMatchObject({ startedAt: 5_000_000, stoppedAt: 8_000_000, touched: 1 });
    // Monotonic time begins anew.
    expect(world.points.filter((point) => point.startsWith("800"))[0]).toMatch(/n1 start \d at 0$/);
  });

  it("leaves the node down when it has no end", async () => {
    const world = await run(nodes(2, idle), { kind: "crash", node: "n1", at: "5s" });
    expect(what(world)).toEqual(["5000 n1 down crash"]);
    expect(world.outcome.stoppedAt).toBe(-1);
  });

  it("takes several at once, and touches each", async () => {
    const world = await run(nodes(3, idle), { kind: "crash", nodes: ["all"], at: "5s", for: "1s" });
    expect(what(world)).toHaveLength(6);
    expect(world.outcome.touched).toBe(3);
  });

  it("does not start a node that somebody else took down before, or started since", async () => {
    const world = new FaultWorld(nodes(2, idle), [{ kind: "crash", nodes: ["n1", "n2"], at: "5s", for: "3s" }]);
    world.at(4_000, () => world.cluster.kill(id("n1")));
    world.at(6_000, () => world.cluster.restart(id("n2")));
    world.at(7_000, () => world.cluster.kill(id("n2")));
    await world.run(20_000);
    expect(what(world)).toEqual(["4000 n1 down kill", "5000 n2 down crash", "6000 n2 up restart", "7000 n2 down kill"]);
  });
});

describe("kill", () => {
  it("ends the process alone: its files and its machine's clock live on", async () => {
    const world = await run(nodes(1, counter), { kind: "kill", node: "n1", at: "5s", for: "3s" });
    expect(what(world)).toEqual(["5000 n1 down kill", "8000 n1 up restart"]);
    expect(world.points.at(-1)).toBe("8000.1 n1 start 2 at 8000");
  });

  it("touches nothing when the process is down already", async () => {
    const world = new FaultWorld(nodes(1, idle), [{ kind: "kill", node: "n1", at: "5s", for: "1s" }]);
    world.at(4_000, () => world.cluster.crash(id("n1")));
    await world.run(20_000);
    expect(what(world)).toEqual(["4000 n1 down crash"]);
    expect(world.outcome.touched).toBe(0);
  });
});

describe("restart", () => {
  it.each([
    ["crash", ["5000 n1 down crash", "7000 n1 up restart"]],
    ["kill", ["5000 n1 down kill", "7000 n1 up restart"]],
  ] as const)("by %s takes down, starts again after its time, and has ended", async (how, expected) => {
    const world = await run(nodes(2, idle), { kind: "restart", node: "n1", how, down: "2s", at: "5s" });
    expect(what(world)).toEqual(expected);
    expect(world.outcome).toMatchObject({ stoppedAt: 7_000_000, touched: 1 });
  });

  it("by start starts what an earlier fault left down", async () => {
    const faults: FaultText[] = [
      { kind: "crash", node: "n1", at: "5s" },
      { kind: "restart", node: "n1", how: "start", at: "9s" },
    ];
    const world = await run(nodes(2, idle), ...faults);
    expect(what(world)).toEqual(["5000 n1 down crash", "9000 n1 up restart"]);
    expect(world.faults.outcomes()[1]).toMatchObject({ startedAt: 9_000_000, stoppedAt: 9_000_000, touched: 1 });
  });
});

describe("rolling-restart", () => {
  it("takes the nodes down in turn, with a gap in which all are up, and has ended with the last", async () => {
    const world = await run(nodes(3, idle), {
      kind: "rolling-restart",
      nodes: ["n2", "n1", "n3"],
      how: "kill",
      down: "1s",
      gap: "500ms",
      at: "5s",
    });
    expect(what(world)).toEqual([
      "5000 n2 down kill",
      "6000 n2 up restart",
      "6500 n1 down kill",
      "7500 n1 up restart",
      "8000 n3 down kill",
      "9000 n3 up restart",
    ]);
    expect(world.outcome).toMatchObject({ stoppedAt: 9_000_000, touched: 3 });
  });

  it("stops where it is when everything is healed, with nobody left down", async () => {
    const world = new FaultWorld(nodes(3, idle), [
      { kind: "rolling-restart", nodes: ["all"], down: "1s", gap: "1s", at: "5s" },
    ]);
    world.at(7_500, () => {
      world.faults.stopAll();
    });
    await world.run(20_000);
    expect(what(world)).toEqual([
      "5000 n1 down crash",
      "6000 n1 up restart",
      "7000 n2 down crash",
      "7500 n2 up restart",
    ]);
  });
});

describe("pause", () => {
  const ticker: Body = (env) => {
    const timer = env.timers.create("tick", () => {
      env.observer.point("tick");
      timer.arm(1_000);
    });
    timer.arm(1_000);
  };

  it("stops the process until its end, and lets what fell due happen late", async () => {
    const world = await run({ n1: ticker }, { kind: "pause", node: "n1", at: "2500ms", for: "3s" });
    expect(what(world)).toEqual(["2500 n1 paused pause", "5500 n1 up resume"]);
    expect(world.points.slice(0, 4)).toEqual(["1000 n1 tick", "2000 n1 tick", "5500 n1 tick", "6500 n1 tick"]);
    expect(world.outcome).toMatchObject({ touched: 1, stoppedAt: 5_500_000 });
  });

  it("does not wake a later life of the node", async () => {
    const world = new FaultWorld({ n1: idle }, [{ kind: "pause", node: "n1", at: "2s", for: "8s" }]);
    world.at(3_000, () => {
      world.cluster.kill(id("n1"));
      world.cluster.restart(id("n1"));
    });
    world.at(4_000, () => world.cluster.pause(id("n1")));
    await world.run(20_000);
    expect(world.cluster.node("n1").state).toBe("paused");
  });
});

describe("wipe", () => {
  /** Keeps a file, synced with its name, and says at each start how many lives it remembers. */
  const keeper: Body = async (env) => {
    const before = await env.disk.read("d/lives");
    env.observer.point(`remembers ${String(before?.length ?? 0)} in life ${String(env.incarnation)}`);
    await env.disk.append("d/lives", text.encode("x"));
    await env.disk.sync("d/lives");
    await env.disk.syncDirectory("d");
  };

  it("takes the power and everything that was on the disk, and at its end starts the node as its next life", async () => {
    const world = await run(
      nodes(2, keeper),
      { kind: "crash", node: "n1", at: "2s", for: "1s" },
      { kind: "wipe", node: "n1", at: "5s", for: "3s" },
      { kind: "crash", node: "n1", at: "10s", for: "1s" },
    );
    expect(what(world)).toEqual([
      "2000 n1 down crash",
      "3000 n1 up restart",
      "5000 n1 down crash",
      "8000 n1 up restart",
      "10000 n1 down crash",
      "11000 n1 up restart",
    ]);
    expect(world.points.map((point) => point.split(" ").slice(1).join(" "))).toEqual([
      "n1 remembers 0 in life 1",
      "n2 remembers 0 in life 1",
      "n1 remembers 1 in life 2",
      "n1 remembers 0 in life 3",
      "n1 remembers 1 in life 4",
    ]);
    const lost = world.records("point").filter(({ name }) => name === "disk.lost");
    expect(lost.map(({ node, time, fields }) => [node, time, fields["path"], fields["what"]])).toEqual([
      ["n1", 5_000_000, "d/lives", "wipe"],
    ]);
    // The process, and its one file.
    expect(world.faults.outcomes()[1]).toMatchObject({ touched: 2, stoppedAt: 8_000_000 });
  });

  it("leaves the node down when it has no end; a restart starts it", async () => {
    const world = await run(
      nodes(2, keeper),
      { kind: "wipe", node: "n1", at: "5s" },
      { kind: "restart", node: "n1", how: "start", at: "7s" },
    );
    expect(what(world)).toEqual(["5000 n1 down crash", "7000 n1 up restart"]);
    expect(world.points.at(-1)).toContain("n1 remembers 0 in life 2");
  });

  it("empties the disk of a node that is down already, and does not start what it did not take down", async () => {
    const world = new FaultWorld(nodes(1, keeper), [{ kind: "wipe", node: "n1", at: "5s", for: "1s" }]);
    world.at(4_000, () => world.cluster.crash(id("n1")));
    world.at(9_000, () => world.cluster.restart(id("n1")));
    await world.run(20_000);
    expect(what(world)).toEqual(["4000 n1 down crash", "9000 n1 up restart"]);
    expect(world.points.at(-1)).toContain("n1 remembers 0 in life 2");
    expect(world.outcome.touched).toBe(1);
  });

  it("leaves the disk as full as a fault has it", async () => {
    const world = await run(
      nodes(1, keeper),
      { kind: "disk-full", node: "n1", at: "4s", for: "6s" },
      { kind: "wipe", node: "n1", at: "5s", for: "1s" },
    );
    const errors = world.records("point").filter(({ name }) => name === "disk.error");
    expect(errors.map(({ time, fields }) => [time > 6_000_000, fields["code"]])).toEqual([[true, "DISK_FULL"]]);
  });
});
