import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/trace/plain.ts";
import { Scene, type SceneOptions } from "./scene.ts";

const CONFIG = { electionTimeoutMs: 1_000, leaseMs: 750, heartbeatMs: 200 };

/** A cluster that has had a leader for long enough; from 10 s on it may be judged. */
function settled(options: SceneOptions = {}): Scene {
  const run = new Scene("no-false-alarm", { config: CONFIG, ...options });
  run.at(1_000).role("n2", "pre-candidate", 0);
  run.at(1_200).role("n1", "leader", 1);
  for (const node of ["n1", "n2", "n3"]) run.claim(node, "view", "n1 n2 n3");
  return run.at(10_000);
}

function fault(run: Scene, id: string, kind: string, spec: Fields = {}): void {
  const text = JSON.stringify({ kind, ...spec });
  run.trace.fault("start", id, { kind, spec: text, groups: "[]", roles: "{}" });
  run.trace.fault("touch", id, {});
}

describe("no-false-alarm (I47)", () => {
  it("holds when short cuts, jitter and loss go unnoticed", () => {
    const run = settled();
    fault(run, "jitter", "jitter", { upTo: "200ms" });
    fault(run, "loss", "loss", { rate: "2%" });
    run.at(20_000).link("n1", "n2", "cut");
    run.at(20_100).link("n1", "n2", "up");
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it.each([
    ["a failover", (run: Scene) => run.role("n2", "leader", 2), "n2 became leader of term 2 in the place of n1"],
    ["a leader that gives up", (run: Scene) => run.role("n1", "follower", 1), "n1 leads no more"],
    ["a follower that campaigns", (run: Scene) => run.role("n3", "pre-candidate", 1), "n3 is pre-candidate in term 1"],
    ["a suspicion", (run: Scene) => run.claim("n3", "view", "n3 n1"), "n3 suspects n2"],
    [
      "a split that is none",
      (run: Scene) => run.claim("n1", "coordinator", "split_brain_detected", { reason: "elected-without-quorum" }),
      "n1 detected a split (elected-without-quorum)",
    ],
    [
      "an isolation",
      (run: Scene) => run.claim("isolation", "isolates>n1", "yes", { epoch: 2 }),
      "isolation cut n1 off",
    ],
  ])("is violated by %s", (_, alarm, message) => {
    const run = settled();
    run.at(20_000).link("n1", "n2", "cut");
    run.at(20_100).link("n1", "n2", "up");
    const record = alarm(run.at(20_500));
    expect(run.violation().record).toBe(record);
    expect(run.violation().message).toContain(message);
  });

  it("asks nothing of the time in which the first leader is found", () => {
    const run = new Scene("no-false-alarm", { config: CONFIG });
    run.at(1_000).role("n2", "leader", 1);
    run.at(1_500).role("n1", "leader", 2);
    run.at(2_000).claim("n3", "view", "n1 n2");
    run.claim("n3", "view", "n1");
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("allows for as many alarms an hour as the scenario says", () => {
    const run = settled({ bounds: { "no-false-alarm": { bound: 2 } } });
    run.role("n2", "leader", 2);
    run.at(30_000).role("n3", "leader", 3);
    expect(run.verdict()).toMatchObject({ verdict: "holds" });
    const more = settled({ bounds: { "no-false-alarm": { bound: 1 } } });
    more.role("n2", "leader", 2);
    more.at(30_000).role("n3", "leader", 3);
    expect(more.violation()).toMatchObject({ observed: "alarm 2", expected: "at most 1 alarms an hour" });
  });

  it.each([
    ["a process that stops", (run: Scene) => void run.process("n2", "down", "crash"), "the process of n2 was down"],
    ["a pause", (run: Scene) => void run.process("n2", "paused", "pause"), "the process of n2 was paused"],
    ["a fault of another kind", (run: Scene) => fault(run, "f", "disk-slow"), "a fault (disk-slow) did more"],
    ["more loss", (run: Scene) => fault(run, "f", "loss", { rate: "3%" }), "a fault (loss) did more"],
    ["more jitter", (run: Scene) => fault(run, "f", "jitter", { upTo: "201ms" }), "a fault (jitter) did more"],
  ])("is not asked after %s", (_, happens, reason) => {
    const run = settled();
    happens(run);
    run.at(11_000).role("n2", "leader", 2);
    const verdict = run.verdict();
    expect(verdict.verdict).toBe("inconclusive");
    expect(verdict.reason).toContain(reason);
  });

  it("is not asked after a cut that is too long, or one that hardly pauses", () => {
    const long = settled();
    long.link("n1", "n2", "cut");
    long.at(10_200).role("n2", "leader", 2);
    expect(long.verdict()).toMatchObject({ verdict: "inconclusive" });
    expect(long.verdict().reason).toContain("n1>n2 was cut for too long");
    const flapping = settled();
    for (const at of [10_000, 10_200, 10_400]) {
      flapping.at(at).link("n1", "n2", "cut");
      flapping.at(at + 100).link("n1", "n2", "up");
    }
    flapping.at(10_600).role("n2", "leader", 2);
    expect(flapping.verdict()).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not exercised where nobody led for long enough, and on a network worse than it allows for", () => {
    const run = new Scene("no-false-alarm", { config: CONFIG });
    run.at(1_000).role("n2", "leader", 1);
    expect(run.verdict(2_000)).toMatchObject({ verdict: "inconclusive", judged: 0 });
    const lossy = settled({ network: { latencyUsHigh: 1_000, lossPpm: 30_000 } });
    expect(lossy.verdict().reason).toContain("loses 3 %");
  });
});
