import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { encodeStamp } from "../../../src/system/components/hlc/stamp.ts";
import { SimOfdClient } from "../../../src/system/programs/ofd/client.ts";
import { ofdServer } from "../../../src/system/programs/ofd/server.ts";
import { StampedTransport } from "../../../src/system/programs/stamped-transport.ts";
import type { NodeEnv, NodeId, Program } from "../../../src/system/ports/node.ts";
import { EPOCH_MS } from "../../../src/sim/cluster.ts";
import type { NetworkConfig } from "../../../src/sim/network/link-effect.ts";
import { replayTrace } from "../../../src/trace/listeners.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";
import { TestWorld } from "../../sim/world.ts";

const id = (name: string): NodeId => name as NodeId;

/** Registers receipts one after the other, each until it is accepted, and stamps something else in between. */
const till: Program<unknown> = {
  name: "till",
  start(env: NodeEnv) {
    void run(env);
    return {};
  },
};

async function run(env: NodeEnv): Promise<void> {
  const { clock, timers, random, observer } = env;
  const transport = new StampedTransport(env.transport);
  const hlc = new HlcClock({ nodeId: env.id, clock, observer, maxOffsetMs: 10_000 });
  transport.connect(hlc);
  const ofd = new SimOfdClient({ server: id("ofd1"), transport, timers, random });
  for (let n = 1; n <= 20;) {
    const stamp = hlc.now();
    const receiptHlc = `${(n + 1_000).toString(16).padStart(12, "0")}0000-till`;
    const receipt = { key: `r${String(n)}`, posId: "till", payload: "", receiptHlc, fencing: "1" };
    const control = new AbortController();
    const timer = timers.create("give up", () => control.abort());
    timer.arm(1_500);
    const between = timers.create("stamp", () => hlc.now());
    between.arm(30);
    try {
      const { hlc: acceptedHlc } = await ofd.register(receipt, { signal: control.signal, hlc: encodeStamp(stamp) });
      observer.point("confirmed", { key: receipt.key, hlc: acceptedHlc });
      n++;
    } catch {
      // It is asked again.
    }
    timer.cancel();
    between.cancel();
  }
}

const ROUGH: Partial<NetworkConfig> = {
  latency: { uniform: { min: 500, max: 40_000 } },
  ...{ lossPpm: 200_000, duplicatePpm: 100_000, reorderPpm: 200_000, reorderBy: 300_000 },
};

/** The till's clock is ahead, by five seconds unless the test says otherwise. */
function world(seed: string, network: Partial<NetworkConfig>, aheadUs = 5_000_000): TestWorld {
  const programs = { ofd1: ofdServer as Program<unknown>, n1: till };
  return new TestWorld(
    { ofd1: () => undefined, n1: () => undefined },
    {
      seed,
      network,
      strict: true,
      cluster: {
        nodes: (["ofd1", "n1"] as const).map((name) => ({
          ...{ id: id(name), role: "node" as const, program: programs[name], config: {}, peers: [] },
          clock: { offsetUs: name === "n1" ? aheadUs : 0 },
        })),
      },
    },
  );
}

function judge(one: TestWorld, checks: readonly string[]): Verdict[] {
  const nodes = ["ofd1", "n1"].map((name) => ({ id: name, program: "mine", role: "node" as const, config: {} }));
  const run = { nodes, faults: [], endTime: 120_000_000, bounds: {} };
  const set = new CheckerSet({ run, checks, catalogue: CATALOGUE });
  replayTrace(one.cluster.trace.trace as Trace, set.listeners);
  return set.finish(120_000_000);
}

const points = (one: TestWorld, name: string): readonly string[] =>
  one
    .records("point")
    .filter((record) => record.name === name)
    .map(({ fields }) => String(fields["key"]));

const KEYS = Array.from({ length: 20 }, (_, i) => `r${String(i + 1)}`);

describe("the program ofd and its client", () => {
  it("handle a request once, however often it is sent and delivered", async () => {
    for (const seed of ["1", "2", "3"]) {
      const one = await world(seed, ROUGH).run(120_000);
      expect(points(one, "ofd.accept")).toEqual(KEYS);
      expect(points(one, "confirmed")).toEqual(KEYS);
      const delivered = one.records("delivered").filter(({ message }) => message.type === "ofd.register");
      const requests = new Set(delivered.map(({ message }) => message["id"]));
      expect(delivered.length).toBeGreaterThan(requests.size);
      expect(points(one, "ofd.attempt").length).toBe(requests.size);
    }
  });

  it("keep stamps strict, causal and near physical time over loss, repetition and a till five seconds ahead", async () => {
    for (const seed of ["1", "2", "3", "4", "5"]) {
      const one = await world(seed, ROUGH).run(120_000);
      expect(one.records("sent").some(({ message }) => message["isRepeat"] === true)).toBe(true);
      const verdicts = judge(one, ["hlc-strict", "hlc-causal", "hlc-drift"]);
      expect(verdicts.map(({ verdict, violation }) => [verdict, violation?.message])).toEqual(
        [1, 2, 3].map(() => ["holds", undefined]),
      );
    }
  });

  it("forget nothing that was answered, and accept nothing twice, over power losses at any moment", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const one = world(String(seed), {});
      for (let n = 0; n < 6; n++) {
        const ms = 20 + n * 4_000 + ((seed * 37 + n * 11) % 100);
        one.at(ms, () => one.cluster.crash(id("ofd1"))).at(ms + 50, () => one.cluster.restart(id("ofd1")));
      }
      await one.run(120_000);
      expect(points(one, "confirmed")).toEqual(KEYS);
      const verdicts = judge(one, ["no-duplicate-receipt", "receipt-order", "hlc-strict"]);
      expect(verdicts.map(({ verdict }) => verdict)).toEqual(["holds", "holds", "holds"]);
      const last = one.records("state").findLast(({ key, value }) => key === "process" && value === "up");
      const kept = one
        .records("point")
        .filter(({ name, time }) => /^ofd\.(recover|accept)$/.test(name) && time >= (last?.time ?? 0));
      expect(kept.map(({ fields }) => fields["key"])).toEqual(KEYS);
    }
  });

  it("accept what a till sends whose clock is too far ahead to be believed, and keep theirs", async () => {
    const one = await world("1", {}, 60_000_000).run(10_000);
    expect(points(one, "ofd.accept")).toEqual(KEYS);
    expect(points(one, "hlc.reject")).toHaveLength(20);
    const stamps = one.records("point").filter(({ node, name }) => node === "ofd1" && name === "hlc");
    for (const { fields } of stamps) expect(fields["ms"]).toBeLessThan(EPOCH_MS + 15_000);
  });

  it("refuse an order they do not know", async () => {
    const one = world("1", {});
    one.at(1_000, () => one.cluster.node("ofd1").control({ type: "ofd.mode", mode: "asleep" }));
    await one.run(2_000);
    expect(one.cluster.errors.map(({ error }) => (error as Error & { code?: string }).code)).toEqual(["OFD_MODE"]);
  });
});
