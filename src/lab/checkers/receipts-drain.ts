import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { NodeFacts, RunFacts } from "./facts.ts";
import { textOf } from "./views/fields.ts";
import { configEntry, OFD_HEALTH_TRIGGERS, OfdHealth } from "./views/ofd-health.ts";

/** Work, elections and retries of messages. */
const BASE: Micros = 15_000_000;
const PER_RECEIPT: Micros = 50_000;
/** The longest pause of a worker after failures. */
const BACKOFF: Micros = 60_000_000;

/** A receipt that some running copy holds and no copy has as final. */
interface Waiting {
  /** Whose copies hold it. */
  readonly nodes: Set<string>;
  status: string;
  claim: string;
  since: Micros;
  record: number;
}

/**
 * A round takes the receipts that wait at its beginning; once all are final the next one begins. Any change of processes, links, clocks
 * or faults begins it anew, and it asks nothing unless every running adapter reaches its Redis, a well OFD and the other adapters, and,
 * where they share a buffer, a majority of them runs.
 *
 * The bound is what the configuration says can stand in the way: a dead holder's lock, a call under way, and, unless every breaker is
 * closed and every worker idle, one recovery or the longest pause after failures.
 */
export const receiptsDrain = defineChecker("receipts-drain", {
  invariant: "I46",
  unexercised: "no receipt waited while all was well",
  title: "What waits is sent",
  rule: "Once OFD, Redis, links and quorum are well again, every receipt that waits, claimed or not, is synced or given up within the time that locks, breakers and pauses may take.",
  triggers: [
    "point:receipt.status",
    "point:receipt.recover",
    "state:sync",
    "state:breaker>ofd",
    ...["state:clock", ...OFD_HEALTH_TRIGGERS],
  ],
  premises,
  create: (context) => new ReceiptsDrain(context),
});

function premises({ nodes, network }: RunFacts): string | undefined {
  if (!nodes.some(({ program }) => program === "pos-adapter")) return "no node runs pos-adapter";
  if (network === undefined || network.lossPpm <= 20_000) return undefined;
  return `the network loses ${String(network.lossPpm / 10_000)} % of all messages by itself; bounds are stated for up to 2 %`;
}

class ReceiptsDrain implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #nodes;
  readonly #health: OfdHealth;
  readonly #adapters: readonly NodeFacts[];
  readonly #redis: readonly string[];
  readonly #deadline;
  readonly #waiting = new Map<string, Waiting>();
  readonly #final = new Set<string>();
  /** Last value of the states that tell what may hold up the first sync, by node and key. */
  readonly #states = new Map<string, string>();
  readonly #offsets = new Map<string, number>();
  /** By how much a Redis server's clock was ever set back: so much longer it may keep a lock. */
  #setBack: Micros = 0;
  /** Receipts of the present round, and how many there were. */
  #round: Set<string> | undefined;
  #roundSize = 0;
  #roundSince: Micros = 0;
  #isWhole = false;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#nodes = context.views.nodes;
    this.#health = new OfdHealth(context);
    this.#adapters = context.run.nodes.filter(({ program }) => program === "pos-adapter");
    this.#redis = context.run.nodes.filter(({ program }) => program === "redis").map(({ id }) => id);
    this.#deadline = context.views.deadlines.create((due) => this.#onDue(due));
  }

  on(record: TraceRecord): void {
    this.#health.on(record);
    if (record.kind === "point") this.#onReceipt(record);
    else if (record.kind === "state" && record.origin === "program" && record.key !== "ofd")
      this.#states.set(`${record.node} ${record.key}`, record.value);
    else this.#onWorld(record);
  }

  #onReceipt(record: PointRecord): void {
    const { fields, node, time } = record;
    const id = textOf(fields["id"]);
    const status = textOf(fields[record.name === "receipt.status" ? "to" : "status"]);
    if (status === "synced" || status === "failed") {
      this.#final.add(id);
      this.#waiting.delete(id);
      if (this.#round?.delete(id) === true && this.#round.size === 0) this.#drained(time);
    } else if (!this.#final.has(id)) {
      const old = this.#waiting.get(id);
      const claim = textOf(fields["claim"]);
      const isSame = old?.status === status && old.claim === claim;
      const nodes = (old?.nodes ?? new Set<string>()).add(node);
      const since = isSame ? old.since : time;
      this.#waiting.set(id, { nodes, status, claim, since, record: record.id });
      if (this.#isWhole && this.#round === undefined) this.#beginRound(time);
    }
  }

  #drained(time: Micros): void {
    this.#context.judged(this.#roundSize);
    this.#beginRound(time);
  }

  /** Something of the world changed, or an OFD its mode. */
  #onWorld(record: TraceRecord): void {
    if (record.kind === "state" && record.key === "clock") this.#onClock(record);
    if (record.kind === "state" && record.key === "process" && record.value === "down") this.#forget(record.node);
    this.#isWhole = this.#adapters.some(({ id }) => this.#nodes.isRunning(id)) && this.#isWell();
    if (this.#isWhole) this.#beginRound(record.time);
    else this.#endRound();
  }

  #onClock(record: StateRecord): void {
    const offset = Number(record.fields["offsetUs"] ?? 0);
    const back = (this.#offsets.get(record.node) ?? 0) - offset;
    this.#offsets.set(record.node, offset);
    if (this.#redis.includes(record.node)) this.#setBack = Math.max(this.#setBack, back);
  }

  #forget(node: string): void {
    for (const [id, { nodes }] of this.#waiting) {
      nodes.delete(node);
      if (nodes.size === 0) this.#waiting.delete(id);
    }
    for (const key of [...this.#states.keys()]) if (key.startsWith(`${node} `)) this.#states.delete(key);
  }

  #isWell(): boolean {
    const running = this.#running();
    const replicated = this.#adapters.filter(isReplicated);
    const present = replicated.filter(({ id }) => this.#nodes.isRunning(id));
    if (replicated.length > 0 && present.length * 2 <= replicated.length) return false;
    return running.every(
      (a) =>
        this.#health.isWellFor(a.id) &&
        this.#redisOf(a).every((redis) => this.#nodes.isRunning(redis) && this.#nodes.isLinked(a.id, redis)) &&
        running.every((b) => a === b || this.#nodes.isLinked(a.id, b.id)),
    );
  }

  #running(): readonly NodeFacts[] {
    return this.#adapters.filter(({ id }) => this.#nodes.isRunning(id));
  }

  #redisOf({ config }: NodeFacts): readonly string[] {
    const named = configEntry(config, "redis");
    return typeof named === "string" ? [named] : this.#redis;
  }

  #beginRound(now: Micros): void {
    this.#endRound();
    const ids = [...this.#waiting.keys()];
    if (ids.length === 0) return;
    this.#round = new Set(ids);
    this.#roundSize = ids.length;
    this.#roundSince = now;
    // A worker that is only asked by hand owes nothing at any time.
    if (this.#waitingForTimers().length > 0) this.#deadline.arm(now + this.#limit(ids.length));
  }

  #endRound(): void {
    this.#round = undefined;
    this.#deadline.cancel();
  }

  /** Receipts of the round that a worker which syncs by itself must have sent by now. */
  #waitingForTimers(): readonly string[] {
    const timed = this.#running().filter((one) => msOf(one, "syncIntervalMs", 1_000) > 0);
    const isShared = timed.some(isReplicated);
    const isTimed = (node: string): boolean => isShared || timed.some(({ id }) => id === node);
    return [...(this.#round ?? [])].filter((id) => [...(this.#waiting.get(id)?.nodes ?? [])].some(isTimed));
  }

  #limit(count: number): Micros {
    const running = this.#running();
    const longest = (key: string, own: number): Micros =>
      1_000 * Math.max(...running.map((one) => msOf(one, key, own)), 0);
    const call = longest("callTimeoutMs", 10_000);
    const isHeldUp = running.some(
      ({ id }) => !this.#says(id, "sync", "idle") || !this.#says(id, "breaker>ofd", "closed"),
    );
    const pause = isHeldUp ? Math.max(longest("recoveryTimeoutMs", 60_000) + call, BACKOFF) : 0;
    const lock = longest("lockTtlMs", 30_000) + this.#setBack;
    return this.#context.bound(
      BASE + lock + call + longest("syncIntervalMs", 1_000) + pause + count * (PER_RECEIPT + this.#health.delay),
    );
  }

  #says(node: string, key: string, value: string): boolean {
    return (this.#states.get(`${node} ${key}`) ?? value) === value;
  }

  #onDue(due: Micros): void {
    const late = this.#waitingForTimers();
    const [id] = late;
    const one = this.#waiting.get(id ?? "");
    if (id === undefined || one === undefined) return;
    const claim = one.status === "syncing" ? ` under claim ${one.claim}` : "";
    this.#context.judged();
    this.#context.violated({
      record: one.record,
      time: due,
      nodes: [...one.nodes],
      message: `Receipt "${id}" is still ${one.status}${claim} at ${formatSeconds(due)}, ${one.status} since ${formatSeconds(one.since)}, though OFD, Redis and links have been well since ${formatSeconds(this.#roundSince)}`,
      expected: `synced or failed within ${formatSeconds(due - this.#roundSince)}`,
      observed: `${String(late.length)} of ${String(this.#roundSize)} still wait`,
    });
  }
}

function isReplicated({ config }: NodeFacts): boolean {
  return configEntry(config, "buffer") === "replicated";
}

function msOf({ config }: NodeFacts, key: string, own: number): number {
  const value = configEntry(config, key);
  return typeof value === "number" ? value : own;
}
