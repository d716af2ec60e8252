import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeTrace } from "../../src/trace/codec.ts";
import type { RunResult } from "../../src/trace/result.ts";
import { digestOf } from "../../src/trace/trace.ts";
import { BULLY, oneProgram } from "./programs.ts";
import { faultline, faultlineUntil, testFolder } from "./run-cli.ts";

const folder = testFolder();
folder.write("bully.ts", BULLY);

function resultOf(stdout: string): RunResult {
  return JSON.parse(stdout) as RunResult;
}

describe("faultline run", () => {
  it("tells the story, names the broken rule with time and nodes, ends with the replay line, exits 1", () => {
    const { code, stdout, stderr } = faultline(folder.path, ["run", "bully.ts", "--seed", "7", "--no-report"]);
    expect(stderr).toBe("");
    expect(code).toBe(1);
    expect(stdout).toContain("The network splits: n1 on one side, n2 n3 on the other. n1 leads");
    expect(stdout).toMatch(
      /✗ one-leader violated {2}scenario=bully seed=7 t=2\.\d{3}s\n {2}n1 and n2 lead at once\.\n {2}expected one leader\n {2}observed 2/,
    );
    expect(stdout).toContain("A rule was broken");
    expect(stdout.trimEnd()).toMatch(/replay faultline run bully\.ts --seed 7$/);
    expect(existsSync(join(folder.path, "reports"))).toBe(false);
  });

  it.each([
    ["the one before the other", ["shares.ts", "bully.ts"]],
    ["the other before the one", ["bully.ts", "shares.ts"]],
  ])("runs files that share code together, %s", (_, files) => {
    folder.write("shares.ts", `import scenario from "./bully.ts";\nexport default { ...scenario, name: "shares" };\n`);
    const { code, stderr, stdout } = faultline(folder.path, ["run", ...files, "--no-report"]);
    expect(stderr).toBe("");
    expect(code).toBe(1);
    expect(stdout.match(/✗ one-leader violated/g)).toHaveLength(2);
  });

  it("writes the result as one line of JSON to stdout, and what people read to stderr", () => {
    const { code, stdout, stderr } = faultline(folder.path, ["run", "bully.ts", "--reporter", "json", "--no-report"]);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(resultOf(stdout)).toMatchObject({ scenarioName: "bully", seed: "1", outcome: "violated", exitCode: 1 });
    expect(stderr).toContain("A rule was broken");
  });

  it("keeps every digit of a seed, and gives another digest for another seed only", () => {
    const digest = (seed: string): string => {
      const result = resultOf(
        faultline(folder.path, ["run", "bully.ts", "--seed", seed, "--reporter", "json", "--no-report"]).stdout,
      );
      expect(result.seed).toBe(seed);
      return result.digest;
    };
    expect(digest("007")).toBe(digest("007"));
    expect(digest("007")).not.toBe(digest("7"));
  });

  it("writes result, records and timeline under scenario and seed; the records give the digest", () => {
    const { stdout } = faultline(folder.path, ["run", "bully.ts", "--seed", "r1", "--reports", "out"]);
    const files = join(folder.path, "out", "bully-r1");
    expect(readdirSync(files).toSorted()).toEqual(
      expect.arrayContaining(["result.json", "timeline.html", "trace.bin"]),
    );
    expect(readdirSync(files).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    const result = resultOf(readFileSync(join(files, "result.json"), "utf8"));
    expect(digestOf(decodeTrace(readFileSync(join(files, "trace.bin"))))).toBe(result.digest);
    expect(stdout).toContain(join("out", "bully-r1", "timeline.html"));
  });

  it("verifies in a second process that every record is the same", () => {
    const { code, stdout } = faultline(folder.path, ["run", "bully.ts", "--verify", "--no-report"]);
    expect(code).toBe(1);
    expect(stdout).toContain("the same in a second process");
  });

  it("exits 4 and names the first record that differs when two runs are not the same", () => {
    // Read while the file is loaded, where nothing is trapped yet.
    const head = "const own = process.pid;";
    folder.write("differs.ts", oneProgram("differs", `env.observer.state("pid", String(own));`, { head }));
    const { code, stdout } = faultline(folder.path, ["run", "differs.ts", "--verify", "--no-report"]);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /NON_DETERMINISTIC: The second run differs from record \d+ on: "t=0\.000000 n1 pid=\d+ .*" here, "t=0\.000000 n1 pid=\d+ .*" there\./,
    );
  });

  it("exits 4 when a program leaves the simulation, naming API, node and stack", () => {
    folder.write("escapes.ts", oneProgram("escapes", `env.observer.state("luck", String(Math.random()));`));
    const { code, stdout } = faultline(folder.path, ["run", "escapes.ts", "--no-report"]);
    expect(code).toBe(4);
    expect(stdout).toContain('ESCAPE: Node "n1" called Math.random');
    expect(stdout).toContain("A program left the simulation  exit 4");
    expect(stdout).toContain("escapes.ts");
  });

  it("exits 5 for a fault that touched nothing, 0 when that is said to be meant", () => {
    const fault = (optional: string): string =>
      `at("1s", partition({ id: "cut", shape: "split", groups: [["n1"], ["n2"]], for: "500ms"${optional} }))`;
    folder.write("inert.ts", oneProgram("inert", "", { faults: fault("") }));
    const inert = faultline(folder.path, ["run", "inert.ts", "--no-report"]);
    expect(inert.code).toBe(5);
    expect(inert.stdout).toContain('fault "cut" (partition) touched nothing');
    folder.write("meant.ts", oneProgram("meant", "", { faults: fault(", optional: true") }));
    expect(faultline(folder.path, ["run", "meant.ts", "--no-report"]).code).toBe(0);
  });

  it("exits 3 when a checker that was named had nothing to judge", () => {
    folder.write("silent.ts", oneProgram("silent", "", { rest: `checks: ["election-safety"],` }));
    const { code, stdout } = faultline(folder.path, ["run", "silent.ts", "--no-report"]);
    expect(code).toBe(3);
    expect(stdout).toContain("not decided");
  });

  it("exits 1 when a program dies of an error nobody caught, and tells it", () => {
    folder.write(
      "dies.ts",
      oneProgram("dies", `env.timers.create("t", () => { throw new TypeError("lost it"); }).arm(100);`),
    );
    const { code, stdout } = faultline(folder.path, ["run", "dies.ts", "--no-report"]);
    expect(code).toBe(1);
    expect(stdout).toContain("n1 dies of an uncaught error: TypeError: lost it");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends on %s with a partial report and exit code %i", async (signal, expected) => {
    const body = `if (env.id === "n1") process.stderr.write("started\\n"); const t = env.timers.create("t", () => { t.arm(1); }); t.arm(1);`;
    folder.write("endless.ts", oneProgram("endless", body, { duration: "24h" }));
    const { code, stdout } = await faultlineUntil(
      folder.path,
      ["run", "endless.ts", "--seed", signal, "--reports", "cut"],
      "started",
      signal,
    );
    expect(code).toBe(expected);
    expect(stdout).toContain("Interrupted");
    const result = resultOf(readFileSync(join(folder.path, "cut", `endless-${signal}`, "result.json"), "utf8"));
    expect(result.outcome).toBe("interrupted");
    expect(result.endTime).toBeLessThan(24 * 3_600_000_000);
  });

  it("colours for people who ask for it and never for NO_COLOR", () => {
    const coloured = faultline(folder.path, ["run", "bully.ts", "--no-report"], { NO_COLOR: "", FORCE_COLOR: "1" });
    expect(coloured.stdout).toContain("\u001b[");
    expect(faultline(folder.path, ["run", "bully.ts", "--no-report"]).stdout).not.toContain("\u001b[");
  });
});
