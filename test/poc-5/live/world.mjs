import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeId } from "faultline/components/hlc";
import { ObserverLog, openWasmSqlite, startHttpOfd, SystemClock } from "faultline/live";
import { TillProcess } from "./till-process.mjs";

/** What one scenario runs in: an OFD, tills in processes of their own, the redis-server of all, a folder of its own. */
export class World {
  /** What the OFD recorded, in order. */
  seen = [];
  /** @type {TillProcess[]} */
  #tills = [];
  #folder;
  #redis;

  constructor({ folder, redis, ofd, seen }) {
    this.#folder = folder;
    this.#redis = redis;
    this.ofd = ofd;
    this.seen = seen;
  }

  /** @param {{ folder: string, redis: import("./redis.mjs").Redis }} place */
  static async open({ folder, redis }) {
    mkdirSync(folder, { recursive: true });
    const seen = [];
    const observer = new ObserverLog({
      node: nodeId("ofd"),
      incarnation: 1,
      clock: new SystemClock(),
      sink: (observation) => seen.push({ ...observation, atMs: performance.now() }),
    });
    return new World({ folder, redis, seen, ofd: await startHttpOfd({ observer }) });
  }

  /**
   * Starts tills, and waits until all of them take orders.
   *
   * @param {readonly (string | { id: string, wallOffsetMs: number })[]} tills
   * @param {object} config  Of the adapter, the same for all.
   */
  async startTills(tills, config) {
    const started = tills.map((till) => {
      const { id, wallOffsetMs } = typeof till === "string" ? { id: till, wallOffsetMs: 0 } : till;
      const settings = {
        id,
        wallOffsetMs,
        config,
        folder: join(this.#folder, id),
        redisPort: this.#redis.port,
        ofdUrl: this.ofd.url,
        epochs: join(this.#folder, "epochs"),
      };
      const process = new TillProcess(settings);
      this.#tills.push(process);
      return process;
    });
    await Promise.all(started.map((till) => till.ready));
    return started;
  }

  /** What the OFD recorded under a name. */
  recorded(name) {
    return this.seen.filter((observation) => observation.kind === "point" && observation.name === name);
  }

  /** Waits until something is so. @param {string} what @param {() => boolean | Promise<boolean>} isSo */
  async until(what, isSo, withinMs = 20_000) {
    const giveUpAt = performance.now() + withinMs;
    while (!(await isSo())) {
      if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${String(withinMs)} ms`);
      await sleep(10);
    }
  }

  /** Ends the tills' processes, and reads what they left: every row of their SQLite files, in the order of insertion. */
  async closeTills() {
    const tills = this.#tills.splice(0);
    await Promise.all(tills.map((till) => till.close()));
    const rows = new Map();
    for (const { id, file } of tills) {
      const engine = await openWasmSqlite(file);
      rows.set(id, engine.all("SELECT * FROM receipts ORDER BY rowid"));
      engine.close();
    }
    return rows;
  }

  /** Ends whatever is left of it. */
  async close() {
    for (const till of this.#tills) till.kill();
    await this.ofd.close();
  }
  abandon() {
    for (const till of this.#tills) till.kill();
  }
}

/** Names of receipts of a till. */
export function namesOf(till, count, first = 1) {
  return Array.from({ length: count }, (_, i) => `${till}:${String(first + i).padStart(6, "0")}`);
}

/**
 * What every scenario ends with: the OFD has exactly what was created, each once, and every SQLite file says so.
 *
 * @returns {{ synced: number, received: number, duplicates: number }}
 */
export function checkNothingLost(report, { world, rows, created }) {
  const keys = world.ofd.register.accepted.map(({ key }) => key);
  const recorded = world.recorded("ofd.accept").map(({ fields }) => fields.key);
  const unique = new Set(keys);
  const stored = [...rows.values()].flat();
  const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  report.check(
    `OFD received ${String(created.length)} receipts, and they are those that were created`,
    same(unique, created),
    keys,
  );
  report.check(
    "no receipt was accepted twice",
    keys.length === unique.size && recorded.length === keys.length,
    recorded,
  );
  report.check(
    "the SQLite files hold those that were created, and no other",
    same(
      stored.map(({ id }) => id),
      created,
    ),
    stored.map(({ id }) => id),
  );
  const unsynced = stored.filter(({ status, server_hlc }) => status !== "synced" || server_hlc === "");
  report.check("every row is synced, with the OFD's stamp", unsynced.length === 0, unsynced);
  return { synced: stored.length - unsynced.length, received: keys.length, duplicates: keys.length - unique.size };
}

/** Lengths of the runs of equal values: `a a b a` has `a 2, b 1, a 1`. */
export function runsOf(values) {
  const runs = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.length++;
    else runs.push({ value, length: 1 });
  }
  return runs;
}
