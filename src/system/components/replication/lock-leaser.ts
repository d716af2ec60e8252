import type { Clock } from "../../ports/clock.ts";
import { NotPrimaryError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Acquisition, HeldLock, TransferableLock } from "../lock/lock-port.ts";
import type { LeaseNotes } from "./lease-notes.ts";
import {
  formatLeaseRecord,
  mayBeNewest,
  parseLeaseRecord,
  type LeaseRecord,
  type DataStanding,
} from "./lease-record.ts";
import type { Leaser, PrimaryInfo } from "./leaser.ts";
import { LockLease } from "./lock-lease.ts";

export interface LockLeaserOptions {
  readonly id: NodeId;
  /** Its fencing numbers are the epochs. */
  readonly lock: TransferableLock;
  readonly notes: LeaseNotes;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Of the lock. Default `lease`. */
  readonly key?: string;
  /** Length of the lease, integer ms. Default 10,000. */
  readonly ttlMs?: number;
  /** A lease that ran out is granted to nobody for so long: what its holder had under way has ended then. Default 1,000. */
  readonly lockDelayMs?: number;
  /** How far this node's data go. */
  readonly standing: () => DataStanding;
  /** As much of its chain as another node has too; `undefined` when that is not known. */
  readonly shared?: () => DataStanding["position"] | undefined;
}

/**
 * {@link Leaser} on a lock that somebody else keeps, as LiteFS has its lease in Consul: the lease is the lock's grant and its epoch the
 * fencing number. No quorum of these nodes is needed, nor asked.
 *
 * Who asks must be the newest as far as the store's record of the last holder tells ({@link mayBeNewest}), before and after the grant.
 * A lease counts from the moment at which it was asked for, and the lock outlives it by the lock delay.
 *
 * @remarks As safe as its lock is: a store that forgets may grant it twice. The epochs grow all the same, as everybody asks for a
 * number above what it has seen.
 */
export class LockLeaser implements Leaser {
  readonly type = "lease";
  readonly ttlMs: number;
  readonly #options: LockLeaserOptions;
  readonly #key: string;
  readonly #lockDelayMs: number;
  #lease: LockLease | undefined;
  #record: LeaseRecord | undefined;
  #heard: PrimaryInfo | undefined;
  #clusterId = "";
  #answeredAtMs = -Infinity;

  constructor(options: LockLeaserOptions) {
    this.#options = options;
    this.#key = options.key ?? "lease";
    this.ttlMs = options.ttlMs ?? 10_000;
    this.#lockDelayMs = options.lockDelayMs ?? 1_000;
  }

  /** When the store answered last, ms of the own monotonic clock; `-Infinity` before. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  /** @throws {FaultlineError} `LEASE_EPOCH` when the store's number cannot be the next epoch. @throws {NotPrimaryError} */
  async acquire(): Promise<LockLease> {
    const { lock, standing } = this.#options;
    if (this.#lease?.isValid === true) return this.#lease;
    await this.refresh();
    if (!mayBeNewest(standing(), this.#record)) throw this.#notPrimary({ reason: "older than the last primary" });
    const above = BigInt(standing().maxEpoch);
    const got = await lock.acquire(this.#key, { ttlMs: this.#lockTtlMs, autoExtend: false, above });
    const held = this.#granted(got);
    try {
      // Somebody may have had it, and let go of it, since the record was read.
      await this.refresh();
      if (!mayBeNewest(standing(), this.#record)) throw this.#notPrimary({ reason: "older than the last primary" });
      return await this.#begin(held);
    } catch (error) {
      void held.release();
      throw error;
    }
  }

  /** Takes a lease that its holder offers: {@link LockLease.offer}. */
  async acquireExisting(leaseId: string): Promise<LockLease> {
    const token = /^\S+@[0-9]+:(\S+)$/.exec(leaseId)?.[1];
    if (token === undefined) throw this.#notPrimary({ reason: "not a lease that is offered" });
    const held = this.#granted(
      await this.#options.lock.takeOver(this.#key, token, { ttlMs: this.#lockTtlMs, autoExtend: false }),
    );
    try {
      return await this.#begin(held);
    } catch (error) {
      void held.release();
      throw error;
    }
  }

  /** The holder, or the last one: as of the last answer, or as it says itself ({@link hear}). */
  primaryInfo(): PrimaryInfo | undefined {
    const { node, epoch } = this.#record ?? { node: this.#options.id, epoch: 0 };
    if (this.#heard !== undefined && this.#heard.epoch > epoch) return this.#heard;
    return epoch === 0 ? undefined : { node, epoch };
  }
  /** Somebody says that it is the primary: this node can follow it before the store answers. */
  hear(primary: PrimaryInfo): void {
    if (this.#heard === undefined || primary.epoch > this.#heard.epoch) this.#heard = primary;
  }
  clusterId(): string {
    return this.#clusterId;
  }

  /** @throws {FaultlineError} `LEASER_UNAVAILABLE` when the store did not answer in time; it may take the name still. */
  async setClusterId(id: string): Promise<string> {
    if (this.#clusterId === "") this.#clusterId = await this.#answer(this.#options.notes.name(id));
    return this.#clusterId;
  }

  /** Reads what the store says of the last holder. @throws {NotPrimaryError} when it does not answer. */
  async refresh(): Promise<void> {
    let notes;
    try {
      notes = await this.#answer(this.#options.notes.read());
    } catch (error) {
      throw this.#notPrimary({ reason: "the lease's store does not answer" }, error);
    }
    this.#record = notes.record === undefined ? undefined : parseLeaseRecord(notes.record);
    this.#clusterId = notes.clusterId ?? this.#clusterId;
  }

  #granted(got: Acquisition): HeldLock {
    if (got.outcome !== "unavailable") this.#answeredAtMs = this.#options.clock.monotonic();
    if (got.outcome === "granted") return got.lock;
    throw this.#notPrimary({ reason: got.outcome }, got.outcome === "unavailable" ? got.error : undefined);
  }

  async #begin(held: HeldLock): Promise<LockLease> {
    const { id, clock, standing } = this.#options;
    const { maxEpoch, position } = standing();
    const epoch = Number(held.fencing);
    if (!Number.isSafeInteger(epoch) || epoch <= maxEpoch)
      throw new FaultlineError(
        "LEASE_EPOCH",
        `the store numbers the lease ${held.fencing.toString()}; an epoch is larger than ${String(maxEpoch)} and at most 2^53 − 1.`,
        { fencing: held.fencing.toString(), maxEpoch },
      );
    const lease = new LockLease({
      ...{ held, epoch, clock, id: `${id}@${String(epoch)}`, lockDelayMs: this.#lockDelayMs },
      extend: () => this.#inTime(held.extend()),
      publish: () => this.#publish(held, { node: id, epoch, position: this.#shared(position) }),
    });
    if (!(await this.#publish(held, { node: id, epoch, position })) || !lease.isValid)
      throw this.#notPrimary({ reason: "the lease ended before it began" });
    this.#lease = lease;
    return lease;
  }

  async #publish(held: HeldLock, record: LeaseRecord): Promise<boolean> {
    const { notes } = this.#options;
    const isOurs = await this.#answer(notes.publish(held.token, formatLeaseRecord(record))).catch(() => false);
    if (isOurs) this.#record = record;
    return isOurs;
  }

  /** Never back to before where the epoch began. */
  #shared(start: DataStanding["position"]): DataStanding["position"] {
    const { standing, shared } = this.#options;
    const now = shared === undefined ? standing().position : shared();
    return now === undefined || now.txid < start.txid ? start : now;
  }

  async #answer<T>(asked: Promise<T>): Promise<T> {
    const answer = await this.#inTime(asked);
    this.#answeredAtMs = this.#options.clock.monotonic();
    return answer;
  }

  /** What comes within a quarter of the lease. */
  #inTime<T>(asked: Promise<T>): Promise<T> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      const timeout = timers.create("lease answer", () => {
        reject(new FaultlineError("LEASER_UNAVAILABLE", "the lease's store did not answer in time."));
      });
      timeout.arm(Math.max(1, Math.floor(this.ttlMs / 4)));
      asked.then(
        (value) => {
          timeout.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timeout.cancel();
          reject(new FaultlineError("LEASER_UNAVAILABLE", "the lease's store did not answer.", {}, { cause: error }));
        },
      );
    });
  }

  get #lockTtlMs(): number {
    return this.ttlMs + this.#lockDelayMs;
  }

  #notPrimary(facts: Readonly<Record<string, string>>, cause?: unknown): NotPrimaryError {
    const node = this.#record?.node;
    const primary = node === this.#options.id ? undefined : node;
    return new NotPrimaryError(primary, { leaser: this.type, ...facts }, cause === undefined ? {} : { cause });
  }
}
