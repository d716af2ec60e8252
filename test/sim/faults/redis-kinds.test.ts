import { describe, expect, it } from "vitest";
import { faultSchema, type FaultText } from "../../../src/sim/faults/registry.ts";
import { SimRedisClient } from "../../../src/system/programs/redis/client.ts";
import { redisServer } from "../../../src/system/programs/redis/server.ts";
import type { NodeEnv, Program } from "../../../src/system/ports/node.ts";
import { FaultWorld, id } from "./fault-world.ts";

/** Writes `kN` each 500 ms, from 250 ms on, waits 400 ms for the answer, and says how it went; reads them all at 3,900 ms. */
const writer: Program<unknown> = {
  name: "writer",
  start(env: NodeEnv) {
    const redis = new SimRedisClient({ ...env, server: id("redis1"), timeoutMs: 400 });
    let n = 0;
    const next = env.timers.create("next", () => {
      next.arm(500);
      const key = `k${String(++n)}`;
      redis.set(key, "v").then(
        () => env.observer.point(`${key} ok`),
        () => env.observer.point(`${key} lost`),
      );
    });
    next.arm(250);
    env.timers
      .create("read", () => {
        for (let i = 1; i <= 7; i++)
          void redis
            .get(`k${String(i)}`)
            .then((value) => env.observer.point(`k${String(i)} ${value === undefined ? "gone" : "kept"}`));
      })
      .arm(3_900);
    return {};
  },
};

/** A writer and a Redis, or more of them that nobody asks. */
function world(faults: readonly FaultText[], servers = ["redis1"]): FaultWorld {
  const names = [...servers, "n1"];
  const nodes = names.map((name) => ({
    id: id(name),
    role: "node" as const,
    program: name === "n1" ? writer : redisServer,
    config: {},
    peers: [],
  }));
  const bodies = Object.fromEntries(names.map((name) => [name, () => undefined]));
  return new FaultWorld(bodies, faults, { strict: true, cluster: { nodes } });
}

const told = (one: FaultWorld, words: string): string[] =>
  one.records("point").flatMap(({ node, name }) => (node === "n1" && words.includes(name.slice(3)) ? [name] : []));
const writes = (one: FaultWorld): string[] => told(one, "ok lost");
const reads = (one: FaultWorld): string[] => told(one, "gone kept");

const SPAN = { at: "1s", for: "1s" } as const;

describe("redis-down", () => {
  it("ends the server, and starts it again with nothing", async () => {
    const one = await world([{ kind: "redis-down", ...SPAN }]).run(4_100);
    expect(writes(one).slice(0, 6)).toEqual(["k1 ok", "k2 ok", "k3 lost", "k4 lost", "k5 ok", "k6 ok"]);
    expect(reads(one)).toEqual(["k1 gone", "k2 gone", "k3 gone", "k4 gone", "k5 kept", "k6 kept", "k7 kept"]);
    expect(one.outcome).toMatchObject({ groups: [["redis1"]], touched: 1, stoppedAt: 2_000_000 });
  });

  it("touches nothing when the server is down, and does not start it", async () => {
    const one = world([{ kind: "redis-down", ...SPAN }]);
    one.at(500, () => one.cluster.crash(id("redis1")));
    await one.run(4_000);
    expect(one.outcome.touched).toBe(0);
    expect(one.cluster.node("redis1").state).toBe("down");
  });
});

describe("redis-slow", () => {
  it("holds answers back, counts them, and leaves no trace", async () => {
    const one = await world([{ kind: "redis-slow", by: "300ms", ...SPAN }]).run(4_100);
    const took = one.records("point").filter(({ node, name }) => node === "n1" && name.endsWith(" ok"));
    expect(took.map(({ time }) => time / 1_000).slice(0, 6)).toEqual([252, 752, 1_552, 2_052, 2_252, 2_752]);
    // A command that is sent again meanwhile has its one answer.
    expect(one.outcome.touched).toBe(2);
    expect(one.states("redis")).toEqual(["0 redis1 serving", "1000 redis1 serving", "2000 redis1 serving"]);
    expect(one.cluster.board.get("redis1", "redis")?.fields["slowMs"]).toBe(0);
  });

  it("lets what is too slow be lost, although it took effect", async () => {
    const one = await world([{ kind: "redis-slow", by: "1s", ...SPAN }]).run(4_100);
    expect(writes(one).slice(0, 5)).toEqual(["k1 ok", "k2 ok", "k3 lost", "k4 lost", "k5 ok"]);
    expect(reads(one)).not.toContain("k3 gone");
    expect(reads(one)).toHaveLength(7);
  });

  it("stands over a restart, and loses the answers of the life before", async () => {
    const one = world([{ kind: "redis-slow", by: "300ms", ...SPAN }]);
    one.at(1_400, () => one.cluster.crash(id("redis1"))).at(1_401, () => one.cluster.restart(id("redis1")));
    await one.run(3_000);
    // k3 was sent at 1,250 and again at 1,450 to the next life, whose answer comes at 1,752: too late.
    expect(writes(one).slice(2, 5)).toEqual(["k3 lost", "k4 ok", "k5 ok"]);
  });
});

describe("redis-failover", () => {
  it("lets nobody answer, and then a replica that lacks the last writes", async () => {
    const one = await world([{ kind: "redis-failover", lose: "500ms", ...SPAN }]).run(4_100);
    expect(writes(one).slice(0, 6)).toEqual(["k1 ok", "k2 ok", "k3 lost", "k4 lost", "k5 ok", "k6 ok"]);
    expect(reads(one)).toEqual(["k1 kept", "k2 gone", "k3 gone", "k4 gone", "k5 kept", "k6 kept", "k7 kept"]);
    expect(one.states("redis")).toEqual(["0 redis1 serving", "1000 redis1 failing-over", "2000 redis1 serving"]);
    const ids = one.records("state").flatMap(({ key, fields }) => (key === "redis" ? [fields["runId"]] : []));
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([false, true]);
    expect(one.outcome).toMatchObject({ groups: [["redis1"]], touched: 1, stoppedAt: 2_000_000 });
  });

  it("keeps every write with lose: 0s, as a server with a log of its own would", async () => {
    const one = await world([{ kind: "redis-failover", lose: "0s", ...SPAN }]).run(4_100);
    expect(reads(one).slice(0, 3)).toEqual(["k1 kept", "k2 kept", "k3 gone"]);
  });

  it("serves again when everything is healed, and does nothing to a server that was started since", async () => {
    const one = world([{ kind: "redis-failover", at: "1s" }]);
    one.at(1_600, () => one.faults.stopAll());
    await one.run(3_000);
    expect(writes(one).slice(2, 5)).toEqual(["k3 lost", "k4 ok", "k5 ok"]);
    const other = world([{ kind: "redis-failover", ...SPAN }]);
    other.at(1_100, () => other.cluster.kill(id("redis1"))).at(1_101, () => other.cluster.restart(id("redis1")));
    await other.run(3_000);
    expect(writes(other).slice(2, 5)).toEqual(["k3 ok", "k4 ok", "k5 ok"]);
  });

  it("touches nothing when the server is down", async () => {
    const one = world([{ kind: "redis-failover", ...SPAN }]);
    one.at(500, () => one.cluster.crash(id("redis1")));
    await one.run(4_000);
    expect(one.outcome.touched).toBe(0);
  });

  it("acts on the servers it names alone, and refuses to lose more than a minute", async () => {
    const one = await world([{ kind: "redis-failover", node: "redis2", ...SPAN }], ["redis1", "redis2"]).run(4_100);
    expect(writes(one)).not.toContain("k3 lost");
    expect(one.outcome).toMatchObject({ groups: [["redis2"]], touched: 1 });
    expect(faultSchema.safeParse({ kind: "redis-failover", lose: "61s", at: "1s" }).error?.issues).toMatchObject([
      { path: ["lose"], message: "a duration up to 1m" },
    ]);
  });
});
