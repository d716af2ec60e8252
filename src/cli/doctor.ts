import { adviceFor } from "../lab/explore/doctor-advice.ts";
import { examine, isClean, type Examination } from "../lab/explore/doctor.ts";
import { ownDrain, trapFromNowOn } from "../lab/run/checkup.ts";
import { toolVersion } from "../lab/run/run-scenario.ts";
import { SEED_PATTERN } from "../sim/kernel/rng.ts";
import {
  checkLine,
  environmentLines,
  examinationHead,
  findingLines,
  totalLine,
  type Environment,
} from "./doctor-report.ts";
import { findRuntimes, type Runtimes } from "./node-runtimes.ts";
import { ownScript } from "./own-script.ts";
import { loadScenarios } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface DoctorArguments {
  readonly paths: readonly string[];
  readonly seed: string;
  /** Other Nodes to compare with. */
  readonly node: readonly string[];
  /** Everything as one JSON value on stdout, people's text on stderr. */
  readonly json: boolean;
}

/** Looks for what makes runs of scenarios depend on more than their seed. @returns 0, or 4 when it found something. */
export async function doctorCommand(args: DoctorArguments): Promise<number> {
  if (!SEED_PATTERN.test(args.seed))
    throw new UsageError(
      `--seed: "${args.seed}" is no seed.\n  Expected 1 to 64 of [0-9A-Za-z._-], first a letter or digit.`,
    );
  const runtimes = findRuntimes({ named: args.node, environment: process.env });
  const environment = await environmentHere();
  // Before the files are loaded: what they take from the globals for later is trapped, too.
  const release = trapFromNowOn();
  const examinations: Examination[] = [];
  const write = (text: string): boolean => (args.json ? process.stderr : process.stdout).write(text);
  try {
    const scenarios = await loadScenarios(args.paths);
    write(environmentLines(environment, runtimes));
    for (const loaded of scenarios) {
      write(examinationHead(loaded, args.seed));
      const examination = await examine(loaded, {
        seed: args.seed,
        script: ownScript("doctor-run"),
        runtimes: runtimes.found,
        onCheck: (check) => write(checkLine(check)),
      });
      examinations.push(examination);
      write(findingLines(examination));
    }
  } finally {
    release();
  }
  const exitCode = examinations.every(isClean) ? 0 : 4;
  write(totalLine(examinations, exitCode));
  if (args.json) process.stdout.write(`${JSON.stringify(asJson(environment, runtimes, examinations, exitCode))}\n`);
  return exitCode;
}

async function environmentHere(): Promise<Environment> {
  const { locale, timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    timeZone,
    locale,
    drain: await ownDrain(),
  };
}

function asJson(
  environment: Environment,
  runtimes: Runtimes,
  examinations: readonly Examination[],
  exitCode: number,
): object {
  return {
    tool: { name: "faultline", version: toolVersion() },
    environment,
    nodes: runtimes,
    examinations: examinations.map(({ leaks, ...rest }) => ({
      ...rest,
      leaks: leaks.map((leak) => ({ ...leak, next: adviceFor(leak) })),
    })),
    exitCode,
  };
}
