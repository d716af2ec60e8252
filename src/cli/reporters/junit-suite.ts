import type { Case } from "./cases.ts";
import { escapeXml } from "./xml.ts";

/** What a suite of JUnit XML says. */
export interface JunitSuite {
  /** Its number in the file. */
  readonly id: number;
  readonly name: string;
  /** What its cases are cases of. */
  readonly classname: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Wall time of everything, which no case has a share of. */
  readonly wallMs: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
  /** What the suite says beside its cases; `""` for nothing. */
  readonly output: string;
}

/** JUnit XML of whole suites. */
export function junitFile(suites: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("")}</testsuites>\n`;
}

/** One suite. The strictest of the schemas there are of JUnit XML is kept to. */
export function junitSuite(suite: JunitSuite): string {
  const { cases } = suite;
  const count = (state: Case["state"]): string => String(cases.filter((one) => one.state === state).length);
  const time = (suite.wallMs / 1_000).toFixed(3);
  const head = attributes({
    id: String(suite.id),
    package: "faultline",
    name: suite.name,
    timestamp: suite.startedAt.slice(0, 19),
    // The schema wants one; which machine it was changes nothing of a run.
    hostname: "localhost",
    tests: String(cases.length),
    failures: count("failed"),
    errors: count("error"),
    skipped: count("skipped"),
    time,
  });
  const properties = Object.entries(suite.properties).map(
    ([name, value]) => `      <property${attributes({ name, value })}/>\n`,
  );
  const told = cases.map((one, i) => testCase(one, suite.classname, i === 0 ? time : "0.000"));
  return `  <testsuite${head}>\n    <properties>\n${properties.join("")}    </properties>\n${told.join("")}    <system-out>${escapeXml(suite.output)}</system-out>\n    <system-err></system-err>\n  </testsuite>\n`;
}

function testCase({ name, state, kind, message, details }: Case, classname: string, time: string): string {
  const head = `    <testcase${attributes({ classname: `faultline.${classname}`, name, time })}`;
  switch (state) {
    case "passed":
      return `${head}/>\n`;
    case "skipped":
      return `${head}>\n      <skipped${attributes({ message })}/>\n    </testcase>\n`;
    case "failed":
    case "error": {
      const element = state === "failed" ? "failure" : "error";
      const text = escapeXml([message, ...details].join("\n"));
      return `${head}>\n      <${element}${attributes({ type: kind, message })}>${text}</${element}>\n    </testcase>\n`;
    }
  }
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join("");
}
