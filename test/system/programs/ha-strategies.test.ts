import { describe, expect, it } from "vitest";
import type { NodeId } from "../../../src/system/ports/node.ts";
import type { HaNodeConfig } from "../../../src/system/programs/ha-node/config.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import { runReal, type Chaos, type RealRun } from "../../lab/checkers/real-cluster.ts";

const SECOND = 1_000_000;

function complaints(run: RealRun): string[] {
  return run.verdicts.flatMap(({ checker, verdict, reason, violation }) =>
    verdict === "violated" || verdict === "inconclusive" ? [`${checker}: ${violation?.message ?? String(reason)}`] : [],
  );
}
const verdictOf = (run: RealRun, checker: string): unknown =>
  run.verdicts.find((one) => one.checker === checker)?.verdict;

/** Points and states of one node, as `name` or `key=value`, in order. */
function said(run: RealRun, node: string, names: readonly string[]): string[] {
  const all: TraceRecord[] = [...(run.trace ?? [])];
  return all.flatMap((record) => {
    if (record.node !== node) return [];
    if (record.kind === "point" && names.includes(record.name)) return [record.name];
    return record.kind === "state" && names.includes(record.key) ? [`${record.key}=${record.value}`] : [];
  });
}

/** Cuts whoever leads at 4 s off from all others, with the clients still reaching everybody, for as long as is said. */
function cutLeader(chaos: Chaos, duration: number, onCut: (leader: NodeId) => void = () => undefined): void {
  chaos.at(4 * SECOND, () => {
    const leader = chaos.leader();
    const others = chaos.ids.filter((id) => id !== leader);
    chaos.cut({ from: [leader], to: others, at: 4 * SECOND + 1, for: duration });
    chaos.cut({ from: others, to: [leader], at: 4 * SECOND + 1, for: duration });
    onCut(leader);
  });
}

async function runCut(
  options: { seed: string; config: HaNodeConfig; seconds: number; cutSeconds: number },
  then: (chaos: Chaos, leader: NodeId) => void = () => undefined,
): Promise<{ run: RealRun; old: NodeId; chaos: Chaos }> {
  let old: NodeId | undefined;
  let world: Chaos | undefined;
  const run = await runReal({
    seed: options.seed,
    nodes: 3,
    duration: options.seconds * SECOND,
    config: options.config,
    keep: true,
    plan: (chaos) => {
      world = chaos;
      cutLeader(chaos, options.cutSeconds * SECOND, (leader) => {
        old = leader;
        then(chaos, leader);
      });
    },
  });
  if (old === undefined || world === undefined) throw new Error("nobody led at 4 s");
  return { run, old, chaos: world };
}

const ROLLBACK = { durability: "async", strategy: "rollback_to_checkpoint" } as const;

describe("strategy rollback_to_checkpoint", () => {
  it.each(["1", "2", "3"])(
    "goes back to where its history left the others', and keeps what it leaves (seed %s)",
    async (seed) => {
      const { run, old, chaos } = await runCut({
        seed: `rollback-${seed}`,
        config: ROLLBACK,
        seconds: 16,
        cutSeconds: 4,
      });
      expect(complaints(run)).toEqual([]);
      const steps = said(run, old, ["rollback", "divergence", "lost-found", "repl.rollback", "repl.snapshot"]);
      expect(steps).toEqual(["rollback", "divergence", "lost-found", "repl.rollback"]);
      expect(verdictOf(run, "strategy-post")).toBe("holds");
      expect(verdictOf(run, "no-lost-ack")).toBe("holds");
      expect(chaos.cluster.board.get(old, "replica")?.value).toBe("streaming");
      expect(chaos.cluster.board.get(old, "coordinator")?.value).toBe("healthy");
    },
  );
});

describe("strategy shutdown_safe", () => {
  const config = { strategy: "shutdown_safe" } as const;

  it("ends the process in order, and not as a bug", async () => {
    const { run, old } = await runCut({ seed: "end", config, seconds: 12, cutSeconds: 4 });
    expect(complaints(run)).toEqual([]);
    expect(run.errors).toEqual([]);
    expect(said(run, old, ["shutdown", "process"])).toEqual([
      "process=up",
      "shutdown=under-way",
      "shutdown=ended",
      "process=down",
    ]);
    const steps = [...(run.trace ?? [])].flatMap((record) =>
      record.kind === "point" && record.name === "shutdown.step"
        ? [`${String(record.fields["step"])} ${String(record.fields["result"])}`]
        : [],
    );
    // Cut off, it cannot have its last writes answered: that wait is bounded.
    expect(steps.map((step) => step.replace("drain late", "drain done"))).toEqual([
      "fence done",
      "flag done",
      "drain done",
      "flush done",
      "leave done",
      "release-locks done",
    ]);
    expect(verdictOf(run, "strategy-post")).toBe("holds");
  });

  it("does not start again until an operator has cleared it, and then takes part", async () => {
    const { run, old, chaos } = await runCut({ seed: "again", config, seconds: 24, cutSeconds: 4 }, (chaos, leader) => {
      const { cluster } = chaos;
      chaos.at(9 * SECOND, () => {
        cluster.crash(leader);
        cluster.restart(leader);
      });
      chaos.at(12 * SECOND, () => {
        cluster.node(leader).control({ type: "clear-shutdown" }, true);
        cluster.restart(leader);
      });
      // An order that stands would clear the next one too.
      chaos.at(13 * SECOND, () => {
        cluster.node(leader).control({ type: "clear-shutdown" });
      });
    });
    expect(complaints(run)).toEqual([]);
    expect(said(run, old, ["shutdown", "process", "shutdown.cleared"])).toEqual([
      "process=up",
      "shutdown=under-way",
      "shutdown=ended",
      "process=down",
      "process=up",
      "shutdown=refuses-to-start",
      "process=down",
      "process=up",
      "shutdown.cleared",
    ]);
    expect(chaos.cluster.board.get(old, "role")?.value).toMatch(/^(follower|leader)$/);
    expect(chaos.cluster.board.get(old, "coordinator")?.value).toBe("healthy");
  });
});

describe("a watchdog", () => {
  it("ends a paused leader within W of the last time it was fed", async () => {
    let pausedAt = 0;
    let old: NodeId | undefined;
    const run = await runReal({
      seed: "watchdog",
      nodes: 3,
      duration: 14 * SECOND,
      config: { watchdogMs: 1_000 },
      keep: true,
      plan: (chaos) => {
        chaos.at(4 * SECOND, () => {
          old = chaos.leader();
          pausedAt = 4 * SECOND;
          chaos.cluster.pause(old);
        });
        chaos.at(8 * SECOND, () => {
          chaos.cluster.resume(old as NodeId);
        });
      },
    });
    expect(complaints(run)).toEqual([]);
    const down = [...(run.trace ?? [])].find(
      (record) => record.kind === "state" && record.key === "process" && record.value === "down",
    );
    expect(down).toMatchObject({ node: old, fields: { reason: "watchdog" } });
    expect((down?.time ?? 0) - pausedAt).toBeGreaterThan(0);
    expect((down?.time ?? Infinity) - pausedAt).toBeLessThanOrEqual(1 * SECOND);
  });

  it("leaves a leader alone that steps down in order, and followers, however long they are paused", async () => {
    const run = await runReal({
      seed: "watchdog-calm",
      nodes: 3,
      duration: 14 * SECOND,
      config: { watchdogMs: 1_000 },
      keep: true,
      plan: (chaos) => {
        cutLeader(chaos, 3 * SECOND);
        chaos.at(9 * SECOND, () => {
          const leader = chaos.leader();
          const follower = chaos.ids.find((id) => id !== leader) as NodeId;
          chaos.cluster.pause(follower);
          chaos.at(12 * SECOND, () => {
            chaos.cluster.resume(follower);
          });
        });
      },
    });
    expect(complaints(run)).toEqual([]);
    const downs = [...(run.trace ?? [])].filter(
      (record) => record.kind === "state" && record.key === "process" && record.value === "down",
    );
    expect(downs).toEqual([]);
  });
});
