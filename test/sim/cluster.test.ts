import { describe, expect, it } from "vitest";
import type { NodeEnv, NodeId } from "../../src/system/ports/node.ts";
import { TestWorld, type Body, type WorldOptions } from "./world.ts";

const [n1, n2] = ["n1", "n2"] as [NodeId, NodeId];

/** A program that uses every port: gossip with random gaps, a log on disk, states, operations. */
const busy: Body = (env: NodeEnv) => {
  let round = 0;
  const timer = env.timers.create("gossip", () => {
    timer.arm(env.random.integer(1, 30));
    for (const peer of env.peers)
      env.transport.send(peer, { type: "test.gossip", round: ++round, wall: env.clock.wall() });
    env.observer.state("round", String(round % 3), { monotonic: env.clock.monotonic() });
  });
  timer.arm(env.random.integer(0, 30));
  env.transport.subscribe((from, message) => {
    void (async () => {
      const operation = env.observer.invoke({ name: "write", key: from, value: message["round"] ?? 0 });
      await env.disk.append(`log-${from}`, Uint8Array.of(round % 256));
      await env.disk.sync(`log-${from}`);
      env.observer.complete(operation, "ok", await env.disk.read(`log-${from}`).then((bytes) => bytes?.length ?? 0));
    })();
  });
};

function busyWorld(options: WorldOptions = {}): TestWorld {
  const world = new TestWorld(
    { n1: busy, n2: busy, n3: busy },
    {
      network: {
        latency: { logNormal: { median: 2_000, p99: 20_000 } },
        lossPpm: 20_000,
        duplicatePpm: 20_000,
        reorderPpm: 20_000,
        reorderBy: 9_000,
      },
      clocks: { n2: { ppm: 300 }, n3: { offsetUs: -40_000, ppm: -99_999 } },
      ...options,
    },
  );
  const { cluster } = world;
  world.at(100, () => cluster.crash(n1));
  world.at(150, () => cluster.restart(n1));
  world.at(200, () => cluster.pause(n2));
  world.at(230, () => {
    cluster.node("n2").clock.setRate(world.kernel.now, -50_000);
  });
  world.at(300, () => cluster.resume(n2));
  world.at(320, () => {
    const heal = cluster.network.addEffect(n1, n2, { fault: "cut", cut: true, touch: () => undefined });
    cluster.at(380_000, heal);
  });
  world.at(400, () => cluster.kill(n2));
  world.at(420, () => cluster.restart(n2));
  return world;
}

describe("Cluster", () => {
  it("gives the same digest for the same seed, and another for another", async () => {
    const digests = [];
    for (const seed of ["7", "7", "8"]) digests.push((await busyWorld({ seed }).run(1_000)).digest);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it("gives the same records whichever way node code is brought to rest", async () => {
    const tick = await busyWorld({ kernel: { drain: "tick" } }).run(600);
    const turn = await busyWorld({ kernel: { drain: "turn" } }).run(600);
    expect(turn.all).toEqual(tick.all);
    expect(turn.digest).toBe(tick.digest);
    expect(tick.all.length).toBeGreaterThan(500);
  });

  it("gives the same digest in one run and in many short ones", async () => {
    const whole = await busyWorld().run(500);
    const parts = busyWorld();
    for (let ms = 0.5; ms <= 500; ms += 0.5) await parts.run(ms);
    expect(parts.digest).toBe(whole.digest);
  });

  it("gives every record a cause that came before it", async () => {
    const world = await busyWorld().run(600);
    for (const record of world.all)
      if (record.cause >= record.id || record.cause < -1) expect(record).toBe("caused by an earlier record");
    const roots = world.all.filter(({ cause }) => cause === -1);
    // Only the world's own orders have none.
    expect(new Set(roots.map((record) => `${record.kind} ${record.kind === "state" ? record.key : ""}`))).toEqual(
      new Set(["state process", "state clock", "state link>n2"]),
    );
  });

  it("runs work of the world at its time, without a cause", async () => {
    const world = new TestWorld({ n1: busy });
    const seen: unknown[] = [];
    world.at(20, () => seen.push([world.kernel.now, world.cluster.trace.cause]));
    await world.run(100);
    expect(seen).toEqual([[20_000, -1]]);
  });

  it("refuses two nodes of one name", () => {
    const { kernel, rng } = new TestWorld({ n1: busy }).cluster;
    const spec = { id: n1, role: "node", program: { name: "p", start: () => ({}) }, config: {}, peers: [] } as const;
    const make = (): TestWorld => new TestWorld({}, { cluster: { kernel, rng, nodes: [spec, spec] } });
    expect(make).toThrow(expect.objectContaining({ code: "DUPLICATE_NODE" }) as Error);
  });

  describe("board", () => {
    it("shows the last value of each state, whoever wrote it", async () => {
      const world = new TestWorld({
        n1: (env) => {
          env.observer.state("role", "follower", { term: 1 });
          env.timers
            .create("t", () => {
              env.observer.state("role", "leader", { term: 2 });
            })
            .arm(5);
        },
      });
      await world.run(10);
      const { board } = world.cluster;
      expect(board.get("n1", "role")).toMatchObject({
        value: "leader",
        fields: { term: 2 },
        origin: "program",
        since: 5_000,
      });
      expect(board.get("n1", "process")).toMatchObject({ value: "up", origin: "world" });
      expect([board.get("n1", "other"), board.get("n9", "role")]).toEqual([undefined, undefined]);
    });

    it("forgets what a process claimed when its successor starts, but not what is true of the machine, and not at a resume", async () => {
      const world = new TestWorld({
        n1: (env) => {
          if (env.incarnation === 1) env.observer.state("role", "leader");
        },
        n2: (env) => {
          env.observer.state("role", "follower");
        },
      });
      const { board, network } = world.cluster;
      network.addEffect(n1, n2, { fault: "f", cut: true, touch: () => undefined });
      world.at(5, () => {
        world.cluster.kill(n1);
        world.cluster.pause(n2);
      });
      world.at(6, () => {
        expect(board.get("n1", "role")?.value).toBe("leader");
      });
      world.at(7, () => {
        world.cluster.restart(n1);
        world.cluster.resume(n2);
      });
      await world.run(10);
      expect(board.get("n1", "role")).toBeUndefined();
      expect(board.get("n1", "link>n2")?.value).toBe("cut");
      expect(board.get("n2", "role")?.value).toBe("follower");
    });
  });
});
