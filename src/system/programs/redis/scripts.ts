import { ACQUIRE, EXTEND, RELEASE } from "../../components/lock/lock-scripts.ts";
import type { RedisReply } from "../../ports/redis.ts";
import type { Database } from "./database.ts";
import type { LockLedger } from "./lock-ledger.ts";
import { scriptDigest } from "./protocol.ts";

/** What a script does; `ledger` is told what it meant. */
export interface ScriptEffect {
  readonly text: string;
  /** Number of its keys and arguments. */
  readonly arity: readonly [keys: number, args: number];
  run(call: ScriptCall): RedisReply;
}

export interface ScriptCall {
  readonly db: Database;
  readonly ledger: LockLedger;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** The node that asks. */
  readonly by: string;
}

/** The decimal text `a` is the smaller number; both without sign and leading zeros. */
function isSmaller(a: string, b: string): boolean {
  return a.length < b.length || (a.length === b.length && a < b);
}

// Each effect follows the lines of its text: keep them side by side.
const acquire: ScriptEffect = {
  text: ACQUIRE,
  arity: [2, 3],
  run({ db, ledger, keys, args, by }) {
    const [key, fence] = keys as [string, string];
    const [token, ttl, floor] = args as [string, string, string];
    const holder = db.get(key);
    if (holder === token) {
      db.pexpire(key, Number(ttl));
      return db.get(fence) ?? null;
    }
    if (holder !== undefined) return null;
    const last = db.get(fence) ?? "0";
    if (isSmaller(last, floor)) db.set(fence, floor);
    db.incr(fence);
    db.set(key, token, { onlyIfAbsent: true, ttlMs: Number(ttl) });
    const fencing = db.get(fence) ?? "0";
    ledger.granted(key, { token, fencing, ttlMs: Number(ttl), by });
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

/** The scripts this server can run, by the digest of their text. Any other text is refused, as `EVALSHA` refuses what was never loaded. */
export const SCRIPTS: ReadonlyMap<string, ScriptEffect> = new Map(
  [acquire, extend, release].map((effect) => [scriptDigest(effect.text), effect]),
);
