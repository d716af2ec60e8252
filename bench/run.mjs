// `npm run bench`: medians of five, engines taking turns, ratios against peers measured in this same run.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const script = fileURLToPath(new URL("loads.mjs", import.meta.url));

/** What is measured: rows share a load; sizes are chosen so that one measurement takes about a second. */
const ROWS = [
  {
    name: "W1  1,000 self-rearming timers",
    engines: { faultline: ["w1", 4e6], heap: ["w1", 2e6], "fake-timers": ["w1", 1e6], "fast-check": ["w1", 2e5] },
    floor: 6e6,
    gates: [
      ["fake-timers", 5],
      ["heap", 3.5, "reported"],
    ],
  },
  {
    name: "W2  5-node mesh, 50 ms, latency 1–10 ms",
    engines: { faultline: ["mesh", 5, 4000], "fake-timers": ["mesh", 5, 1000] },
    floor: 4e6,
    gates: [["fake-timers", 2]],
  },
  {
    name: "W3  the same with 100 nodes",
    engines: { faultline: ["mesh", 100, 10], "fake-timers": ["mesh", 100, 5] },
    floor: undefined,
    gates: [],
  },
  {
    name: "HA  5 ha-nodes, 3 clients, 60 virtual s, all checkers",
    engines: { faultline: ["ha", 60] },
    floor: undefined,
    gates: [],
    inMs: 100,
  },
  {
    name: "SW  a sweep of split-2-3 in one worker, all checkers",
    engines: { faultline: ["sweep", 20] },
    floor: undefined,
    gates: [],
    inSeeds: 10,
  },
];

function measure(engine, args) {
  const out = execFileSync(process.execPath, [script, engine, ...args.map(String)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(out.trim().split("\n").at(-1));
}

function median(values) {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)];
}

const millions = (x) => `${(x / 1e6).toFixed(2)} M/s`;
let isFailed = false;
const perSecondOf = {};
console.log(
  `Node ${process.version}, medians of ${RUNS}; every engine runs the same load in a process of its own, in turn.\n`,
);
for (const row of ROWS) {
  const results = Object.fromEntries(Object.keys(row.engines).map((engine) => [engine, []]));
  for (let run = 0; run < RUNS; run++)
    for (const [engine, args] of Object.entries(row.engines)) results[engine].push(measure(engine, args));
  const rate = Object.fromEntries(
    Object.entries(results).map(([engine, list]) => [engine, median(list.map((r) => r.perSecond))]),
  );
  perSecondOf[row.name.slice(0, 2)] = rate.faultline;
  console.log(row.name);
  for (const [engine, perSecond] of Object.entries(rate)) {
    const ratio = engine === "faultline" ? "" : `   Faultline is ${(rate.faultline / perSecond).toFixed(1)} × as fast`;
    if (row.inSeeds === undefined) console.log(`  ${engine.padEnd(12)} ${millions(perSecond).padStart(12)}${ratio}`);
  }
  if (row.inSeeds !== undefined) {
    const seeds = rate.faultline;
    console.log(
      `  ${seeds.toFixed(2)} seeds/s a worker (floor ${row.inSeeds}: ${seeds >= row.inSeeds ? "met" : "not met"}); 2,000 seeds take two such workers ${Math.round(1_000 / seeds)} s`,
    );
  }
  if (row.inMs !== undefined) {
    const ms = median(results.faultline.map((r) => r.ms));
    console.log(
      `  one run took ${ms.toFixed(0)} ms of real time (floor ${row.inMs} ms: ${ms <= row.inMs ? "met" : "not met"}), ${Math.round(60_000 / ms)} × real time`,
    );
  }
  if (row.floor !== undefined)
    console.log(
      `  floor ${millions(row.floor)}: ${rate.faultline >= row.floor ? "met" : "not met"} on this machine (reported, not a gate)`,
    );
  for (const [peer, least, kind] of row.gates) {
    const ratio = rate.faultline / rate[peer];
    const isMet = ratio >= least;
    if (!isMet && kind !== "reported") isFailed = true;
    console.log(
      `  ${kind === "reported" ? "aim" : "gate"} ≥ ${least} × ${peer}: ${ratio.toFixed(2)} ${isMet ? "met" : "NOT MET"}`,
    );
  }
  console.log();
}
const growth = perSecondOf.W2 / perSecondOf.W3;
console.log(
  `W3 costs ${growth.toFixed(2)} × as much per event as W2 (floor: within 2 ×): ${growth <= 2 ? "met" : "not met"}`,
);
if (isFailed) process.exitCode = 1;
