// One till in a process of its own: the adapter that the simulator runs, on the ports of this very machine.
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { decodeStamp, encodeStamp, HlcClock, nodeId } from "faultline/components/hlc";
import { RedisLock } from "faultline/components/lock";
import { SqliteReceiptBuffer } from "faultline/components/receipts";
import {
  EpochFolder,
  FsDisk,
  HttpOfdClient,
  IoRedisClient,
  ObserverLog,
  openWasmSqlite,
  SystemClock,
  SystemRandom,
  SystemTimers,
} from "faultline/live";
import { Adapter } from "faultline/programs";

const settings = JSON.parse(process.argv[2] ?? "");
const id = nodeId(settings.id);

/** This machine's clock, with a wall clock that is set wrong. */
class WrongClock extends SystemClock {
  wall() {
    return super.wall() + settings.wallOffsetMs;
  }
}

const clock = new WrongClock();
const timers = new SystemTimers();
const random = new SystemRandom();
let sync = "idle";
const observer = new ObserverLog({
  node: id,
  incarnation: 1,
  clock,
  sink: (observation) => {
    if (observation.kind === "state" && observation.key === "sync") sync = observation.value;
    if (process.connected) process.send?.({ observation });
  },
});

mkdirSync(settings.folder, { recursive: true });
const disk = await FsDisk.open(join(settings.folder, "disk"));
const hlc = await HlcClock.open({ nodeId: id, clock, timers, disk, observer, maxOffsetMs: 10_000 });
const engine = await openWasmSqlite(join(settings.folder, "receipts.db"));
const buffer = SqliteReceiptBuffer.open({ engine, observer });

const client = new Redis({
  port: settings.redisPort,
  host: "127.0.0.1",
  enableOfflineQueue: false,
  retryStrategy: () => 50,
});
client.on("error", () => undefined);
await once(client, "ready");
const epochs = await EpochFolder.open(settings.epochs);
const lock = new RedisLock({
  redis: new IoRedisClient(client),
  ...{ clock, timers, random, observer },
  epochOf: (serverId) => epochs.epochOf(serverId),
});

/** What a message says of its moment. A stamp that cannot be believed changes nothing. */
const hear = (stamp) => hlc.receiveWhenDurable(decodeStamp(stamp)).catch(() => undefined);
const ofd = new HttpOfdClient({ url: settings.ofdUrl, onStamp: (stamp) => void hear(stamp) });
const adapter = new Adapter({ id, clock, timers, random, observer, hlc, buffer, lock, ofd }, settings.config);

const orders = {
  /** Makes receipts, after the moment `after` that somebody told of. */
  create: async ({ receipts, after }) => {
    if (after !== undefined) await hear(after);
    const made = [];
    for (const receipt of receipts) {
      const wallMs = clock.wall();
      made.push({ ...(await adapter.create(receipt, JSON.stringify({ receipt, sum: "12.50" }))), wallMs });
    }
    return { made, now: encodeStamp(await hlc.nowWhenDurable()) };
  },
  /** So many manual syncs at once. */
  sync: ({ times }) => Promise.all(Array.from({ length: times }, () => adapter.triggerSync())),
  counts: () => buffer.counts(),
  breaker: async () => adapter.breakerStats,
  start: async () => adapter.start(),
  /** An orderly end: what is under way is waited for, what is open is closed. */
  close: async () => {
    adapter.stop();
    while (sync === "running" || sync === "locking") await sleep(10);
    hlc.close();
    timers.close();
    ofd.close();
    client.disconnect();
    engine.close();
    await disk.close();
  },
};

process.on("message", ({ call, order, ...rest }) => {
  orders[order](rest).then(
    (value) => process.send?.({ call, value: value ?? null }, () => order === "close" && process.disconnect()),
    (error) => process.send?.({ call, error: String(error?.stack ?? error) }),
  );
});
// Whoever started it is gone.
process.on("disconnect", () => process.exit(0));
process.send?.({ call: 0, value: null });
