import { ACQUIRE, ANY_SERVER, EXTEND, RELEASE, TAKE_OVER } from "../../components/lock/lock-scripts.ts";
import { PUBLISH } from "../../components/replication/lease-notes.ts";
import type { RedisReply } from "../../ports/redis.ts";
import type { Database } from "./database.ts";
import type { Grant, LockLedger } from "./lock-ledger.ts";
import { scriptDigest } from "./protocol.ts";

/** What a script does; `ledger` is told what it meant. */
export interface ScriptEffect {
  readonly text: string;
  /** Number of its keys and arguments. */
  readonly arity: readonly [keys: number, args: number];
  run(call: ScriptCall): RedisReply;
}

export interface ScriptCall {
  readonly db: Database<Grant>;
  readonly ledger: LockLedger;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** The node that asks. */
  readonly by: string;
  /** The server's own, as `INFO` has it. */
  readonly runId: string;
}

/** The decimal text `a` is the smaller number; both without sign and leading zeros. */
function isSmaller(a: string, b: string): boolean {
  return a.length < b.length || (a.length === b.length && a < b);
}

// Each effect follows the lines of its text: keep them side by side.
const acquire: ScriptEffect = {
  text: ACQUIRE,
  arity: [2, 4],
  run({ db, ledger, keys, args, by, runId }) {
    const [key, fence] = keys as [string, string];
    const [token, ttl, floor, server] = args as [string, string, string, string];
    if (server !== ANY_SERVER && server !== runId) return ["server", runId];
    const holder = db.get(key);
    if (holder === token) {
      db.pexpire(key, Number(ttl));
      return db.get(fence) ?? null;
    }
    if (holder !== undefined) return null;
    const last = db.get(fence) ?? "0";
    if (isSmaller(last, floor)) db.set(fence, floor);
    const fencing = db.incr(fence).toString();
    const grant: Grant = { token, fencing, ttlMs: Number(ttl), by };
    db.set(key, token, { onlyIfAbsent: true, ttlMs: grant.ttlMs, mark: grant });
    ledger.granted(key, grant);
    return fencing;
  },
};

const extend: ScriptEffect = {
  text: EXTEND,
  arity: [1, 2],
  run({ db, keys, args }) {
    const [key] = keys as [string];
    const [token, ttl] = args as [string, string];
    return db.get(key) === token && db.pexpire(key, Number(ttl)) ? 1 : 0;
  },
};

const release: ScriptEffect = {
  text: RELEASE,
  arity: [1, 1],
  run({ db, keys, args }) {
    const [key] = keys as [string];
    const [token] = args as [string];
    return db.get(key) === token && db.del(key) ? 1 : 0;
  },
};

const takeOver: ScriptEffect = {
  text: TAKE_OVER,
  arity: [2, 3],
  run({ db, ledger, keys, args, by }) {
    const [key, fence] = keys as [string, string];
    const [token, from, ttl] = args as [string, string, string];
    const holder = db.get(key);
    if (holder === token) {
      db.pexpire(key, Number(ttl));
      return db.get(fence) ?? null;
    }
    if (holder !== from) return null;
    const grant: Grant = { token, fencing: db.incr(fence).toString(), ttlMs: Number(ttl), by };
    // The token that ends here was named too.
    ledger.actor(by, from);
    db.set(key, token, { ttlMs: grant.ttlMs, mark: grant });
    ledger.granted(key, grant);
    return grant.fencing;
  },
};

const publish: ScriptEffect = {
  text: PUBLISH,
  arity: [2, 2],
  run({ db, keys, args }) {
    const [lock, note] = keys as [string, string];
    const [token, text] = args as [string, string];
    return db.get(lock) === token && db.set(note, text) ? 1 : 0;
  },
};

/** The scripts this server can run, by the digest of their text. Any other text is refused, as `EVALSHA` refuses what was never loaded. */
export const SCRIPTS: ReadonlyMap<string, ScriptEffect> = new Map(
  [acquire, extend, release, takeOver, publish].map((effect) => [scriptDigest(effect.text), effect]),
);
