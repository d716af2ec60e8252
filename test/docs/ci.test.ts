import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { validateAction, validateWorkflow } from "@action-validator/core";
import { DockerfileParser, type Copy } from "dockerfile-ast";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../../src/cli/config/config-schema.ts";
import { variableOf } from "../../src/cli/config/env.ts";
import { newPackage } from "../../src/cli/init/package-file.ts";
import { TEMPLATES } from "../../src/cli/init/templates.ts";
import { flagsOf, strangersIn } from "./cli-flags.ts";
import { snippetsOf } from "./snippets.ts";

const PAGE = "docs/ci.md";
const page = readFileSync(PAGE, "utf8");
const snippets = snippetsOf(PAGE).filter(({ language }) => language === "yaml");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly (Step & { readonly env?: Readonly<Record<string, string>> })[] };
}

const action = parse(readFileSync("action.yml", "utf8")) as Action;
const own = readdirSync(".github/workflows").map((name): [string, string] => [
  name,
  readFileSync(join(".github/workflows", name), "utf8"),
]);
const scaffolded = TEMPLATES.filter(({ path }) => path.startsWith(".github/")).map(
  ({ path, text }): [string, string] => [`init ${path}`, text],
);
const shown = snippets
  .filter(({ text }) => /^jobs:/m.test(text))
  .map(({ file = "", text }): [string, string] => [`${PAGE} ${file}`, text]);
const workflows = [...own, ...scaffolded, ...shown];

const stepsOf = (text: string): readonly Step[] =>
  Object.values((parse(text) as Workflow).jobs).flatMap(({ steps }) => steps);

const bin = mkdtempSync(join(tmpdir(), "faultline-ci-"));
afterAll(() => rmSync(bin, { recursive: true }));

/** A command that prints the arguments it gets, a line each, and ends with a code. */
function standIn(name: string, code = 0): void {
  writeFileSync(join(bin, name), `#!/bin/sh\nfor arg; do echo "> $arg"; done\nexit ${String(code)}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Runs a script with the stand-ins in the place of real commands. @returns what they were called with. */
function called(
  script: string,
  env: Readonly<Record<string, string>>,
): { code: number | null; args: string[]; out: string } {
  const shell = spawnSync("bash", ["-e", "-c", script], {
    encoding: "utf8",
    env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, ...env },
  });
  const args = [...shell.stdout.matchAll(/^> (.*)$/gm)].map(([, arg = ""]) => arg);
  return { code: shell.status, args, out: `${shell.stdout}${shell.stderr}` };
}

describe("workflows", () => {
  it.each(workflows)("%s is one that GitHub takes", (_, text) => {
    expect(validateWorkflow(text).errors).toEqual([]);
  });

  it("are refused when they are none", () => {
    expect(validateWorkflow("on: push\njobs: { a: { runs-on: x, steps: [{ runs: y }] } }\n").errors).not.toEqual([]);
    expect(validateAction("name: x\nruns: { using: composite }\n").errors).not.toEqual([]);
  });

  it.each(workflows)("%s calls only what there is", async (where, text) => {
    const scripts = where.startsWith("init")
      ? (JSON.parse(newPackage("x", "1.0.0")) as { scripts: object }).scripts
      : (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts;
    let calls = 0;
    for (const { run = "", uses, with: inputs } of stepsOf(text)) {
      for (const [, script = ""] of run.matchAll(/\bnpm (?:run )?(?!ci|install|run)(?:--silent )?([\w:-]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
        calls++;
      }
      for (const [, line = ""] of run.matchAll(/\bnpx faultline (.*)/g)) {
        expect(await strangersIn(line.split(/\s+/))).toEqual([]);
        calls++;
      }
      if (uses !== "./node_modules/faultline") continue;
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs ?? {})));
      calls++;
    }
    expect(calls).toBeGreaterThan(0);
  });

  it("would be told what there is not", async () => {
    expect(await strangersIn(["rnu", "x"])).toEqual(["rnu"]);
    expect(await strangersIn(["run", "x", "--sede=1", "--no-report", "--seed", "1"])).toEqual(["sede"]);
  });
});

describe("the action", () => {
  const script = action.runs.steps[0]?.run ?? "";

  function run(inputs: Readonly<Record<string, string>>, code = 0): ReturnType<typeof called> {
    standIn("npx", code);
    const values = {
      ...Object.fromEntries(Object.entries(action.inputs).map(([name, one]) => [name, one.default])),
      ...inputs,
    };
    const env = Object.entries(action.runs.steps[0]?.env ?? {}).map(([variable, expression]): [string, string] => {
      const name = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1] ?? "";
      expect(values).toHaveProperty(name);
      return [variable, values[name] ?? ""];
    });
    return called(script, { ...Object.fromEntries(env), GITHUB_OUTPUT: join(bin, "output") });
  }

  it("is one that GitHub takes", () => {
    expect(validateAction(readFileSync("action.yml", "utf8")).errors).toEqual([]);
  });

  it.each([
    [
      { command: "run", scenarios: "a.yaml  b/*.yaml\n c", seed: "7" },
      "run a.yaml b/*.yaml c --seed 7 --reports reports --reporter github,junit --output-file.junit=reports/junit.xml",
    ],
    [
      { command: "sweep", seeds: "1..9", shard: "2/4", reporters: "github", reports: "out", config: "c.json" },
      "sweep --seeds 1..9 --shard 2/4 --reports out --config c.json --reporter github",
    ],
    [{ command: "sweep", scenarios: "a.yaml", reporters: "" }, "sweep a.yaml --reports reports"],
    [{ command: "corpus" }, "corpus"],
  ])("calls the command line with %o", async (inputs, line) => {
    const { code, args } = run(inputs);
    expect(args).toEqual(["--no-install", "faultline", ...line.split(" ")]);
    expect(await strangersIn(args.slice(2))).toEqual([]);
    expect(code).toBe(0);
  });

  it("takes text for text", () => {
    const text = '$(echo>"$GITHUB_OUTPUT");"`x`';
    expect(run({ seed: text }).args).toContain(text);
  });

  it("ends with the code of the command, and tells it", () => {
    expect(run({}, 3).code).toBe(3);
    expect(readFileSync(join(bin, "output"), "utf8")).toMatch(/exit-code=3\n$/);
  });

  it("refuses another command", () => {
    expect(run({ command: "rm" })).toMatchObject({ code: 2, args: [] });
  });

  it("is in the package", () => {
    const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
    expect(files).toContain("action.yml");
  });
});

describe("the image", () => {
  const file = DockerfileParser.parse(readFileSync("Dockerfile", "utf8"));
  const instructions = file.getInstructions().map((one) => [one.getKeyword(), one.getArgumentsContent() ?? ""]);
  const last = (keyword: string): string | undefined => instructions.findLast(([name]) => name === keyword)?.[1];

  it("copies what is there and what its context has", () => {
    const kept = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .flatMap((line) => /^!(.*)/.exec(line)?.[1] ?? []);
    const sources = file.getCOPYs().flatMap((copy: Copy) => {
      const isFromStage = copy.getFlags().some((flag) => flag.getName() === "from");
      return isFromStage
        ? []
        : copy
            .getArguments()
            .slice(0, -1)
            .map((argument) => argument.getValue());
    });
    for (const source of sources) expect(existsSync(source.replace(/^\.\//, "")), source).toBe(true);
    expect(kept.toSorted()).toEqual(sources.toSorted());
  });

  it("has the files of the package", () => {
    const { files, bin: commands } = JSON.parse(readFileSync("package.json", "utf8")) as {
      files: string[];
      bin: { faultline: string };
    };
    const copied = file.getCOPYs().map((copy: Copy) => copy.getArguments().at(-1)?.getValue().replace("./", ""));
    expect(copied).toEqual(
      expect.arrayContaining(files.filter((name) => name !== "action.yml" && !name.startsWith("!"))),
    );
    expect(last("RUN")).toContain(`/opt/faultline/${commands.faultline} /usr/local/bin/faultline`);
  });

  it("is small, is not root, and is the command line", () => {
    expect(instructions.filter(([name]) => name === "FROM").map(([, image]) => image)).toEqual([
      "node:22-slim AS build",
      "node:22-slim",
    ]);
    expect(last("USER")).toBe("node");
    expect(last("ENTRYPOINT")).toBe('["faultline"]');
    const known = "FROM WORKDIR COPY RUN ENV USER ENTRYPOINT CMD".split(" ");
    expect(instructions.filter(([name = ""]) => !known.includes(name))).toEqual([]);
  });
});

describe("the job of Kubernetes", () => {
  interface Job {
    readonly apiVersion: string;
    readonly kind: string;
    readonly spec: {
      readonly completionMode: string;
      readonly completions: number;
      readonly podFailurePolicy: {
        readonly rules: readonly { onExitCodes?: { containerName: string; values: number[] } }[];
      };
      readonly template: {
        readonly spec: {
          readonly restartPolicy: string;
          readonly containers: readonly {
            name: string;
            command: string[];
            args: string[];
            volumeMounts: { name: string }[];
          }[];
          readonly volumes: readonly { name: string }[];
        };
      };
    };
  }
  const job = parse(snippets.find(({ file }) => file === "sweep-job.yaml")?.text ?? "") as Job;
  const { spec } = job;
  const pod = spec.template.spec;
  const [container] = pod.containers;

  it("is an Indexed Job whose policy is one that Kubernetes takes", () => {
    expect(job).toMatchObject({ apiVersion: "batch/v1", kind: "Job", spec: { completionMode: "Indexed" } });
    // A policy of failures, and limits by index, are for pods that are never restarted in place.
    expect(pod.restartPolicy).toBe("Never");
    const [rule] = spec.podFailurePolicy.rules;
    expect(rule?.onExitCodes).toEqual({ containerName: container?.name, operator: "In", values: [1, 2, 3, 4, 5] });
    expect(pod.volumes.map(({ name }) => name)).toEqual(container?.volumeMounts.map(({ name }) => name));
  });

  it("runs every shard once", async () => {
    standIn("faultline");
    const shards: (string | undefined)[] = [];
    for (let index = 0; index < spec.completions; index++) {
      const { args } = called(container?.args[0] ?? "", { JOB_COMPLETION_INDEX: String(index) });
      expect(await strangersIn(args)).toEqual([]);
      shards.push(args[args.indexOf("--shard") + 1]);
    }
    const all = String(spec.completions);
    expect(shards).toEqual(Array.from({ length: spec.completions }, (_, i) => `${String(i + 1)}/${all}`));
  });
});

describe("tables", () => {
  const rows = (text: string): string[][] =>
    [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split(" | ").map((cell) => cell.trim()));

  it("of exit codes say the same as the other pages", () => {
    const codes = (file: string): string[] =>
      rows(readFileSync(file, "utf8")).flatMap(([code = ""]) => (/^\d+(, \d+)*$/.test(code) ? [code] : []));
    expect(codes(PAGE)).toEqual(["0", "1", "2", "3", "4", "5", "70", "130, 143"]);
    expect(codes("README.md")).toEqual(codes(PAGE));
    expect(codes("docs/guide.md")).toEqual(codes(PAGE));
  });

  it("of settings have every key, its variable and a flag that there is", async () => {
    const settings = rows(page).filter(([, variable = ""]) => variable.startsWith("`FAULTLINE_"));
    expect(settings.map(([key]) => key)).toEqual(Object.keys(configSchema.shape).map((key) => `\`${key}\``));
    const flags = new Set([...((await flagsOf("run")) ?? []), ...((await flagsOf("sweep")) ?? [])]);
    for (const [key = "", variable, flag = ""] of settings) {
      expect(variable).toBe(`\`${variableOf(key.replaceAll("`", ""))}\``);
      const name = /--(?:no-)?([\w-]+)/.exec(flag)?.[1];
      if (name !== undefined) expect(flags).toContain(name);
    }
  });
});
