import type { Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import type { Part } from "../../lab/explore/part.ts";
import { connectionOf, openClient, within, type FleetPackages } from "./connect.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { UnitJob } from "./sweep-order.ts";
import type { QueueEvent, UnitOutcome, UnitQueue, UnitState } from "./unit-queue.ts";

/** Where every unit of every sweep stands: keys of Redis begin with `faultline:units:`. */
export const QUEUE_NAME = "units";
export const KEY_PREFIX = "faultline";
/** Bound on what a queue keeps of what it has told: each outcome is in there once more. */
const EVENTS_MAX = 200;
/** How long outcomes wait for who goes on with their sweep, s. */
const KEPT_S = 7 * 24 * 3_600;
/** How long the end waits for a Redis that may be away, ms. */
const LEAVE_MS = 2_000;
/** Times a unit is tried that ends with an error; a worker that vanishes is no error of its unit. */
const ATTEMPTS = 2;

/** What a worker says of a unit it refuses, as the progress of its job. */
export interface Refusal {
  readonly worker: string;
  readonly refused: string;
}

const STATES: Readonly<Record<string, UnitState>> = {
  waiting: "waiting",
  delayed: "waiting",
  prioritized: "waiting",
  active: "active",
  completed: "done",
  failed: "failed",
};

/** {@link UnitQueue} on BullMQ: a unit is a job, and its outcome what the job returned. */
export class BullmqQueue implements UnitQueue {
  readonly #queue: Queue<UnitJob, Part>;
  readonly #events: QueueEvents;
  readonly #client: Redis;
  readonly #life = new AbortController();
  readonly #listeners: ((event: QueueEvent) => void)[] = [];

  constructor(address: RedisAddress, packages: FleetPackages) {
    const { bullmq } = packages;
    this.#client = openClient(address, packages, this.#life.signal, (event) => {
      this.#tell(event);
    });
    this.#queue = new bullmq.Queue(QUEUE_NAME, {
      connection: this.#client,
      prefix: KEY_PREFIX,
      streams: { events: { maxLen: EVENTS_MAX } },
      defaultJobOptions: {
        attempts: ATTEMPTS,
        removeOnComplete: { age: KEPT_S },
        removeOnFail: { age: KEPT_S },
      },
    });
    // Reading events blocks a connection, so it has one of its own.
    this.#events = new bullmq.QueueEvents(QUEUE_NAME, {
      connection: connectionOf(address, this.#life.signal),
      prefix: KEY_PREFIX,
    });
    this.#events.on("active", ({ jobId }) => this.#tell({ type: "taken", id: jobId }));
    this.#events.on("completed", ({ jobId }) => this.#tell({ type: "ended", id: jobId }));
    this.#events.on("failed", ({ jobId }) => this.#tell({ type: "ended", id: jobId }));
    this.#events.on("progress", ({ jobId, data }) => {
      const { worker, refused } = data as Partial<Refusal>;
      if (worker !== undefined && refused !== undefined)
        this.#tell({ type: "refused", id: jobId, worker, reason: refused });
    });
    // Connections tell of themselves; what a command says goes to who gave it.
    this.#queue.on("error", () => undefined);
    this.#events.on("error", () => undefined);
  }

  /** Resolves when events are heard; what happened before is not told. */
  async ready(): Promise<void> {
    await Promise.all([this.#queue.waitUntilReady(), this.#events.waitUntilReady()]);
  }

  async add(id: string, job: UnitJob): Promise<void> {
    await this.#queue.add("unit", job, { jobId: id });
  }

  async stateOf(id: string): Promise<UnitState> {
    return STATES[await this.#queue.getJobState(id)] ?? "absent";
  }

  async outcomeOf(id: string): Promise<UnitOutcome | undefined> {
    const job = await this.#queue.getJob(id);
    if (job?.finishedOn === undefined) return undefined;
    // The types say that there is always a reason.
    const failure = job.failedReason as string | null | undefined;
    return typeof failure === "string" ? { failure } : { part: job.returnvalue };
  }

  async remove(id: string): Promise<void> {
    await this.#queue.remove(id);
  }

  async abandon(sweep: string): Promise<void> {
    const ids = await this.#queue.getRanges(["waiting", "delayed", "completed", "failed"], 0, -1);
    for (const id of ids) if (id.startsWith(`${sweep}-`)) await this.remove(id);
  }

  listen(listener: (event: QueueEvent) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#listeners.length = 0;
    this.#life.abort();
    // Without a Redis there is nobody to take leave of.
    await within(LEAVE_MS, Promise.allSettled([this.#events.close(), this.#queue.close()]));
    this.#client.disconnect();
  }

  #tell(event: QueueEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
