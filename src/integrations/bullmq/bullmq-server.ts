import { hostname } from "node:os";
import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Part } from "../../lab/explore/part.ts";
import { KEY_PREFIX, QUEUE_NAME, type Refusal } from "./bullmq-queue.ts";
import { connectionOf, openClient, within, type FleetPackages } from "./connect.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { UnitJob } from "./sweep-order.ts";
import type { UnitAnswer, UnitServer } from "./unit-queue.ts";

export interface BullmqServerOptions {
  readonly address: RedisAddress;
  readonly packages: FleetPackages;
  /** Units at once. */
  readonly workers: number;
  /** How long a unit stays with a worker that no longer says that it has it, ms. */
  readonly lockMs: number;
  readonly answer: (job: UnitJob) => Promise<UnitAnswer>;
  readonly say: (text: string) => void;
}

/** How often a unit may stay behind with a worker that vanished; the next one is taken to be the unit's doing. */
const STALLED_MAX = 10;
/** How long a refused unit waits, so that others find it; longer does who refused it, ms. */
const REFUSED_UNIT_MS = 1_000;
const REFUSED_WORKER_MS = 5_000;
/** How long a worker that ends waits for the queue to take back its units, ms. */
const LEAVE_MS = 5_000;

/** How a worker is called: `ci-7/4312`. */
export function workerName(): string {
  return `${hostname()}/${String(process.pid)}`;
}

/**
 * Takes units from BullMQ. Nothing runs here: this event loop only renews the locks on what others run, since a lock that is not
 * renewed in time gives the unit to somebody else.
 */
export class BullmqServer implements UnitServer {
  readonly #options: BullmqServerOptions;
  readonly #worker: Worker<UnitJob, Part>;
  readonly #client: Redis;
  readonly #life = new AbortController();
  #resumeTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: BullmqServerOptions) {
    this.#options = options;
    const { address, packages, workers, lockMs } = options;
    this.#client = openClient(address, packages, this.#life.signal, (event) => {
      options.say(event.type === "away" ? `${event.reason} The worker waits for it.` : "The queue answers again.");
    });
    this.#worker = new packages.bullmq.Worker<UnitJob, Part>(QUEUE_NAME, (job, token) => this.#process(job, token), {
      connection: connectionOf(address, this.#life.signal),
      prefix: KEY_PREFIX,
      name: workerName(),
      concurrency: workers,
      lockDuration: lockMs,
      stalledInterval: Math.max(1_000, Math.floor(lockMs / 2)),
      maxStalledCount: STALLED_MAX,
    });
    this.#worker.on("error", (error) => {
      if (isAboutLock(error))
        options.say(`A unit went to another worker, since this one could not say in time that it had it.`);
    });
  }

  async close(): Promise<boolean> {
    this.#isClosing = true;
    clearTimeout(this.#resumeTimer);
    // Without a Redis nobody takes units back; their locks end by themselves.
    const isLeft = await within(LEAVE_MS, this.#worker.close());
    this.#life.abort();
    this.#client.disconnect();
    return isLeft;
  }

  async #process(job: Job<UnitJob, Part>, token = ""): Promise<Part> {
    const { bullmq } = this.#options.packages;
    const answer = await this.#options.answer(job.data);
    if ("part" in answer) return answer.part;
    if ("returned" in answer) {
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    }
    await job.updateProgress({ worker: workerName(), refused: answer.refused } satisfies Refusal);
    await job.moveToDelayed(Date.now() + REFUSED_UNIT_MS, token);
    this.#rest();
    throw new bullmq.DelayedError();
  }

  /** Who refuses units leaves them to others for a while. */
  #rest(): void {
    if (this.#isClosing) return;
    void this.#worker.pause(true);
    clearTimeout(this.#resumeTimer);
    this.#resumeTimer = setTimeout(() => {
      void this.#worker.resume();
    }, REFUSED_WORKER_MS);
  }
}

function isAboutLock(error: Error): boolean {
  return /could not renew lock|Missing lock|Lock mismatch/.test(error.message);
}
