import { fork, type ChildProcess } from "node:child_process";
import type { Part } from "./part.ts";
import type { Place, Span, SweepPlan } from "./plan.ts";
import type { RunEvent } from "./run-unit.ts";
import type { Executor } from "./sweep.ts";
import type { FromWorker, ToWorker } from "./worker-protocol.ts";

export interface PoolOptions {
  readonly plan: SweepPlan;
  readonly workers: number;
  /** The script of a worker, which calls `serveUnits`. */
  readonly script: string;
  /** A worker ended that nobody told to; its runs begin again in another. */
  readonly onLost?: (text: string) => void;
  /** How a place is called in errors. */
  readonly nameOf: (place: Place) => string;
}

/** A worker ended twice in the same unit, or could not begin. */
export class WorkerLostError extends Error {
  override name = "WorkerLostError";
  readonly code: string = "WORKER_LOST";
  /** It said why before its first run: the scenarios are not here, or are others. */
  readonly isRefusal: boolean;

  constructor(message: string, options: { readonly isRefusal?: boolean } = {}) {
    super(message);
    this.isRefusal = options.isRefusal ?? false;
  }
}

/** Every processor has a worker, so none is left for the collector; most of what a run allocates is young when it dies. */
const WORKER_FLAGS = ["--max-semi-space-size=32", "--single-threaded-gc"];
/** How long a run that was told to stop may take to notice, real ms. */
const STOP_GRACE_MS = 3_000;
/** Times a unit is given to a worker. */
const TRIES = 2;

/**
 * Runs units in processes of their own. Processes, not threads: node code runs with the globals of its process trapped and drained
 * by its process's ticks, and a run that eats all memory takes nobody with it.
 */
export class WorkerPool implements Executor {
  readonly width: number;
  readonly #options: PoolOptions;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  #isStopped = false;
  #isClosed = false;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.width = options.workers;
  }

  async run(unit: Span, onRun: (run: RunEvent) => void): Promise<Part> {
    // What a lost worker had told of the unit is told again by the next; people are told once.
    const told = new Set<Place>();
    const once = (run: RunEvent): void => {
      if (!told.has(run.place)) onRun(run);
      told.add(run.place);
    };
    for (let attempt = 1; ; attempt++) {
      const worker = this.#idle.pop() ?? this.#start();
      const outcome = await worker.run(unit, once);
      if ("part" in outcome) {
        this.#idle.push(worker);
        return outcome.part;
      }
      this.#all.delete(worker);
      // Whoever stops everybody does not look for new workers.
      if (this.#isStopped) return { ...unit, to: unit.from, tallies: {}, failures: [] };
      const place = outcome.place === undefined ? "while it started" : `in ${this.#options.nameOf(outcome.place)}`;
      const text = `A worker ended ${place} (${outcome.reason})`;
      if (outcome.isFinal) throw new WorkerLostError(outcome.reason, { isRefusal: outcome.place === undefined });
      if (attempt >= TRIES) throw new WorkerLostError(`${text}, twice.`);
      this.#options.onLost?.(`${text}; its runs begin again in another.`);
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const worker of this.#all) worker.say({ type: "stop" });
    this.#graceTimer = setTimeout(() => {
      for (const worker of this.#all) worker.kill();
    }, STOP_GRACE_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#graceTimer);
    await Promise.all([...this.#all].map((worker) => worker.end()));
  }

  #start(): Worker {
    if (this.#isClosed) throw new Error("The pool is closed.");
    const worker = new Worker(this.#options.script, this.#options.plan);
    this.#all.add(worker);
    if (this.#isStopped) worker.say({ type: "stop" });
    return worker;
  }
}

type WorkerOutcome =
  | { readonly part: Part }
  /** It ended; final when it said why, so that another would end in the same way. */
  | { readonly reason: string; readonly isFinal: boolean; readonly place: Place | undefined };

class Worker {
  readonly #child: ChildProcess;
  #ended: WorkerOutcome | undefined;
  #onOutcome: ((outcome: WorkerOutcome) => void) | undefined;
  #onRun: ((run: RunEvent) => void) | undefined;
  #place: Place | undefined;

  constructor(script: string, plan: SweepPlan) {
    const execArgv = [...WORKER_FLAGS, ...(script.endsWith(".ts") ? ["--import", "jiti/register"] : [])];
    this.#child = fork(script, [], { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (message: FromWorker) => {
      this.#hear(message);
    });
    this.#child.on("error", (error) => {
      this.#lose(error.message, false);
    });
    this.#child.on("exit", (code, signal) => {
      this.#lose(signal ?? `exit ${String(code)}`, false);
    });
    this.say({ type: "plan", plan });
  }

  run(unit: Span, onRun: (run: RunEvent) => void): Promise<WorkerOutcome> {
    return new Promise((resolve) => {
      if (this.#ended !== undefined) {
        resolve(this.#ended);
        return;
      }
      this.#onOutcome = resolve;
      this.#onRun = onRun;
      this.#place = undefined;
      this.say({ type: "unit", unit });
    });
  }

  say(message: ToWorker): void {
    // A child that is going away says so by itself.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once("exit", () => {
        resolve();
      });
      if (this.#child.connected) this.#child.disconnect();
      else this.kill();
    });
  }

  #hear(message: FromWorker): void {
    if (message.type === "start") this.#place = message.place;
    else if (message.type === "run") this.#onRun?.(message.run);
    else if (message.type === "done") this.#tell({ part: message.part });
    else if (message.type === "broken") this.#lose(message.message, true);
  }

  #lose(reason: string, isFinal: boolean): void {
    this.#ended ??= { reason, isFinal, place: this.#place };
    this.#tell(this.#ended);
  }

  #tell(outcome: WorkerOutcome): void {
    const tell = this.#onOutcome;
    this.#onOutcome = undefined;
    tell?.(outcome);
  }
}
