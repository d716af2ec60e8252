import type { RunResult } from "../../trace/result.ts";
import { casesOf, didFail, type Case } from "./cases.ts";
import { replayLine, type ReportedRun, type Reporter } from "./reporter.ts";
import { escapeXml } from "./xml.ts";

/** JUnit XML: one suite a run, one test case for each thing it was judged by. The strictest of its schemas is kept to. */
export class JunitReporter implements Reporter {
  readonly #suites: string[] = [];

  run({ result, reportPath }: ReportedRun): string {
    this.#suites.push(suite(result, { id: this.#suites.length, reportPath }));
    return "";
  }

  end(): string {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${this.#suites.join("")}</testsuites>\n`;
  }
}

function suite(result: RunResult, about: { readonly id: number; readonly reportPath: string | undefined }): string {
  const cases = casesOf(result);
  const count = (state: Case["state"]): string => String(cases.filter((one) => one.state === state).length);
  const head = attributes({
    id: String(about.id),
    package: "faultline",
    name: `${result.scenarioName} seed ${result.seed}`,
    timestamp: result.timing.startedAt.slice(0, 19),
    // The schema wants one; which machine it was changes nothing of a run.
    hostname: "localhost",
    tests: String(cases.length),
    failures: count("failed"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds(result),
  });
  const replay = replayLine(result);
  const properties = Object.entries({
    scenario: result.source?.path ?? result.scenarioName,
    seed: result.seed,
    outcome: result.outcome,
    digest: result.digest,
    version: result.tool.version,
    replay,
    ...(about.reportPath === undefined ? {} : { report: about.reportPath }),
  }).map(([name, value]) => `      <property${attributes({ name, value })}/>\n`);
  const told = cases.map((one, i) => testCase(one, result, i === 0 ? seconds(result) : "0.000"));
  const output = cases.some(didFail) ? `replay ${replay}` : "";
  return `  <testsuite${head}>\n    <properties>\n${properties.join("")}    </properties>\n${told.join("")}    <system-out>${escapeXml(output)}</system-out>\n    <system-err></system-err>\n  </testsuite>\n`;
}

function testCase(one: Case, result: RunResult, time: string): string {
  const head = `    <testcase${attributes({ classname: `faultline.${result.scenarioName}`, name: one.name, time })}`;
  const { kind, message } = one;
  switch (one.state) {
    case "passed":
      return `${head}/>\n`;
    case "skipped":
      return `${head}>\n      <skipped${attributes({ message })}/>\n    </testcase>\n`;
    case "failed":
    case "error": {
      const element = one.state === "failed" ? "failure" : "error";
      const lines = [
        message,
        ...one.details,
        `seed ${result.seed}`,
        `digest ${result.digest}`,
        `replay ${replayLine(result)}`,
      ];
      return `${head}>\n      <${element}${attributes({ type: kind, message })}>${escapeXml(lines.join("\n"))}</${element}>\n    </testcase>\n`;
    }
  }
}

/** Wall time of the whole run, which no case has a share of. */
function seconds({ timing }: RunResult): string {
  return (timing.wallMs / 1_000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join("");
}
