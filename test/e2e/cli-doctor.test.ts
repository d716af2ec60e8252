import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { oneProgram } from "./programs.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();

/** As much of `--json` as is looked at. */
interface Told {
  readonly nodes: { readonly found: readonly { version: string }[]; missing: string[]; absent: number[] };
  readonly examinations: readonly {
    readonly checks: readonly { name: string; outcome: string }[];
    readonly leaks: readonly { what: string; node: string; place: string; next: string }[];
    readonly partings: readonly { check: string; node: string; place: string; event: string; suspects: string[] }[];
  }[];
  readonly exitCode: number;
}

function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = faultline(folder.path, ["doctor", ...args, "--json"], env);
  return { code, stderr, told: (stdout === "" ? undefined : JSON.parse(stdout)) as Told };
}

/** A scenario that says what it took when it was loaded. */
function takenAtLoad(name: string, head: string): string {
  return oneProgram(name, `env.observer.state("taken", String(taken));`, { head });
}

const CLEAN = oneProgram("clean", `env.timers.create("one", () => env.observer.point("done")).arm(10);`);
const outcomes = (told: Told): string[] =>
  (told.examinations[0]?.checks ?? []).map(({ name, outcome }) => `${name}: ${outcome}`);

describe("faultline doctor", () => {
  it("finds nothing in what depends on its seed alone, and says where it looked", () => {
    folder.write("clean.ts", CLEAN);
    const { code, stdout, stderr } = faultline(folder.path, ["doctor", "clean.ts", "--seed", "7"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^Node v\d+\.\d+\.\d+, \w+ \w+, time zone \S+, locale \S+, drain (tick|turn)$/m);
    expect(stdout).toMatch(/^clean {2}seed 7 {2}clean\.ts$/m);
    for (const check of ["nothing leaves the simulation", "again in the same process", "in another process"])
      expect(stdout).toMatch(new RegExp(`^ {2}✓ ${check} `, "m"));
    expect(stdout).toMatch(/^ {2}✓ in other surroundings +time zone, locale, /m);
    expect(stdout).toMatch(/^✓ The run depends on scenario and seed alone {2}exit 0$/m);
    expect(code).toBe(0);
  });

  it("names a leak with place, event and what to do, and compares nothing then", () => {
    folder.write("lucky.ts", oneProgram("lucky", `env.observer.state("luck", String(Math.random()));`));
    const { code, stdout } = faultline(folder.path, ["doctor", "lucky.ts"]);
    expect(stdout).toMatch(/^ {2}✗ nothing leaves the simulation +2 found$/m);
    expect(stdout).toMatch(/^ {2}– in another process +not compared: /m);
    expect(stdout).toMatch(/^✗ n1 called Math\.random {2}lucky\.ts:3:\d+$/m);
    expect(stdout).toMatch(/^ {2}at 0\.000 s, handling record 0: t=0\.000000 n1 process=up /m);
    expect(stdout).toMatch(/^ {2}next: draw from env\.random$/m);
    expect(stdout).toMatch(/^✗ 1 of 1 run depends on more than scenario and seed {2}exit 4$/m);
    expect(code).toBe(4);
  });

  it("finds where runs in two processes part, with both values", () => {
    folder.write("clock-at-load.ts", takenAtLoad("clock-at-load", "const taken = Date.now();"));
    const { code, stdout } = faultline(folder.path, ["doctor", "clock-at-load.ts"]);
    expect(stdout).toMatch(/^✗ in another process it is another run from record 1 on {2}clock-at-load\.ts:3:\d+$/m);
    expect(stdout).toMatch(
      /^ {2}here {3}t=0\.000000 n1 taken=\d+ {2}\(cause 0\)\n {2}there {2}t=0\.000000 n1 taken=\d+ /m,
    );
    expect(stdout).toMatch(/^ {2}of n1, written while n1 handled t=0\.000000 n1 process=up /m);
    expect(code).toBe(4);
  });

  it("says on what of its surroundings a run depends", () => {
    const reads = `["clean.ts", "lucky.ts"].map((file) => readFile(file).then(() => order.push(file)))`;
    folder.write("clean.ts", CLEAN);
    // So long that it is read last on every machine, however busy, as long as nobody turns the order round.
    folder.write("lucky.ts", `${CLEAN}// ${"long ".repeat(4_000_000)}`);
    const head = [
      `import { readFile } from "node:fs/promises";`,
      `const order: string[] = []; await Promise.all(${reads});`,
      `const zone = new Date(0).getHours(); const locale = (1.5).toLocaleString(); const year = new Date().toISOString().slice(0, 4);`,
      `const taken = [zone, locale, process.env["MY_SETTING"], year, order[0]].join();`,
    ].join(" ");
    folder.write("at-load.ts", takenAtLoad("at-load", head));
    const { code, told, stderr } = doctor(["at-load.ts"], { MY_SETTING: "yes" });
    expect(outcomes(told), stderr).toEqual([
      "traps: ok",
      "same process: ok",
      "other process: ok",
      "other surroundings: differs",
    ]);
    const [parting] = told.examinations[0]?.partings ?? [];
    expect(parting).toMatchObject({ check: "other surroundings", node: "n1" });
    expect(parting?.suspects).toEqual(["time zone", "locale", "environment variables", "date", "order of file reads"]);
    expect(parting?.place).toMatch(/^at-load\.ts:3:\d+$/);
    expect(parting?.event).toMatch(/n1 process=up/);
    expect(code).toBe(4);
  });

  it("finds what an earlier run of the same process left behind", () => {
    folder.write(
      "remembers.ts",
      oneProgram("remembers", `env.observer.state("runs", String(++runs));`, { head: "let runs = 0;" }),
    );
    const { code, told } = doctor(["remembers.ts"]);
    expect(told.examinations[0]?.partings[0]).toMatchObject({ check: "same process", node: "n1" });
    expect(told.examinations[0]?.partings[0]?.place).toMatch(/^remembers\.ts:3:\d+$/);
    expect(code).toBe(4);
  });

  it("compares with the Nodes that are named, and says which are not there", () => {
    const others = [22, 24, 26].map((major) => `/tmp/faultline-node-${String(major)}/node_modules/.bin/node`);
    const there = others.filter((path) => existsSync(path));
    folder.write("clean.ts", CLEAN);
    const { code, told, stderr } = doctor(["clean.ts", ...there.slice(0, 1).flatMap((path) => ["--node", path])], {
      FAULTLINE_NODES: [join(folder.path, "no-node"), ...there.slice(1, 2)].join(":"),
    });
    expect(told.nodes.missing).toEqual([join(folder.path, "no-node")]);
    expect(stderr).toContain(`no Node at ${join(folder.path, "no-node")}, which FAULTLINE_NODES names`);
    const wanted = Math.min(2, there.length);
    expect(told.nodes.found.length).toBeGreaterThanOrEqual(wanted);
    expect(outcomes(told).filter((one) => one === "other Node: ok")).toHaveLength(told.nodes.found.length);
    const known = [process.version, ...told.nodes.found.map(({ version }) => version)];
    for (const major of told.nodes.absent)
      expect(known.some((version) => version.startsWith(`v${String(major)}.`))).toBe(false);
    expect(code).toBe(0);
  });

  it.each([
    ["no file", ["doctor"], "Name scenario files, or folders of them."],
    ["a file that is not there", ["doctor", "nowhere.ts"], "SCENARIO_NOT_FOUND"],
    ["a seed that is none", ["doctor", "clean.ts", "--seed", "a b"], `--seed: "a b" is no seed.`],
    ["a Node that is none", ["doctor", "clean.ts", "--node", "clean.ts"], `--node: "clean.ts" is no Node.`],
  ])("exits 2 for %s", (_, args, text) => {
    folder.write("clean.ts", CLEAN);
    const { code, stdout, stderr } = faultline(folder.path, args);
    expect(stderr).toContain(text);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
