import { describe, expect, it } from "vitest";
import { ownProbes } from "../../../src/lab/explore/own-probes.ts";
import { ProbeSet } from "../../../src/lab/explore/probes.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { defineScenario, type ScenarioDefinition } from "../../../src/lab/scenario/dsl.ts";
import { formatProblem } from "../../../src/lab/scenario/problems.ts";
import { sometimes } from "../../../src/lab/scenario/sometimes.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

const twoLed = sometimes("two nodes led at once", (nodes) => {
  return nodes.filter((node) => node["role"] === "leader").length > 1;
});

function check(given: ScenarioDefinition["sometimes"]): ReturnType<typeof checkScenario> {
  const nodes = [{ program: "ha-node", count: 3 }];
  return checkScenario(
    defineScenario({ name: "probed", nodes, duration: "5s", ...(given === undefined ? {} : { sometimes: given }) }),
    knownNames(),
  );
}

function happened(given: ScenarioDefinition["sometimes"], write: (trace: TraceWriter) => void): unknown {
  const { loaded, problems } = check(given);
  if (loaded === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  const probes = new ProbeSet(ownProbes(loaded.scenario));
  write(new TraceWriter({ keep: false, listeners: probes.listeners }));
  return probes.ownHappened();
}

describe("what a scenario says should happen sometimes", () => {
  const fenced = { name: "a leader was fenced", state: { role: "leader", fence: ["fenced", "fencing"] } };

  it("has not happened in a run that has no such records", () => {
    expect(happened([fenced, twoLed], () => undefined)).toEqual({
      "a leader was fenced": false,
      "two nodes led at once": false,
    });
  });

  it("happens when one node is in all the states at one moment", () => {
    const run = (second: string): unknown =>
      happened([fenced], (trace) => {
        trace.state(0, "n1", "role", "leader");
        trace.state(0, second, "fence", "fencing");
      });
    expect(run("n1")).toEqual({ "a leader was fenced": true });
    expect(run("n2")).toEqual({ "a leader was fenced": false });
  });

  it("does not happen with states of a process that has ended", () => {
    const run = happened([fenced], (trace) => {
      trace.state(0, "n1", "role", "leader");
      trace.state(0, "n1", "process", "down");
      trace.state(0, "n1", "fence", "fenced");
    });
    expect(run).toEqual({ "a leader was fenced": false });
  });

  it("means every component of a name by that name, and one by its own", () => {
    const any = { name: "any", state: { breaker: "open" } };
    const one = { name: "one", state: { "breaker>ofd": "open" }, node: "n2" };
    const run = (node: string): unknown => happened([any, one], (trace) => trace.state(0, node, "breaker>ofd", "open"));
    expect(run("n1")).toEqual({ any: true, one: false });
    expect(run("n2")).toEqual({ any: true, one: true });
  });

  it("happens with a point that has the fields, and with an operation that ends so", () => {
    const points = [
      { name: "third", point: "raft.term", fields: { term: [3, 4] } },
      { name: "lost", complete: "info" as const },
    ];
    const run = happened(points, (trace) => {
      trace.point(0, "n1", "raft.term", { term: 2 });
      trace.complete("c1", trace.invoke("c1", "write", "k", 1), "info", null);
    });
    expect(run).toEqual({ third: false, lost: true });
    expect(happened(points, (trace) => trace.point(0, "n1", "raft.term", { term: 4 }))).toMatchObject({ third: true });
  });

  it("may be code, which sees the states of all nodes", () => {
    const run = (write: (trace: TraceWriter) => void): unknown =>
      happened([twoLed], (trace) => {
        trace.state(0, "n1", "role", "leader");
        write(trace);
      });
    expect(run((trace) => trace.state(0, "n3", "role", "leader"))).toEqual({ "two nodes led at once": true });
    expect(run((trace) => trace.state(0, "n1", "role", "leader"))).toEqual({ "two nodes led at once": false });
  });

  it.each([
    [
      "a name of no code",
      ["two nodes lead at once"],
      "SCENARIO_UNKNOWN_PROBE",
      'Did you mean "two nodes led at once"?',
    ],
    ["nothing to look for", [{ name: "x" }], "SCENARIO_SOMETIMES", "one of state, point and complete"],
    ["fields of no point", [{ ...fenced, fields: {} }], "SCENARIO_SOMETIMES", "fields only beside a point"],
    ["a node that is not there", [{ ...fenced, node: "n9" }], "SCENARIO_UNKNOWN_NODE", 'Did you mean "n1"?'],
    ["two of a name", [fenced, fenced], "SCENARIO_DUPLICATE_NAME", "a name for each"],
  ])("is refused for %s", (_, given, code, text) => {
    check([twoLed]);
    const { problems } = check(given);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems.map(formatProblem).join("\n")).toContain(text);
  });
});
