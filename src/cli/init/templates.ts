/** Files of a new project, by their path in it. */
export interface Template {
  readonly path: string;
  readonly text: string;
  /** One of these is the same thing under another name: then the file is not needed. */
  readonly or?: readonly string[];
}

const SCENARIO = `# yaml-language-server: $schema=../node_modules/faultline/schema/scenario.json
name: leader-crash
about: The leader loses power under load; another one takes over, and nothing acknowledged is lost.
nodes:
  - { program: ha-node, count: 3, config: { electionTimeout: 300ms } }
workload:
  - { kind: kv, clients: 2, rate: 20/s }
network: { latency: { logNormal: { median: 2ms, p99: 12ms } }, loss: 0.1% }
faults:
  - { id: outage, kind: crash, node: leader, at: 5s, for: 4s }
checks: all
expect:
  # Say 2ms instead of 2s to see how a failure looks.
  - { some-of: not outage.leader, state: { role: leader }, within: 2s, after: outage.start }
  - { node: outage.leader, state: { role: follower }, within: 2s, after: outage.stop }
  - { succeed: 95%, within: 4s, after: outage.stop }
duration: 15s
`;

const TEST = `import { simTest } from "faultline/vitest";

simTest("another node leads when the leader crashes, and nothing acknowledged is lost", {
  scenario: "scenarios/leader-crash.yaml",
  seeds: "1..5",
});
`;

const CONFIG = `import { defineConfig } from "faultline";

// What a flag or a variable (FAULTLINE_SEEDS, …) says wins over what stands here.
export default defineConfig({
  scenarios: ["scenarios"],
  seeds: "1..200",
  reports: "reports",
});
`;

const WORKFLOW = `name: faultline

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  scenarios:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm install --no-audit --no-fund
      - run: npm test
      - run: npx faultline run --reporter github --output-file.junit=reports/junit.xml
      - run: npx faultline sweep
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: faultline
          path: reports
          if-no-files-found: ignore
`;

const IGNORED = `node_modules/
reports/
`;

/** What `faultline init` writes beside `package.json`. */
export const TEMPLATES: readonly Template[] = [
  { path: "scenarios/leader-crash.yaml", text: SCENARIO },
  { path: "test/leader-crash.test.ts", text: TEST },
  {
    path: "faultline.config.ts",
    text: CONFIG,
    or: ["mts", "js", "mjs", "json"].map((extension) => `faultline.config.${extension}`),
  },
  { path: ".github/workflows/faultline.yml", text: WORKFLOW, or: [".github/workflows/faultline.yaml"] },
  { path: ".gitignore", text: IGNORED },
];
