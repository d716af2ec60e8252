import type { Part } from "../../lab/explore/part.ts";
import { Places, type Span } from "../../lab/explore/plan.ts";
import { WorkerLostError, WorkerPool } from "../../lab/explore/worker-pool.ts";
import { toolVersion } from "../../lab/run/run-scenario.ts";
import { ORDER_VERSION, type SweepOrder, type UnitJob } from "./sweep-order.ts";
import type { UnitAnswer } from "./unit-queue.ts";

export interface UnitRunnerOptions {
  /** The script of a process that runs units, which calls `serveUnits`. */
  readonly script: string;
  /** Units at once. */
  readonly workers: number;
  readonly say: (text: string) => void;
  /** How long processes wait for further units of their sweep, ms. */
  readonly keepMs?: number;
}

interface Crew {
  readonly pool: WorkerPool;
  running: number;
  timeout: NodeJS.Timeout | undefined;
}

const KEEP_MS = 30_000;
/** How long a sweep whose scenarios are not those of this machine is refused without a further look, ms. */
const REFUSE_MS = 60_000;

/**
 * Runs the units of any sweep, in processes of their own, and refuses those that it would run otherwise than they are meant:
 * of another version, or with other scenarios.
 */
export class UnitRunner {
  readonly #options: UnitRunnerOptions;
  readonly #crews = new Map<string, Crew>();
  readonly #refused = new Map<string, { readonly reason: string; readonly until: number }>();
  #isStopped = false;

  constructor(options: UnitRunnerOptions) {
    this.#options = options;
  }

  /** @throws {WorkerLostError} when a process ended in the unit, twice. */
  async run({ order, unit }: UnitJob): Promise<UnitAnswer> {
    const reason = this.#reasonAgainst(order);
    if (reason !== undefined) return { refused: reason };
    if (this.#isStopped) return { returned: true };
    const crew = this.#crewOf(order);
    crew.running++;
    try {
      const part = await crew.pool.run(unit, () => undefined);
      return isWhole(part, unit) ? { part } : { returned: true };
    } catch (error) {
      if (!(error instanceof WorkerLostError) || !error.isRefusal) throw error;
      this.#refused.set(order.sweep, { reason: error.message, until: performance.now() + REFUSE_MS });
      return { refused: error.message };
    } finally {
      crew.running--;
      this.#keep(order.sweep, crew);
    }
  }

  /** Ends every unit under way before its next run. */
  stop(): void {
    this.#isStopped = true;
    for (const { pool } of this.#crews.values()) pool.stop();
  }

  async close(): Promise<void> {
    const crews = [...this.#crews.values()];
    this.#crews.clear();
    for (const { timeout } of crews) clearTimeout(timeout);
    await Promise.all(crews.map(({ pool }) => pool.close()));
  }

  #reasonAgainst(order: Partial<SweepOrder>): string | undefined {
    if (order.schema !== ORDER_VERSION || order.version !== toolVersion())
      return `the sweep was begun by version ${order.version ?? "unknown"}, this is ${toolVersion()}.`;
    const known = this.#refused.get(order.sweep ?? "");
    return known !== undefined && performance.now() < known.until ? known.reason : undefined;
  }

  #crewOf({ sweep, plan }: SweepOrder): Crew {
    const known = this.#crews.get(sweep);
    if (known !== undefined) {
      clearTimeout(known.timeout);
      return known;
    }
    const places = new Places(plan);
    const { script, workers, say } = this.#options;
    const pool = new WorkerPool({
      plan,
      workers,
      script,
      nameOf: (place) => `${plan.scenarios[places.scenarioOf(place)]?.name ?? "?"} seed ${places.seedOf(place)}`,
      onLost: say,
    });
    const crew: Crew = { pool, running: 0, timeout: undefined };
    this.#crews.set(sweep, crew);
    return crew;
  }

  /** Processes of a sweep that has no more units go after a while. */
  #keep(sweep: string, crew: Crew): void {
    if (crew.running > 0 || this.#crews.get(sweep) !== crew) return;
    clearTimeout(crew.timeout);
    crew.timeout = setTimeout(() => {
      this.#crews.delete(sweep);
      void crew.pool.close();
    }, this.#options.keepMs ?? KEEP_MS);
  }
}

function isWhole(part: Part, unit: Span): boolean {
  return part.from === unit.from && part.to === unit.to;
}
