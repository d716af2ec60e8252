import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

type ProjectConfig = NonNullable<TestProjectInlineConfiguration["test"]>;

// Not part of `npm test`: what is slower, and able to fail for reasons that are not ours.

/** Processes and browsers. */
const REAL = [
  // Test runs within tests.
  "test/docs/testing-page.test.ts",
  // Every command of the pages, each a process.
  "test/docs/commands.test.ts",
  "test/e2e/browser*.test.ts",
  "test/e2e/cli-fleet.test.ts",
  // Programs of a desktop.
  "test/e2e/cli-open.test.ts",
  // Runs compared with runs in other processes.
  "test/e2e/cli-corpus.test.ts",
  "test/e2e/cli-doctor.test.ts",
  // A process for each choice of runs, and for each thing that is said of them.
  "test/e2e/cli-selection.test.ts",
  "test/e2e/cli-several.test.ts",
  "test/e2e/cli-run.test.ts",
  // Workers that are killed, disks that are full.
  "test/e2e/cli-sweep.test.ts",
  "test/e2e/cli-hardship.test.ts",
  "test/e2e/cli-watch.test.ts",
  "test/e2e/init-install.test.ts",
  "test/e2e/regress.test.ts",
];

/** The ports, and programs on them, on this very machine: heartbeats, leases and sockets that live by the clock, and mostly wait. */
const LIVE = [
  "test/contract/*.live.test.ts",
  "test/contract/live-cluster.test.ts",
  "test/integrations/bullmq/*.live.test.ts",
];

/** Time is judged: nothing runs beside them. */
const TIMED = ["test/e2e/browser-budgets.test.ts"];

/** How long a test may take where processes and browsers take part, ms: a bound on hangs, not on slowness. */
const HANG_MS = 180_000;

const shared: ProjectConfig = {
  setupFiles: ["test/setup.ts"],
  // Processes, not worker threads: the drain calls process._tickCallback and the escape traps patch the globals of the process.
  pool: "forks",
  // Bounds on hangs: a busy machine takes several times as long as a quiet one.
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Vitest's own choice leaves one of two processors idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // One process for many files: loading the sources anew for each of 170 files took a third of the time.
      {
        test: {
          ...shared,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...REAL, ...LIVE, ...TIMED],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "real",
          include: REAL,
          exclude: TIMED,
          // Browsers and processes of a busy machine: what fails twice in a row fails.
          retry: 1,
          testTimeout: HANG_MS,
          hookTimeout: HANG_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "live",
          include: LIVE,
          // They wait more than they work.
          maxWorkers: 3,
          // A lease of a second is over on a machine that stood still for one: what fails three times in a row fails.
          retry: 2,
          testTimeout: HANG_MS,
          hookTimeout: HANG_MS,
          sequence: { groupOrder: 2 },
        },
      },
      // One file at a time, when all others are through.
      {
        test: {
          ...shared,
          name: "timed",
          include: TIMED,
          fileParallelism: false,
          testTimeout: HANG_MS,
          hookTimeout: HANG_MS,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
