import { availableParallelism } from "node:os";
import { BullmqServer, workerName } from "../integrations/bullmq/bullmq-server.ts";
import { loadPackages, probe } from "../integrations/bullmq/connect.ts";
import { parseAddress } from "../integrations/bullmq/redis-address.ts";
import type { UnitJob } from "../integrations/bullmq/sweep-order.ts";
import type { UnitAnswer } from "../integrations/bullmq/unit-queue.ts";
import { UnitRunner } from "../integrations/bullmq/unit-runner.ts";
import { runsText } from "../lab/explore/merge.ts";
import { toolVersion } from "../lab/run/run-scenario.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { parseDuration } from "../trace/units.ts";
import { IdleWatch } from "./idle-watch.ts";
import { ownScript } from "./own-script.ts";
import { onSignals } from "./signals.ts";

export interface WorkerArguments {
  /** URL of the Redis. */
  readonly queue: string;
  readonly workers?: number | undefined;
  /** Ends when nothing came for so long; a duration. */
  readonly idle?: string | undefined;
  /** How long a unit stays with a worker that vanished; a duration. */
  readonly lock: string;
}

/** A lock has to outlast a machine that is busy for a moment. */
const LOCK_MS = { min: 1_000, max: 600_000 } as const;
const IDLE_MS = { min: 1, max: 86_400_000 } as const;

/** Runs units of others' sweeps until a signal comes, or nothing for long. @returns the exit code. */
export async function workerCommand(args: WorkerArguments): Promise<number> {
  const address = parseAddress(args.queue);
  const lockMs = durationOf("--lock", args.lock, LOCK_MS);
  const idleMs = args.idle === undefined ? undefined : durationOf("--idle", args.idle, IDLE_MS);
  const packages = await loadPackages();
  for (const warning of await probe(address, packages)) say(warning);
  const workers = Math.max(1, args.workers ?? availableParallelism());
  const runner = new UnitRunner({ script: ownScript("fleet-process"), workers, say });
  const idle = new IdleWatch(idleMs);
  const interruption = onSignals();
  const answer = async (job: UnitJob): Promise<UnitAnswer> => {
    idle.begin();
    const startedAt = performance.now();
    const given = await runner.run(job).finally(() => {
      idle.end();
    });
    tell(job, given, performance.now() - startedAt);
    return given;
  };
  const server = new BullmqServer({ address, packages, workers, lockMs, answer, say });
  say(
    `Worker ${workerName()} of version ${toolVersion()} takes units from ${address.text}, ${String(workers)} at once. Ctrl-C ends it.`,
  );
  await Promise.race([aborted(interruption.signal), idle.over]);
  idle.stop();
  runner.stop();
  const isLeft = await server.close();
  await runner.close();
  interruption.release();
  const code = interruption.signal.aborted ? Number(interruption.signal.reason) : 0;
  // Clients of a Redis that is away wait for it in vain.
  if (!isLeft) process.exit(code);
  return code;
}

function tell({ order, unit }: UnitJob, answer: UnitAnswer, wallMs: number): void {
  if ("refused" in answer) {
    say(`Refused ${order.sweep}: ${answer.refused}`);
    return;
  }
  const what = runsText(order.plan, unit);
  if ("returned" in answer) say(`${what}  went back to the queue`);
  else {
    const failed = answer.part.failures.length;
    say(`${what}  ${failed === 0 ? "passed" : `${String(failed)} failed`}  ${(wallMs / 1_000).toFixed(1)} s`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

function durationOf(flag: string, text: string, bounds: { readonly min: number; readonly max: number }): number {
  const ms = Math.round((parseDuration(text) ?? -1) / 1_000);
  if (ms >= bounds.min && ms <= bounds.max) return ms;
  const expected = `a duration with its unit, ${String(bounds.min)}ms to ${String(bounds.max / 1_000)}s`;
  const message = "This is no such length of time.";
  throw new ScenarioError([{ code: "DURATION", path: [], file: flag, message, expected, got: JSON.stringify(text) }]);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
