import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadScenarioFile } from "../../../src/lab/scenario/load.ts";
import { ScenarioError } from "../../../src/lab/scenario/problems.ts";
import type { KnownNames } from "../../../src/lab/scenario/validate.ts";
import { z } from "zod";

const folder = mkdtempSync(join(tmpdir(), "faultline-load-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const known: KnownNames = {
  programs: new Map([
    [
      "ha-node",
      {
        config: z.strictObject({
          electionTimeout: z.string({ error: 'a duration with its unit, as "300ms"' }).optional(),
        }),
      },
    ],
  ]),
  workloads: ["kv"],
  checks: ["single-primary", "no-lost-ack"],
};

function load(text: string, file = "t.yaml") {
  const path = join(folder, file);
  writeFileSync(path, text);
  return loadScenarioFile({ path, known: () => Promise.resolve(known), packageModule: () => Promise.resolve({}) });
}

/** The problems of a text, as `CODE nearest @ line what stands there`. */
async function complaints(text: string, file?: string): Promise<string[]> {
  const error: unknown = await load(text, file).then(
    () => new Error("It loaded."),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ScenarioError)) throw error;
  return error.problems.map(({ code, nearest = "–", line = 0, col = 0 }) => {
    const there = /^[^,:}\]]*/.exec((text.split("\n")[line - 1] ?? "").slice(col - 1))?.[0].trimEnd();
    return `${code} ${nearest} @ ${String(line)} ${there ?? ""}`;
  });
}

const GOOD = `name: t
nodes:
  - { program: ha-node, count: 5 }
workload:
  - { kind: kv, clients: 3, rate: 50/s, target: any }
faults:
  - { id: cut, kind: partition, shape: split, groups: [[leader, any-follower], [rest]], at: 10s, for: 30s }
expect:
  - { node: cut.leader, state: { fence: fenced }, within: 1s, after: cut.start }
  - { some-of: "cut.group[1]", state: { role: leader }, within: 2s, after: cut.start }
duration: 60s
`;

describe("loading a scenario file", () => {
  it("reads a good one into integer microseconds, and keeps what was written", async () => {
    const [loaded] = await load(GOOD);
    expect(loaded?.scenario.duration).toBe(60_000_000);
    expect(loaded?.scenario.faults[0]).toMatchObject({ id: "cut", at: 10_000_000 });
    expect(loaded?.input.duration).toBe("60s");
    expect(loaded?.source?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("reads back what it stored", async () => {
    const [loaded] = await load(GOOD);
    const [again] = await load(JSON.stringify(loaded?.input), "t.json");
    expect(again?.scenario).toEqual(loaded?.scenario);
  });

  it.each([
    [
      "an unknown key",
      GOOD.replace("duration: 60s", "duration: 60s\nduratoin: 1s"),
      ["SCENARIO_UNKNOWN_KEY duration @ 12 duratoin"],
    ],
    ["a key of another level", GOOD.replace("rate: 50/s", "rat: 50/s"), ["SCENARIO_UNKNOWN_KEY rate @ 5 rat"]],
    ["a bare number for a duration", GOOD.replace("duration: 60s", "duration: 60"), ["SCENARIO_DURATION 60ms @ 11 60"]],
    ["a bare number for a rate", GOOD.replace("50/s", "50"), ["SCENARIO_RATE – @ 5 50"]],
    [
      "a bare number in a program's settings",
      GOOD.replace("count: 5", "count: 5, config: { electionTimeout: 300 }"),
      ["SCENARIO_DURATION 300ms @ 3 300"],
    ],
    [
      "an unknown setting of a program",
      GOOD.replace("count: 5", "count: 5, config: { electionTimout: 3s }"),
      ["SCENARIO_UNKNOWN_KEY electionTimeout @ 3 electionTimout"],
    ],
    [
      "an unknown fault kind",
      GOOD.replace("kind: partition", "kind: partitoin"),
      ["SCENARIO_UNKNOWN_KIND partition @ 7 partitoin"],
    ],
    ["a typo in a node name", GOOD.replace("any-follower]", "n7]"), ["SCENARIO_UNKNOWN_NODE n1 @ 7 n7"]],
    ["an unknown program", GOOD.replace("ha-node", "ha-nod"), ["SCENARIO_UNKNOWN_PROGRAM ha-node @ 3 ha-nod"]],
    ["an unknown workload", GOOD.replace("kind: kv", "kind: kw"), ["SCENARIO_UNKNOWN_WORKLOAD kv @ 5 kw"]],
    ["an unknown target", GOOD.replace("target: any", "target: n12"), ["SCENARIO_UNKNOWN_NODE n1 @ 5 n12"]],
    [
      "an unknown checker",
      GOOD.replace("expect:", "checks: [single-primry]\nexpect:"),
      ["SCENARIO_UNKNOWN_CHECK single-primary @ 8 single-primry"],
    ],
    [
      "an unknown fault in an expectation",
      GOOD.replace("after: cut.start", "after: cutt.start"),
      ["SCENARIO_UNKNOWN_FAULT cut @ 9 cutt.start"],
    ],
    [
      "a role no target names",
      GOOD.replace("node: cut.leader", "node: cut.majority"),
      ["SCENARIO_UNKNOWN_ROLE – @ 9 cut.majority"],
    ],
    ["a group that is not there", GOOD.replace("group[1]", "group[2]"), ['SCENARIO_UNKNOWN_GROUP – @ 10 "cut.group[2']],
    ["a fault after the end", GOOD.replace("duration: 60s", "duration: 5s"), ["SCENARIO_CONTRADICTION – @ 7 10s"]],
    [
      "a key given twice",
      GOOD.replace("duration: 60s", "duration: 60s\nduration: 61s"),
      ["SCENARIO_DUPLICATE_KEY – @ 12 duration"],
    ],
    ["text that is not YAML", "name: [", ["SCENARIO_SYNTAX – @ 1 ["]],
    ["a missing key", GOOD.replace("duration: 60s\n", ""), ["SCENARIO_MISSING_KEY – @ 1 name"]],
    ["a name other than the file's", GOOD.replace("name: t", "name: other"), ["SCENARIO_FILE_NAME – @ 1 other"]],
  ])("tells where %s stands", async (_, text, expected) => {
    expect(await complaints(text)).toEqual(expected);
  });

  it("tells every problem at once, in order of place", async () => {
    const text = GOOD.replace("50/s", "50").replace("duration: 60s", "duration: 60");
    expect(await complaints(text)).toEqual(["SCENARIO_RATE – @ 5 50", "SCENARIO_DURATION 60ms @ 11 60"]);
  });

  it("rejects faults that contradict each other, at the second of them", async () => {
    const text = GOOD.replace(
      "expect:",
      "  - { kind: crash, node: n1, at: 5s, for: 20s }\n  - { kind: crash, node: n1, at: 10s, for: 2s }\nexpect:",
    );
    const found = await complaints(text);
    expect(found.some((line) => /^SCENARIO_CONTRADICTION – @ 9/.test(line))).toBe(true);
  });

  it("says what was expected and what was got", async () => {
    await expect(load(GOOD.replace("duration: 60s", "duration: 60"))).rejects.toThrow(
      `t.yaml:11:11 SCENARIO_DURATION: "duration" is a number without a unit.\n  Expected a duration with its unit, as "300ms", "10s" or "2h"; got 60. Did you mean "60ms"?`,
    );
  });

  it("tells of a file that is missing, and of one of no known type", async () => {
    const missing = loadScenarioFile({
      path: join(folder, "nope.yaml"),
      known: () => Promise.resolve(known),
      packageModule: () => Promise.resolve({}),
    });
    await expect(missing).rejects.toThrow("nope.yaml:1:1 SCENARIO_NOT_FOUND");
    await expect(load("x", "t.txt")).rejects.toThrow("SCENARIO_FILE_TYPE");
  });

  it("gives faults without an id their kind as one", async () => {
    const [loaded] = await load(
      GOOD.replace(
        "expect:",
        "  - { kind: crash, node: n1, at: 45s }\n  - { kind: crash, node: n2, at: 46s }\nexpect:",
      ),
    );
    expect(loaded?.scenario.faults.map((fault) => fault.id)).toEqual(["cut", "crash", "crash-2"]);
  });
});
