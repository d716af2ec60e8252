import { checkNothingLost, namesOf, runsOf } from "./world.mjs";

export const title = "Scenario 1: Distributed Lock Prevents Concurrent Syncs";
const name = "Scenario 1";

const SHARES = { "pos-1": 4, "pos-2": 3, "pos-3": 3 };

/** Three tills sync at once, each in its process; then one till is told to three times at once. */
export async function run({ world, report }) {
  const tills = await world.startTills(Object.keys(SHARES), { lockWaitMs: 20_000, syncIntervalMs: 0 });

  report.step("Creating 10 receipts at three tills, a process and a SQLite file each...");
  const made = await Promise.all(tills.map((till) => till.create(namesOf(till.id, SHARES[till.id]))));
  const created = made.flatMap((answer) => answer.made.map(({ id }) => id));
  report.check(`created ${String(created.length)} receipts (4, 3 and 3)`, created.length === 10, created);

  report.step("Buffer status before concurrent syncs:");
  await tellCounts(report, tills);
  report.check("the OFD has heard of nothing", world.ofd.register.attempts === 0, world.ofd.register.attempts);

  report.step("Triggering 3 concurrent manual syncs, one in each process...");
  // Slow enough for each of them to find the lock taken.
  world.ofd.setMode({ mode: "slow", byMs: 100 });
  const reports = await Promise.all(tills.map((till) => till.sync()));
  report.check(
    "all 3 concurrent syncs completed",
    reports.every(([{ result }]) => result === "drained"),
    reports,
  );

  report.step("Verifying that one sync ran at a time, by what the OFD recorded...");
  const attempts = world.recorded("ofd.attempt");
  const blocks = runsOf(attempts.map(({ fields }) => fields.pos));
  report.tell(`attempts in order: ${blocks.map(({ value, length }) => `${value} × ${String(length)}`).join(", ")}`);
  const isOneAtATime = blocks.length === 3 && attempts.length === 10;
  report.check("each till's attempts are one block", isOneAtATime, blocks);
  const firstEnd = world.recorded("ofd.accept")[blocks[0].length - 1].wallMs;
  const triggered = tills.map((till) => till.points("sync.trigger")[0].wallMs);
  report.check(
    "all three were triggered while the first one ran",
    triggered.every((wallMs) => wallMs <= firstEnd),
    { firstEnd, triggered },
  );
  const numbers = attempts.map(({ fields }) => BigInt(fields.fencing));
  report.check(
    "the lock's fencing numbers grow from block to block",
    numbers.every((number, i) => i === 0 || number >= numbers[i - 1]) && new Set(numbers).size === 3,
    numbers.map(String),
  );

  report.step("Triggering 3 concurrent syncs of one till that does not wait for the lock...");
  const [single] = await world.startTills(["pos-4"], { lockWaitMs: 0, syncIntervalMs: 0 });
  const more = (await single.create(namesOf(single.id, 10))).made.map(({ id }) => id);
  world.ofd.setMode({ mode: "slow", byMs: 50 });
  const results = (await single.sync(3)).map(({ result }) => result).sort();
  report.check("one ran, two were skipped", results.join() === "drained,skipped,skipped", results);
  const attempted = world.recorded("ofd.attempt").filter(({ fields }) => fields.pos === single.id);
  report.check("the OFD was asked once for each receipt", attempted.length === 10, attempted.length);

  report.step("Verifying no duplicates in OFD...");
  const rows = await world.closeTills();
  const figures = checkNothingLost(report, { world, rows, created: [...created, ...more] });
  return report.end(name, [
    [
      "Receipts created",
      `${String(created.length)}, and ${String(more.length)} at the till that was asked three times`,
    ],
    ["Receipts synced", figures.synced],
    ["OFD received", figures.received],
    ["Duplicates", figures.duplicates],
    ["Distributed lock", isOneAtATime ? "Working (prevented concurrent syncs)" : "Two syncs ran at once"],
  ]);
}

/** What the tills say of their buffers. */
export async function tellCounts(report, tills) {
  const counts = await Promise.all(tills.map((till) => till.counts()));
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  report.tell(`Pending: ${String(sum("pending") + sum("syncing"))}`);
  report.tell(`Synced: ${String(sum("synced"))}`);
}
