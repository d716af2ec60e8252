import { setTimeout as sleep } from "node:timers/promises";
import { checkNothingLost, namesOf } from "./world.mjs";

export const title = "Redis Restart: The Lock's Server Dies In The Middle Of A Sync";
const name = "Redis restart";

/** Long enough for Redis to come back, and for another till to take the lock, before the first till has sent all. */
const SLOW_MS = 500;

/**
 * redis-server is killed while a till syncs, and comes back without its memory: another till is granted the lock, which the first one
 * still believes in. Nothing is lost, nothing is accepted twice, and the first one is refused by its number.
 */
export async function run({ world, redis, report }) {
  const config = { lockWaitMs: 5_000, syncIntervalMs: 200 };
  const tills = await world.startTills(["pos-1", "pos-2", "pos-3"], config);
  const [first, ...others] = tills;
  const accepted = () => world.ofd.register.accepted;

  report.step("Creating receipts: 15 at pos-1, 6 at pos-2, 6 at pos-3...");
  const created = [];
  const create = async (till, count, from) => {
    const { made } = await till.create(namesOf(till.id, count, from));
    created.push(...made.map(({ id }) => id));
  };
  await create(first, 15, 1);
  for (const till of others) await create(till, 6, 1);
  report.check("created 27 receipts", created.length === 27, created);

  report.step("pos-1 syncs, the others wait for the lock...");
  world.ofd.setMode({ mode: "slow", byMs: 50 });
  await first.start();
  await world.until("the OFD has three receipts", () => accepted().length >= 3);
  for (const till of others) await till.start();

  report.step("Killing redis-server (SIGKILL) in the middle of it...");
  world.ofd.setMode({ mode: "slow", byMs: SLOW_MS });
  await redis.kill();
  const before = accepted().length;
  report.tell(`OFD has ${String(before)} of ${String(created.length)}`);
  report.check("it is the middle: some are sent, some are not", before >= 3 && before < 15, before);
  for (const till of tills) await create(till, 2, 101);
  report.check("each till made two more receipts while Redis was away", created.length === 33, created.length);
  await sleep(300);

  report.step("Starting redis-server again, with nothing in its memory...");
  await redis.launch();
  const ids = new Set(others.map(({ id }) => id));
  await world.until("another till is granted the lock and its receipt accepted", () =>
    accepted().some(({ posId }) => ids.has(posId)),
  );
  world.ofd.setMode({ mode: "success" });
  await world.until("the OFD has every receipt", () => accepted().length >= created.length);
  await world.until("every buffer is drained", async () => {
    const counts = await Promise.all(tills.map((till) => till.counts()));
    return counts.every(({ pending, syncing }) => pending + syncing === 0);
  });

  report.step("Verifying that nothing was lost and nothing accepted twice...");
  const rows = await world.closeTills();
  const figures = checkNothingLost(report, { world, rows, created });
  const refused = world.recorded("ofd.refuse").filter(({ fields }) => fields.reason === "OFD_STALE_TOKEN");
  report.check(
    "two held the lock at once, and the one of the dead server was refused by its number",
    refused.some(({ fields }) => fields.by !== "" && BigInt(fields.fencing) < BigInt(fields.largest)),
    world.recorded("ofd.refuse").map(({ fields }) => fields),
  );
  const numbers = accepted().map(({ fencing }) => BigInt(fencing));
  report.check(
    "what was accepted carries numbers that never fall",
    numbers.every((number, i) => i === 0 || number >= numbers[i - 1]),
    numbers.map(String),
  );
  const epochs = [...new Set(numbers.map((number) => Number(number >> 32n)))];
  report.check("of two epochs, one for each life of the server", epochs.join() === "1,2", epochs);
  for (const [till, own] of rows) {
    const stamps = accepted().flatMap(({ posId, receiptHlc }) => (posId === till ? receiptHlc : []));
    report.check(
      `${till}: its ${String(own.length)} receipts arrived in order`,
      stamps.length === own.length && stamps.every((stamp, i) => i === 0 || stamps[i - 1] < stamp),
      stamps,
    );
  }
  return report.end(name, [
    ["Lives of redis-server", redis.lives],
    ["Receipts created", created.length],
    ["Receipts synced", figures.synced],
    ["OFD received", figures.received],
    ["Duplicates", figures.duplicates],
    ["Refused by their fencing number", refused.length],
  ]);
}
