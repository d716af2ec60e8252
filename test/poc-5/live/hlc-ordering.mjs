import { decodeStamp } from "faultline/components/hlc";
import { checkNothingLost } from "./world.mjs";

export const title = "Scenario 3: HLC Ensures Correct Ordering";
const name = "Scenario 3";

/** Wall clocks that are set wrong, by up to five seconds. */
const TILLS = [
  { id: "pos-1", wallOffsetMs: 0 },
  { id: "pos-2", wallOffsetMs: -5_000 },
  { id: "pos-3", wallOffsetMs: -2_500 },
];

/** Tills with wrong clocks tell each other what they did: the stamps keep the order in which it happened. */
export async function run({ world, report }) {
  const tills = await world.startTills(TILLS, { lockWaitMs: 20_000, syncIntervalMs: 0 });

  report.step(
    "Creating 10 receipts (with HLC timestamps), each till told of the one before; clocks up to 5 s apart...",
  );
  const made = [];
  let heard;
  for (let i = 0; i < 10; i++) {
    const till = tills[i % tills.length];
    const answer = await till.create([`${till.id}:${String(i + 1).padStart(6, "0")}`], heard);
    made.push(...answer.made);
    heard = answer.now;
  }
  const created = made.map(({ id }) => id);
  report.check(`created ${String(created.length)} receipts`, created.length === 10, created);

  report.step("Syncing receipts to OFD...");
  const reports = await Promise.all(tills.map((till) => till.sync()));
  report.check(
    "all receipts synced",
    reports.every(([{ result }]) => result === "drained"),
    reports,
  );
  const rows = await world.closeTills();

  report.step("Verifying HLC ordering in the buffers...");
  const stored = new Map([...rows.values()].flat().map((row) => [row.id, row]));
  report.tell("Receipts in buffers, in the order in which they were made:");
  made.forEach(({ id, wallMs }, i) => {
    const { hlc_local_time: local, hlc_logical_counter: logical, hlc_server_time: server } = stored.get(id);
    const facts = `local=${String(local)}, logical=${String(logical)}, server=${String(server)}`;
    report.tell(`  #${String(i + 1).padEnd(2)} ${id}: ${facts} (its wall clock: ${String(wallMs)})`);
  });
  for (const [till, own] of rows) {
    report.check(`${till}: HLC timestamps strictly increase in its file`, increase(own.map(({ hlc }) => hlc)), own);
  }
  const parts = made.map(({ id }) => stored.get(id)).map((row) => [row.hlc_local_time, row.hlc_logical_counter]);
  const isMonotonic = parts.every((part, i) => i === 0 || isBefore(parts[i - 1], part));
  report.check("and over all tills in the order in which the receipts were made", isMonotonic, parts);
  const wrong = made.filter(({ wallMs }, i) => i > 0 && wallMs < made[i - 1].wallMs).length;
  report.check(`by the wall clocks alone ${String(wrong)} of them would come before an earlier one`, wrong > 0, wrong);

  report.step("Verifying OFD received receipts in HLC order...");
  const { accepted } = world.ofd.register;
  report.tell(`OFD received ${String(accepted.length)} receipts`);
  let isInOrder = true;
  for (const { id } of TILLS) {
    const own = accepted.filter(({ posId }) => posId === id).map(({ receiptHlc }) => receiptHlc);
    const isOwn = own.length === rows.get(id).length && increase(own);
    report.check(`${id}: its ${String(own.length)} receipts arrived in order`, isOwn, own);
    isInOrder &&= isOwn;
  }
  report.check(
    "the OFD's stamp of each is after the receipt's own",
    accepted.every(({ receiptHlc, acceptedHlc }) => isBefore(partsOf(receiptHlc), partsOf(acceptedHlc))),
    accepted,
  );
  const figures = checkNothingLost(report, { world, rows, created });
  return report.end(name, [
    ["Receipts created", created.length],
    ["Receipts synced", figures.synced],
    ["OFD received", figures.received],
    ["Duplicates", figures.duplicates],
    ["HLC monotonic", isMonotonic ? "Yes" : "No"],
    ["Ordering preserved", isInOrder ? "Yes" : "No"],
  ]);
}

/** Whether texts, as stamps are encoded, strictly increase. */
function increase(stamps) {
  return stamps.every((stamp, i) => i === 0 || stamps[i - 1] < stamp);
}

/** The seed's comparison, of (local time, logical counter). */
function isBefore([aMs, aCounter], [bMs, bCounter]) {
  return aMs < bMs || (aMs === bMs && aCounter < bCounter);
}

function partsOf(text) {
  const { ms, counter } = decodeStamp(text);
  return [ms, counter];
}
