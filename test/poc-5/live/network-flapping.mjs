import { setTimeout as sleep } from "node:timers/promises";
import { tellCounts } from "./distributed-lock.mjs";
import { checkNothingLost, namesOf } from "./world.mjs";

export const title = "Scenario 2: Network Flapping - Circuit Breaker";
const name = "Scenario 2";

const SHARES = { "pos-1": 4, "pos-2": 3, "pos-3": 3 };
/** By configuration only; 60,000 in production. */
const RECOVERY_MS = 2_000;

/** Five failures open the breaker of each till; two successes after its recovery timeout close it. */
export async function run({ world, report }) {
  const config = { lockWaitMs: 20_000, syncIntervalMs: 0, recoveryTimeoutMs: RECOVERY_MS };
  const tills = await world.startTills(Object.keys(SHARES), config);

  report.step("Creating 10 receipts...");
  const made = await Promise.all(tills.map((till) => till.create(namesOf(till.id, SHARES[till.id]))));
  const created = made.flatMap((answer) => answer.made.map(({ id }) => id));
  report.check(`created ${String(created.length)} receipts`, created.length === 10, created);

  report.step("Simulating network failures (5 consecutive at each till)...");
  world.ofd.setMode({ mode: "failing" });
  const failed = [];
  for (const till of tills) {
    const results = [];
    for (let i = 0; i < 5; i++) results.push((await till.sync())[0].result);
    const { state, failureCount } = await till.breaker();
    // Its breaker is open; these two never reach the network.
    const blocked = [(await till.sync())[0], (await till.sync())[0]];
    failed.push({ till: till.id, results, state, failureCount, blocked });
  }
  report.tell("Circuit Breaker state after 5 failures:");
  for (const { till, state, failureCount } of failed)
    report.tell(`  ${till}: ${state.toUpperCase()}, failure count ${String(failureCount)}`);
  report.check(
    "five syncs of each till failed, and the 5th opened its breaker",
    failed.every(({ results, state }) => results.every((result) => result === "failed") && state === "open"),
    failed,
  );
  const { attempts, accepted } = world.ofd.register;
  report.check("the OFD was asked 15 times, and accepted nothing", attempts === 15 && accepted.length === 0, attempts);
  report.check(
    "while it is open, further syncs are blocked and the OFD is not called",
    failed.every(({ blocked }) => blocked.every(({ result }) => result === "breaker-open")),
    failed,
  );
  await tellCounts(report, tills);

  report.step(`Restoring network; the recovery timeout is ${String(RECOVERY_MS)} ms here...`);
  world.ofd.setMode({ mode: "success" });
  const leftMs = Math.max(...failed.flatMap(({ blocked }) => blocked.map(({ retryAfterMs }) => retryAfterMs ?? 0)));
  // Timers may fire a millisecond early.
  await sleep(leftMs + 2);
  const drained = await Promise.all(
    tills.map(async (till) => {
      const [{ result, synced }] = await till.sync();
      const { state } = await till.breaker();
      return { till: till.id, result, synced, state };
    }),
  );
  report.tell("Circuit Breaker state after recovery:");
  for (const { till, state } of drained) report.tell(`  ${till}: ${state.toUpperCase()}`);
  report.check(
    "every till synced all it had",
    drained.every(({ till, result, synced }) => result === "drained" && synced === SHARES[till]),
    drained,
  );

  report.step("Verifying the breakers' way, and that the network saw it so...");
  for (const till of tills) checkBreaker(report, { world, till });

  const rows = await world.closeTills();
  const figures = checkNothingLost(report, { world, rows, created });
  const retried = [...rows.values()].map((one) => one.map(({ retry_count }) => retry_count));
  report.check(
    "each till's first receipt failed five times, and nothing overtook it",
    retried.every(([first, ...rest]) => first === 5 && rest.every((count) => count === 0)),
    retried,
  );
  return report.end(name, [
    ["Initial state", upper(tills.map((till) => till.states("breaker>ofd")[0]?.value))],
    ["After 5 failures", upper(failed.map(({ state }) => state))],
    ["After recovery", upper(drained.map(({ state }) => state))],
    ["Receipts synced", figures.synced],
    ["OFD received", figures.received],
    ["Duplicates", figures.duplicates],
  ]);
}

function checkBreaker(report, { world, till }) {
  const states = till.states("breaker>ofd");
  const way = states.map(({ value }) => value);
  report.check(`${till.id}: ${way.join(" → ")}`, way.join() === "closed,open,half-open,closed", way);
  const [, open, half] = states;
  const openMs = half.monotonicMs - open.monotonicMs;
  report.check(`${till.id}: half-open ${String(openMs)} ms after it opened`, openMs >= RECOVERY_MS, openMs);
  const probes = till
    .points("breaker.result")
    .filter(({ fields }) => fields.generation === half.fields.generation && fields.isCurrent);
  report.check(
    `${till.id}: two successes closed it`,
    probes.length === 2 && probes.every(({ fields }) => fields.result === "success"),
    probes,
  );
  const seen = world.recorded("ofd.attempt").filter(({ fields }) => fields.pos === till.id);
  const quietMs = seen[5].atMs - seen[4].atMs;
  // Both clocks count whole milliseconds.
  report.check(`${till.id}: the OFD was left alone for ${quietMs.toFixed(0)} ms`, quietMs >= RECOVERY_MS - 1, quietMs);
}

/** States of all tills, each once. */
function upper(states) {
  return [...new Set(states)].join(", ").toUpperCase();
}
