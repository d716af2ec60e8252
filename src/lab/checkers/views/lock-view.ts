import type { Micros, PointRecord, RecordId, StateRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import { ClockRates } from "./clock-rates.ts";
import { intOf, textOf } from "./fields.ts";
import type { NodeWorld } from "./node-world.ts";

/** A running process that has not taken back an expired lock within this time acts on it still. */
export const LOCK_GRACE: Micros = 20_000;

/** As the server of a grant: a group that keeps it by its log. */
export const GROUP = "";

/** Why a grant binds nobody any more although its server never ended it. */
export type GrantFlaw = "forgotten" | "clock stepped";

/** A grant by the server's own record. */
export interface LockGrant {
  readonly key: string;
  readonly token: string;
  readonly fencing: string;
  readonly server: string;
  readonly record: RecordId;
  readonly time: Micros;
  /** When it ends in true time, extensions included, at the server's rate. */
  end: Micros;
  isStanding: boolean;
  flaw: GrantFlaw | undefined;
}

/** What a node says that it holds. */
export interface LockClaim {
  readonly node: string;
  readonly key: string;
  readonly token: string;
  readonly fencing: string;
  readonly record: RecordId;
  readonly since: Micros;
  /** Its own deadline in true time, at the rate of its clock. */
  end: Micros;
}

/** Locks as their servers record them, and as their holders claim them. */
export class LockView implements TraceListener {
  readonly triggers = [
    "point:lock.grant",
    "point:lock.extend",
    "point:lock.release",
    "point:lock.expire",
    "point:lock.forget",
    "point:lock.apply",
    "state:lock>*",
    "state:process",
    "state:clock",
  ];
  readonly rates = new ClockRates();
  readonly #world: NodeWorld;
  /** The last grant of each key. */
  readonly #last = new Map<string, LockGrant>();
  readonly #byToken = new Map<string, LockGrant>();
  readonly #claims = new Map<string, Map<string, LockClaim>>();
  readonly #waiting = new Map<string, Set<string>>();
  /** Last entry of a group's log that some copy applied. */
  #applied = 0;

  constructor(world: NodeWorld) {
    this.#world = world;
  }

  /** The last grant of a key, standing or not. */
  grant(key: string): LockGrant | undefined {
    return this.#last.get(key);
  }
  /** The last grant of a key to a token. */
  grantTo(key: string, token: string): LockGrant | undefined {
    return this.#byToken.get(`${key} ${token}`);
  }
  claim(key: string, node: string): LockClaim | undefined {
    return this.#claims.get(key)?.get(node);
  }
  /** Claims of a key that have not been taken back, over or not. */
  claims(key: string): LockClaim[] {
    return [...(this.#claims.get(key)?.values() ?? [])];
  }
  /** Nodes that wait for a key, in the order in which they began. */
  waiting(key: string): string[] {
    return [...(this.#waiting.get(key) ?? [])];
  }
  /** Keys somebody waits for. */
  waitedFor(): string[] {
    return [...this.#waiting.keys()];
  }
  /** Keys with a grant. */
  keys(): string[] {
    return [...this.#last.keys()];
  }

  /**
   * When a claim ends or ended, as far as is known at `now`: a paused holder cannot say that its time is over; one that runs past it
   * without saying so acts on it still (`Infinity`).
   */
  until(claim: LockClaim, now: Micros): Micros {
    if (now < claim.end) return claim.end;
    const silentSince = Math.max(claim.end, this.#world.runningSince(claim.node));
    return silentSince + LOCK_GRACE < now ? Infinity : claim.end;
  }

  on(record: TraceRecord): void {
    if (record.kind === "point") this.#onPoint(record);
    else if (record.kind === "state") {
      if (record.key.startsWith("lock>")) this.#onClaim(record);
      else if (record.origin === "world" && record.key === "clock") this.#onClock(record);
      else if (record.origin === "world" && record.key === "process" && record.value === "down")
        this.#onDown(record.node);
    }
  }

  #onPoint(record: PointRecord): void {
    if (record.name === "lock.apply") {
      this.#onApply(record);
      return;
    }
    const key = textOf(record.fields["key"]);
    const ttl = intOf(record.fields["ttlMs"]) * 1_000;
    if (record.name === "lock.grant") {
      this.#grant(record, key, record.node);
      return;
    }
    if (record.name === "lock.forget") {
      this.#onForget(record, key);
      return;
    }
    const grant = this.#last.get(key);
    if (grant?.server !== record.node) return;
    if (record.name !== "lock.extend") grant.isStanding = false;
    else {
      grant.end = record.time + this.rates.trueTime(record.node, ttl);
      // Whoever extends it had it all along: nobody was granted it meanwhile.
      if (grant.isStanding) grant.flaw = undefined;
    }
  }

  #grant(record: PointRecord, key: string, server: string): void {
    const grant: LockGrant = {
      key,
      token: textOf(record.fields["token"]),
      fencing: textOf(record.fields["fencing"]),
      server,
      record: record.id,
      time: record.time,
      end: record.time + this.rates.trueTime(server, intOf(record.fields["ttlMs"]) * 1_000),
      isStanding: true,
      flaw: undefined,
    };
    this.#last.set(key, grant);
    this.#byToken.set(`${key} ${grant.token}`, grant);
  }

  /** An entry of a group's log: what the first copy says that applies it. No node alone keeps such a lock, and none can forget it. */
  #onApply(record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    if (index <= this.#applied) return;
    this.#applied = index;
    const key = textOf(record.fields["key"]);
    const what = textOf(record.fields["what"]);
    const grant = this.#last.get(key);
    if (what === "grant") this.#grant(record, key, GROUP);
    else if (what === "release" && grant !== undefined) grant.isStanding = false;
  }

  /** A server lost its last writes: a grant of them, the extension of a grant, or its end, so that it stands again. */
  #onForget(record: PointRecord, key: string): void {
    const grant = this.grantTo(key, textOf(record.fields["token"]));
    if (grant?.server !== record.node) return;
    grant.flaw = "forgotten";
    grant.isStanding = textOf(record.fields["what"]) !== "grant";
    if (!grant.isStanding) return;
    grant.end = record.time + this.rates.trueTime(record.node, intOf(record.fields["leftMs"]) * 1_000);
    this.#last.set(key, grant);
  }

  #onClaim(record: StateRecord): void {
    const key = record.key.slice("lock>".length);
    const old = this.claim(key, record.node);
    this.#waiting.get(key)?.delete(record.node);
    if (record.value === "held") {
      const token = textOf(record.fields["token"]);
      // `leftMs` is rounded up by at most one ms (the clock reads rounded down).
      const leftMs = Math.max(0, intOf(record.fields["leftMs"]) - 1);
      const claim: LockClaim = {
        node: record.node,
        key,
        token,
        fencing: textOf(record.fields["fencing"]),
        record: record.id,
        since: old?.token === token ? old.since : record.time,
        end: record.time + this.rates.trueTime(record.node, leftMs * 1_000),
      };
      put(this.#claims, key, new Map<string, LockClaim>()).set(record.node, claim);
      return;
    }
    this.#claims.get(key)?.delete(record.node);
    if (record.value === "waiting") put(this.#waiting, key, new Set<string>()).add(record.node);
  }

  #onDown(node: string): void {
    for (const claims of this.#claims.values()) claims.delete(node);
    for (const waiting of this.#waiting.values()) waiting.delete(node);
    for (const grant of this.#last.values()) {
      if (grant.server !== node || !grant.isStanding) continue;
      grant.isStanding = false;
      grant.flaw = "forgotten";
    }
  }

  #onClock(record: StateRecord): void {
    const { node, time } = record;
    const running: { end: Micros }[] = [...this.#last.values()].filter((grant) => grant.server === node);
    for (const claims of this.#claims.values()) {
      const claim = claims.get(node);
      if (claim !== undefined) running.push(claim);
    }
    const left = running.map(({ end }) => this.rates.ownTime(node, Math.max(0, end - time)));
    const isStepped = this.rates.change(record);
    running.forEach((one, i) => {
      if (one.end > time) one.end = time + this.rates.trueTime(node, left[i] as number);
    });
    if (!isStepped) return;
    for (const grant of this.#last.values())
      if (grant.server === node && grant.isStanding) grant.flaw = "clock stepped";
  }
}

function put<K, V>(map: Map<K, V>, key: K, fresh: V): V {
  const old = map.get(key);
  if (old !== undefined) return old;
  map.set(key, fresh);
  return fresh;
}
