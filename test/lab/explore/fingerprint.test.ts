import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../src/lab/explore/fingerprint.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { Verdict, Violation } from "../../../src/trace/verdict.ts";
import { bullies } from "../../trace/why/planted-programs.ts";
import { Scene } from "../../trace/why/scene.ts";

const nodes = ["n1", "n2", "n3"].map((id) => ({ id, program: "p", role: "node" as const, config: {} }));
const holding = { nodes, verdicts: [], expects: [], faults: [], outcome: "violated" } as unknown as RunResult;

function broken(invariant: string, violation: Violation, checker = "checker"): Verdict {
  return { checker, invariant, rule: "", title: "", verdict: "violated", judged: 1, violation };
}

/** A message makes `node` claim something wrong at this time; a deadline has passed since 1 s. */
function run(node: string, other: string, ms: number): { scene: Scene; wrong: Violation; late: Violation } {
  const scene = new Scene();
  const start = scene.start(node);
  const heard = scene.message(ms, other, node, "raft.vote-reply", start);
  const wrong = scene.violation(scene.state(ms + 1, node, "role", "leader", heard));
  const late = scene.violation(start, { time: 1_000_000 });
  return { scene, wrong, late };
}

describe("fingerprintOf", () => {
  it("is the same for the same kind of failure at other nodes and times, under other faults", () => {
    const one = run("n1", "n2", 2_000);
    const other = run("n3", "n1", 7_500);
    other.scene.fault(8_000, "cut", "partition", ["n1"]);
    const name = fingerprintOf({ ...holding, verdicts: [broken("I01", one.wrong)] }, one.scene.trace);
    expect(name).toBe("I01:state:delivered");
    expect(fingerprintOf({ ...holding, verdicts: [broken("I01", other.wrong)] }, other.scene.trace)).toBe(name);
  });

  it("tells rules apart, and kinds of step that break one", () => {
    const { scene, wrong } = run("n1", "n2", 2_000);
    const timer = scene.timer(2_500, "n1", "lease", wrong.record);
    const sent = scene.violation(scene.sent(2_500, "n1", "n2", "raft.heartbeat", timer));
    const named = [broken("I01", wrong), broken("I07", wrong), broken("I01", sent), broken("", wrong, "one-leader")];
    const names = named.map((verdict) => fingerprintOf({ ...holding, verdicts: [verdict] }, scene.trace));
    expect(names).toEqual([
      "I01:state:delivered",
      "I07:state:delivered",
      "I01:sent:timer",
      "one-leader:state:delivered",
    ]);
  });

  it("names the rule that a record broke first, whatever else was broken and in whatever order it is listed", () => {
    const { scene, wrong, late } = run("n1", "n2", 2_000);
    const later = scene.violation(scene.state(3_000, "n2", "role", "leader", wrong.record));
    for (const verdicts of [
      [broken("I41", late), broken("I02", later), broken("I01", wrong)],
      [broken("I01", wrong), broken("I02", later), broken("I41", late)],
    ])
      expect(fingerprintOf({ ...holding, verdicts }, scene.trace)).toBe("I01:state:delivered");
  });

  it("names a deadline where nothing else was broken", () => {
    const { scene, late } = run("n1", "n2", 2_000);
    expect(fingerprintOf({ ...holding, verdicts: [broken("I41", late)] }, scene.trace)).toBe("I41:overdue");
  });

  it("names an expectation without the nodes that its roles meant", () => {
    const { trace } = new Scene();
    const fingerprintOfText = (text: string): string =>
      fingerprintOf({ ...holding, expects: [{ text, held: false, at: 0 }] }, trace);
    const name = fingerprintOfText("some of not cut.leader (n1 n3) role=leader within 2s");
    expect(name).toBe("expect:some of not cut.leader (*) role=leader within 2s");
    expect(fingerprintOfText("some of not cut.leader (n2 n1 n3) role=leader within 2s")).toBe(name);
  });

  it("names what broke the run, the faults that touched nothing, and what could not be decided", () => {
    const { trace } = new Scene();
    const error = { code: "ESCAPE", message: "", node: "n1", facts: {} };
    expect(fingerprintOf({ ...holding, error }, trace)).toBe("error:ESCAPE");
    const fault = { id: "f", kind: "skew", spec: {}, startedAt: 0, stoppedAt: 1, groups: [], roles: {}, touched: 0 };
    const faults = [
      { ...fault, optional: false },
      { ...fault, id: "g", optional: false },
      { ...fault, id: "h", kind: "crash", optional: true },
    ];
    expect(fingerprintOf({ ...holding, outcome: "inert-fault", faults }, trace)).toBe("inert-fault:skew");
    const open: Verdict = { ...broken("I12", run("n1", "n2", 1).late), verdict: "inconclusive" };
    const { violation: _, ...undecided } = open;
    expect(fingerprintOf({ ...holding, outcome: "inconclusive", verdicts: [undecided] }, trace)).toBe(
      "inconclusive:I12",
    );
  });

  it("gives one bug one name over twenty seeds", async () => {
    const names = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { result, trace } = await runScenario(bullies, { seed: String(seed), keepTrace: true });
      if (trace === undefined) throw new Error("no records were kept");
      names.add(fingerprintOf(result, trace));
    }
    expect([...names]).toEqual(["one-bully:state:timer"]);
  });
});
