import { CircuitBreaker } from "../../../src/system/components/circuit-breaker/circuit-breaker.ts";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { encodeStamp } from "../../../src/system/components/hlc/stamp.ts";
import {
  LockLostError,
  type AcquireOptions,
  type Acquisition,
  type HeldLock,
  type LockLoss,
  type LockPort,
  type ReleaseOutcome,
} from "../../../src/system/components/lock/lock-port.ts";
import { MemoryReceiptBuffer } from "../../../src/system/components/receipts/memory-receipt-buffer.ts";
import {
  OfdError,
  type OfdAcceptance,
  type OfdErrorCode,
  type OfdPort,
  type OfdRegistration,
} from "../../../src/system/components/receipts/ofd-port.ts";
import { BufferUnavailableError, type ReceiptBuffer } from "../../../src/system/components/receipts/receipt-buffer.ts";
import type { SyncConfig } from "../../../src/system/components/receipts/sync-config.ts";
import { isNotOfdFault, SyncWorker, type SyncReport } from "../../../src/system/components/receipts/sync-worker.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import type { Observer } from "../../../src/system/ports/observer.ts";
import { ManualTime, settled } from "../circuit-breaker/breaker-world.ts";

/** A grant whose end is in the test's hand. */
export class HandHeld implements HeldLock {
  readonly key: string;
  readonly token: string;
  readonly fencing: bigint;
  readonly ttlMs: number | undefined;
  readonly #control = new AbortController();
  readonly #owner: HandLock;
  #isHeld = true;

  constructor(owner: HandLock, key: string, fencing: bigint, ttlMs: number | undefined) {
    this.#owner = owner;
    this.key = key;
    this.token = `t${String(fencing)}`;
    this.fencing = fencing;
    this.ttlMs = ttlMs;
  }
  get signal(): AbortSignal {
    return this.#control.signal;
  }
  isHeld(): boolean {
    return this.#isHeld;
  }
  leftMs(): number {
    return this.#isHeld ? 1_000 : 0;
  }
  extend(): Promise<boolean> {
    return Promise.resolve(this.#isHeld);
  }
  release(): Promise<ReleaseOutcome> {
    const outcome = this.#isHeld ? "released" : "lost";
    this.#end();
    return Promise.resolve(outcome);
  }
  offer(): string | undefined {
    return undefined;
  }
  /** Ends it as the server or the own clock does. */
  lose(loss: LockLoss = "taken"): void {
    this.#end();
    this.#control.abort(new LockLostError(this.key, this.token, loss));
  }
  /** Its deadline is over, and nobody has said so yet: a paused process. */
  expireUnsaid(): void {
    this.#end();
  }
  /** Somebody else may have it, and this holder does not know. */
  forget(): void {
    this.#owner.forget(this);
  }
  #end(): void {
    this.#isHeld = false;
    this.#owner.forget(this);
  }
}

/** A {@link LockPort} that grants at once, one holder at a time. */
export class HandLock implements LockPort {
  holder: HandHeld | undefined;
  /** Whoever grants it cannot be asked. */
  isAway = false;
  /** What was asked for, as `key ttl wait`. */
  readonly asked: string[] = [];
  #fencing = 0n;

  acquire(key: string, { ttlMs, waitMs }: AcquireOptions = {}): Promise<Acquisition> {
    this.asked.push(`${key} ${String(ttlMs)} ${String(waitMs)}`);
    if (this.isAway) return Promise.resolve({ outcome: "unavailable", error: new Error("away") });
    if (this.holder !== undefined) return Promise.resolve({ outcome: "busy" });
    this.holder = new HandHeld(this, key, ++this.#fencing, ttlMs);
    return Promise.resolve({ outcome: "granted", lock: this.holder });
  }
  /** The lock held now. */
  get held(): HandHeld {
    if (this.holder === undefined) throw new Error("nobody holds the lock");
    return this.holder;
  }
  forget(held: HandHeld): void {
    if (this.holder === held) this.holder = undefined;
  }
}

/** How the next registration goes; `lost` accepts and gives no answer, `hang` neither. */
export type OfdTurn = "accept" | "lost" | "hang" | OfdErrorCode | (() => OfdTurn);

/** An {@link OfdPort} that accepts each key once and otherwise does as it is told, one turn a registration. */
export class HandOfd implements OfdPort {
  readonly turns: OfdTurn[] = [];
  /** What happens when there is no turn left. */
  otherwise: OfdTurn = "accept";
  /** Registrations that arrived, as `key@fencing`. */
  readonly sent: string[] = [];
  readonly registrations: (OfdRegistration & { readonly hlc: string })[] = [];
  /** Keys in the order of their first acceptance. */
  readonly accepted: string[] = [];
  /** Keys that it refused for good. */
  readonly refused: string[] = [];

  register(
    registration: OfdRegistration,
    { signal, hlc }: { readonly signal: AbortSignal; readonly hlc: string },
  ): Promise<OfdAcceptance> {
    const { key, fencing } = registration;
    this.sent.push(`${key}@${fencing}`);
    this.registrations.push({ ...registration, hlc });
    let turn = this.turns.shift() ?? this.otherwise;
    while (typeof turn === "function") turn = turn();
    const isReplay = this.accepted.includes(key);
    if ((turn === "accept" || turn === "lost") && !isReplay) this.accepted.push(key);
    if (turn === "accept") return Promise.resolve({ isReplay, hlc: `${hlc.slice(0, 17)}ofd` });
    if (turn === "OFD_REFUSED") this.refused.push(key);
    if (turn !== "lost" && turn !== "hang") return Promise.reject(new OfdError(turn, key, "told so"));
    return new Promise((_, reject) => {
      // What was aborted with is passed on as it is, whether an Error or not.
      const fail: (reason: unknown) => void = reject;
      signal.addEventListener("abort", () => {
        fail(signal.reason);
      });
    });
  }
}

/** Which calls of the buffer fail, and how; `late` fails after it took effect. */
export type BufferTrouble = (call: "claim" | "settle") => Error | "late" | undefined;

export const TILL = nodeId("pos-1");

/** Sync workers over one buffer, one lock and one OFD, on a clock that stands still until it is told. */
export class SyncWorld {
  readonly time = new ManualTime();
  readonly lock = new HandLock();
  readonly ofd = new HandOfd();
  readonly store = new MemoryReceiptBuffer();
  readonly hlc = new HlcClock({ nodeId: TILL, clock: this.time });
  readonly breaker: CircuitBreaker;
  readonly worker: SyncWorker;
  /** States and points of the worker, as `ms sync=running 1` and `ms sync.done drained`. */
  readonly told: string[] = [];
  /** Ranges that the worker drew from; it gets their upper end. */
  readonly draws: string[] = [];
  trouble: BufferTrouble = () => undefined;
  readonly #config: Partial<SyncConfig>;
  #made = 0;
  #lastState = "";

  constructor(config: Partial<SyncConfig> = {}) {
    this.#config = config;
    this.breaker = this.newBreaker();
    this.worker = this.newWorker(this.breaker);
  }

  /** A breaker with the defaults of the seed. */
  newBreaker(): CircuitBreaker {
    return new CircuitBreaker({ clock: this.time, timers: this.time, isIgnored: isNotOfdFault });
  }
  /** One more worker, as another adapter has. */
  newWorker(breaker = this.newBreaker()): SyncWorker {
    return new SyncWorker({
      buffer: this.buffer,
      lock: this.lock,
      breaker,
      ofd: this.ofd,
      hlc: this.hlc,
      timers: this.time,
      random: {
        uint32: () => 0,
        integer: (min, max) => {
          this.draws.push(`${String(min)}…${String(max)}`);
          return max;
        },
      },
      observer: this.#observer,
      config: { intervalMs: 0, ...this.#config },
    });
  }

  /** Stores receipts `r1`, `r2`, … */
  async create(count: number, posId: string = TILL): Promise<this> {
    for (let i = 0; i < count; i++) {
      const id = `r${String(++this.#made)}`;
      await this.store.insert({ id, posId, hlc: encodeStamp(this.hlc.now()), payload: `sale ${id}` });
    }
    return this;
  }
  /** Each receipt, as `r1 pending 0`. */
  async receipts(): Promise<string[]> {
    return (await this.store.list()).map(({ id, status, retryCount }) => `${id} ${status} ${String(retryCount)}`);
  }
  /** Begins a sync and lets it come as far as it can. */
  async begin(worker = this.worker): Promise<{ readonly report: Promise<SyncReport> }> {
    const report = worker.triggerSync();
    await this.rest();
    return { report };
  }
  /** Passes time, and lets what falls due at its end come as far as it can. */
  async pass(ms: number): Promise<void> {
    await this.time.pass(ms);
    await this.rest();
  }
  /** Lets every promise that can settle do so. */
  async rest(): Promise<void> {
    for (let i = 0; i < 20; i++) await settled();
  }

  readonly #observer: Observer = {
    state: (key, value, fields) => {
      const fencing = fields?.["fencing"];
      const text = `${key}=${value}${fencing === undefined ? "" : ` ${String(fencing)}`}`;
      if (text !== this.#lastState) this.told.push(`${String(this.time.nowMs)} ${text}`);
      this.#lastState = text;
    },
    point: (name, fields) => {
      this.told.push([this.time.nowMs, name, ...Object.values(fields ?? {})].map(String).join(" "));
    },
    invoke: () => 0,
    complete: () => undefined,
  };

  /** The store, with the trouble that is told. */
  get buffer(): ReceiptBuffer {
    const meet = async <T>(call: "claim" | "settle", work: () => Promise<T>): Promise<T> => {
      const trouble = this.trouble(call);
      if (trouble === undefined) return work();
      if (trouble !== "late") throw trouble;
      await work();
      throw new BufferUnavailableError("no answer came", false);
    };
    return {
      insert: (receipt) => this.store.insert(receipt),
      claim: (request) => meet("claim", () => this.store.claim(request)),
      settle: (id, claim, how) => meet("settle", () => this.store.settle(id, claim, how)),
      counts: () => this.store.counts(),
      list: () => this.store.list(),
    };
  }
}
