import { expect, it } from "vitest";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import { CircuitBreaker } from "../../../src/system/components/circuit-breaker/circuit-breaker.ts";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { HlcOffsetError } from "../../../src/system/components/hlc/hlc-errors.ts";
import { decodeStamp, encodeStamp } from "../../../src/system/components/hlc/stamp.ts";
import type { NodeEnv } from "../../../src/system/ports/node.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import { replayTrace } from "../../../src/trace/listeners.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";
import { TestWorld } from "../../sim/world.ts";

const IDS = ["n1", "n2", "n3"] as const;

/** The verdicts on a finished world. */
function judge(world: TestWorld, checks: readonly string[], endMs: number): Verdict[] {
  const nodes = IDS.map((id) => ({ id, program: "test", role: "node" as const, config: {} }));
  const run = { nodes, faults: [], endTime: endMs * 1_000, bounds: {} };
  const set = new CheckerSet({ run, checks, catalogue: CATALOGUE });
  replayTrace(world.cluster.trace.trace as Trace, set.listeners);
  return set.finish(endMs * 1_000);
}

/** What did not hold, in words. */
function wrong(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter(({ verdict }) => verdict !== "holds")
    .map(({ checker, reason, violation }) => `${checker}: ${reason ?? violation?.message ?? ""}`);
}

/** Sends a stamped message somewhere every 7…40 ms, and stamps what it hears. */
function gossip(env: NodeEnv): void {
  void HlcClock.open({ nodeId: env.id, ...env }).then((hlc) => {
    env.transport.subscribe((_from, message) => {
      hlc.receiveWhenDurable(decodeStamp(message["hlc"] as string)).catch((error: unknown) => {
        if (!(error instanceof HlcOffsetError)) throw error;
      });
    });
    const timer = env.timers.create("gossip", () => {
      const to = env.peers[env.random.integer(0, env.peers.length - 1)] ?? env.id;
      void hlc.nowWhenDurable().then((stamp) => env.transport.send(to, { type: "gossip", hlc: encodeStamp(stamp) }));
      timer.arm(env.random.integer(7, 40));
    });
    timer.arm(10);
  });
}

it.each(["1", "2", "3"])("hybrid clocks hold under skew, drift, steps and restarts (seed %s)", async (seed) => {
  const world = new TestWorld(Object.fromEntries(IDS.map((id) => [id, gossip])), {
    seed,
    clocks: { n1: { offsetUs: 240_000, ppm: 300 }, n2: { offsetUs: -240_000, ppm: -300 } },
    network: {
      latency: { uniform: { min: 500, max: 60_000 } },
      duplicatePpm: 100_000,
      reorderPpm: 100_000,
      reorderBy: 40_000,
    },
  });
  const step = (id: string, byMs: number) => (): void =>
    world.cluster.node(id).clock.addOffset(world.kernel.now, byMs * 1_000);
  world
    .at(2_000, step("n1", -3_000))
    .at(4_000, step("n2", 2_000))
    .at(5_000, () => world.cluster.crash(nodeId("n1")))
    .at(5_200, () => world.cluster.restart(nodeId("n1")))
    .at(6_000, () => world.cluster.kill(nodeId("n3")))
    .at(6_001, () => world.cluster.restart(nodeId("n3")))
    .at(9_000, step("n2", -2_000))
    .at(11_000, () => world.cluster.pause(nodeId("n3")))
    .at(13_000, () => world.cluster.crash(nodeId("n2")))
    .at(13_050, step("n2", -6_000))
    .at(13_100, () => world.cluster.restart(nodeId("n2")))
    .at(16_000, () => world.cluster.resume(nodeId("n3")));
  await world.run(20_000);
  const verdicts = judge(world, ["hlc-strict", "hlc-causal", "hlc-drift", "hlc-encoding"], 20_000);
  expect(wrong(verdicts)).toEqual([]);
  expect(Math.min(...verdicts.map(({ judged }) => judged))).toBeGreaterThan(1_000);
});

it.each(["1", "2", "3"])("breakers hold while their dependency fails, hangs and recovers (seed %s)", async (seed) => {
  const caller = (env: NodeEnv): void => {
    const breaker = new CircuitBreaker({ ...env, name: "ofd" });
    const call = env.timers.create("call", () => {
      const outcome = env.random.integer(0, 9);
      const isBad = Math.floor(env.clock.monotonic() / 100_000) % 2 === 1;
      breaker
        .call(
          () =>
            new Promise<void>((resolve, reject) => {
              if (isBad && outcome > 7) return;
              const end = isBad || outcome === 0 ? () => reject(new Error("down")) : resolve;
              env.timers.create("answer", end).arm(env.random.integer(1, 9_000));
            }),
        )
        .catch(() => undefined);
      call.arm(env.random.integer(50, 900));
    });
    call.arm(1);
  };
  const world = new TestWorld(Object.fromEntries(IDS.map((id) => [id, caller])), {
    seed,
    clocks: { n2: { ppm: 90_000 }, n3: { ppm: -90_000 } },
  });
  world
    .at(130_000, () => world.cluster.pause(nodeId("n1")))
    .at(210_000, () => world.cluster.resume(nodeId("n1")))
    .at(400_000, () => world.cluster.crash(nodeId("n2")))
    .at(401_000, () => world.cluster.restart(nodeId("n2")));
  await world.run(900_000);
  const checks = ["breaker-edges", "breaker-open-zero", "breaker-probe-limit", "breaker-exact"];
  expect(wrong(judge(world, checks, 900_000))).toEqual([]);
  const states = new Set(
    world
      .records("state")
      .filter(({ key }) => key === "breaker>ofd")
      .map(({ value }) => value),
  );
  expect([...states].sort()).toEqual(["closed", "half-open", "open"]);
});
