import type { Micros, StateRecord } from "../../../trace/record.ts";

interface Rate {
  ppm: number;
  slowest: number;
  fastest: number;
  offsetUs: number;
  since: Micros;
}

/** Steps smaller than this are rounding. */
const STEP_US = 1_000;
const RIGHT: Rate = { ppm: 0, slowest: 0, fastest: 0, offsetUs: 0, since: 0 };

/** How fast each node's clock runs, by name, and how fast and slow it ever ran. Fed with `clock` states of the world. */
export class ClockRates {
  readonly #rates = new Map<string, Rate>();

  ppm(node: string): number {
    return this.#rates.get(node)?.ppm ?? 0;
  }
  slowest(node: string): number {
    return this.#rates.get(node)?.slowest ?? 0;
  }
  fastest(node: string): number {
    return this.#rates.get(node)?.fastest ?? 0;
  }
  /** True time in which the node's clock, at its present rate, goes on by so much. */
  trueTime(node: string, own: Micros): Micros {
    return Math.floor((own * 1_000_000) / (1_000_000 + this.ppm(node)));
  }
  /** How much the node's clock goes on, at its present rate, in so much true time. */
  ownTime(node: string, time: Micros): Micros {
    return Math.floor((time * (1_000_000 + this.ppm(node))) / 1_000_000);
  }

  /** @returns whether the wall clock was stepped, or froze or thawed, beside any change of its rate. */
  change(record: StateRecord): boolean {
    const ppm = Number(record.fields["ppm"] ?? 0);
    const offsetUs = Number(record.fields["offsetUs"] ?? 0);
    // A clock is right until something is said of it; what is said at the beginning is how it was set.
    const old = this.#rates.get(record.node) ?? (record.time > 0 ? RIGHT : undefined);
    const drifted = old === undefined ? 0 : ((record.time - old.since) * old.ppm) / 1_000_000;
    const isStepped = old !== undefined && Math.abs(offsetUs - old.offsetUs - drifted) > STEP_US;
    this.#rates.set(record.node, {
      ppm,
      slowest: Math.min(this.slowest(record.node), ppm),
      fastest: Math.max(this.fastest(record.node), ppm),
      offsetUs,
      since: record.time,
    });
    return isStepped || record.fields["frozen"] === true;
  }
}
