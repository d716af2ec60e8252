import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkUp, trapFromNowOn, type Leak } from "../../../src/lab/run/checkup.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { loadScenarioFile } from "../../../src/lab/scenario/load.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-leaks-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Line of a file of {@link leaksOf} on which the leak stands. */
const LEAK_LINE = 7;

/** Runs three nodes, of which n2 does what is given when it hears n1, and gives what was found. */
async function leaksOf(name: string, leak: string, head = ""): Promise<readonly Leak[]> {
  const path = join(folder, `${name}.ts`);
  const lines = [
    `import { defineProgram, defineScenario, every } from "faultline";`,
    head,
    `const program = defineProgram("${name}", ({ id, peers, timers, transport, observer }) => {`,
    `  if (id === "n1") every(timers, { name: "beat", periodMs: 10 }, () => peers.forEach((peer) => transport.send(peer, { type: "beat" })));`,
    `  transport.subscribe(() => {`,
    `    if (id !== "n2") return;`,
    `    ${leak}`,
    `    observer.point("went on");`,
    `  });`,
    `});`,
    `export default defineScenario({ name: "${name}", nodes: [{ program, count: 3 }], duration: "1s" });`,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  const release = trapFromNowOn();
  try {
    const [loaded] = await loadScenarioFile({
      path,
      known: () => Promise.resolve(knownNames()),
      packageModule: () => import("../../../src/index.ts"),
    });
    return (await checkUp(loaded!, { seed: "1" })).leaks;
  } finally {
    release();
  }
}

/** Name, code, what it must be called, and what the file imports for it. */
const LEAKS: readonly (readonly [string, string, string, string?])[] = [
  ["math-random", "Math.random();", "Math.random"],
  ["date-now", "Date.now();", "Date.now"],
  ["performance-now", "performance.now();", "performance.now"],
  ["real-timer", "setTimeout(() => undefined, 1);", "setTimeout"],
  ["crypto", "randomUUID();", "node:crypto.randomUUID", `import { randomUUID } from "node:crypto";`],
  [
    "order-of-reads",
    `void Promise.race([readFile("a").then(() => observer.point("a")), readFile("b").then(() => observer.point("b"))]);`,
    "node:fs/promises.readFile",
    `import { readFile } from "node:fs/promises";`,
  ],
  ["env", `observer.state("home", process.env["HOME"] ?? "");`, "process.env.HOME"],
  ["locale", `observer.state("text", (1234.5).toLocaleString());`, "Number.prototype.toLocaleString"],
  ["weak-ref", "new WeakRef({});", "new WeakRef"],
  ["finalization", "new FinalizationRegistry(() => undefined);", "new FinalizationRegistry"],
  ["real-io", "connect(9, () => undefined);", "node:net.connect", `import { connect } from "node:net";`],
  [
    "worker",
    `new Worker("0", { eval: true });`,
    "new node:worker_threads.Worker",
    `import { Worker } from "node:worker_threads";`,
  ],
];

describe("what leaves the simulation", () => {
  const leaks = LEAKS.map(([name, code, what, head = ""]) => [name, code, what, head] as const);
  it.each(leaks)("is found to event, node and line: %s", async (name, code, what, head) => {
    const leaks = await leaksOf(name, code, head);
    expect(leaks[0]).toMatchObject({ kind: "escape", what, node: "n2" });
    expect(leaks[0]!.place).toMatch(new RegExp(`/${name}\\.ts:${String(LEAK_LINE)}:\\d+$`));
    expect(leaks[0]!.stack[0]).toContain(`${name}.ts:${String(LEAK_LINE)}:`);
    expect(leaks[0]!.event).toMatch(/^t=0\.\d{6} n2 <- n1 beat #\d+$/);
    expect(leaks[0]!.record).toBeGreaterThan(0);
    expect(leaks[0]!.timeUs).toBeGreaterThan(0);
    expect(leaks[0]!.times).toBeGreaterThan(10);
    expect(leaks).toHaveLength(1);
  });

  it("is found where a promise is rejected and nobody handles it", async () => {
    const leaks = await leaksOf("rejection", `void Promise.resolve().then(() => { throw new RangeError("nobody"); });`);
    expect(leaks).toMatchObject([{ kind: "rejection", what: "RangeError: nobody", node: "n2", times: 1 }]);
    expect(leaks[0]!.place).toMatch(new RegExp(`/rejection\\.ts:${String(LEAK_LINE)}:\\d+$`));
    expect(leaks[0]!.event).toMatch(/n2 <- n1 beat/);
  });

  it("is found where a function was taken from the globals when the file was loaded", async () => {
    const [leak] = await leaksOf("taken", "later(() => undefined, 1);", "const later = setTimeout;");
    expect(leak).toMatchObject({ kind: "escape", what: "setTimeout", node: "n2" });
  });

  it("is found where something real is begun that no trap stands before", async () => {
    // Held for good: a file that is collected while it is open is an error of its own.
    const head = [
      `import { open } from "node:fs/promises";`,
      `const file = await open(${JSON.stringify(import.meta.filename)}); Object.assign(globalThis, { heldOpen: file });`,
    ].join(" ");
    const leaks = await leaksOf("untrapped", "void file.stat();", head);
    expect(leaks[0]).toMatchObject({ kind: "resource", node: "n2" });
    expect(leaks[0]!.what).toBe("a read or write of a real file (FSREQPROMISE)");
    expect(leaks[0]!.place).toMatch(new RegExp(`/untrapped\\.ts:${String(LEAK_LINE)}:\\d+$`));
  });

  it("is found where code of a node runs while no event does", async () => {
    const head = [
      "const waiting: (() => void)[] = [];",
      "setInterval(() => waiting.splice(0).forEach((done) => done()), 1).unref();",
      "const soon = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));",
    ].join(" ");
    const leaks = await leaksOf("outside", `void soon().then(() => observer.point("late"));`, head);
    expect(leaks[0]).toMatchObject({ kind: "outside", node: "n2" });
    expect(leaks[0]!.what).toMatch(/n2 late$/);
    expect(leaks[0]!.place).toMatch(new RegExp(`/outside\\.ts:${String(LEAK_LINE)}:\\d+$`));
  });

  it("is nothing in a program that takes all from its environment, and awaits, and logs", async () => {
    expect(await leaksOf("clean", `void Promise.resolve(1).then(() => observer.point("later"));`)).toEqual([]);
  });
});
