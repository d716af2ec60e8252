import { assert, FaultlineError } from "../../system/ports/errors.ts";
import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import { exactExp, exactLn, normalQuantiles } from "./exact-math.ts";

/**
 * How long something takes; all values integer µs.
 *
 * `logNormal` has this median and 99th percentile and is cut at its 1/32,768 quantiles. `heavyTail` is uniform from `min` to
 * `median`; above it half of the probability doubles the value (p75 = 2 · median, p99 = 50 · median) up to `max`.
 */
export type LatencySpec =
  | { readonly constant: Micros }
  | { readonly uniform: { readonly min: Micros; readonly max: Micros } }
  | { readonly logNormal: { readonly median: Micros; readonly p99: Micros } }
  | { readonly heavyTail: { readonly min: Micros; readonly median: Micros; readonly max: Micros } };

/** Draws one latency, integer µs ≥ 0, with exactly one draw of the stream. */
export type LatencySampler = (random: RngStream) => Micros;

const TWO_31 = 2147483648;
/** Longest latency, one hour: keeps every product below in the safe integers. */
const LATENCY_MAX = 3_600_000_000;
/** A table of quantiles has 2^12 cells; the other 20 bits of a draw interpolate inside one. */
const CELL_BITS = 20;
const CELL_SIZE = 1 << CELL_BITS;
const CELLS = 4096;
const CUT = 1 / 32_768;

/**
 * Turns a spec into its sampler. What is not linear is tabled here once; a draw is integer arithmetic.
 *
 * @throws {FaultlineError} `LATENCY_RANGE` when a value is not an integer 0…3,600,000,000 or the values are out of order.
 */
export function compileLatency(spec: LatencySpec): LatencySampler {
  if ("constant" in spec) return constant(checked(spec, [spec.constant])[0] as number);
  if ("uniform" in spec) {
    const [min, max] = checked(spec, [spec.uniform.min, spec.uniform.max]) as [number, number];
    return (random) => random.integer(min, max);
  }
  if ("heavyTail" in spec) {
    const [min, median, max] = checked(spec, [spec.heavyTail.min, spec.heavyTail.median, spec.heavyTail.max]) as [
      number,
      number,
      number,
    ];
    return heavyTail(min, median, max);
  }
  const [median, p99] = checked(spec, [spec.logNormal.median, spec.logNormal.p99]) as [number, number];
  return fromTable(logNormalTable(median, p99));
}

function checked(spec: LatencySpec, ascending: readonly number[]): readonly number[] {
  const inRange = ascending.every(
    (value, i) => Number.isInteger(value) && value >= (ascending[i - 1] ?? 0) && value <= LATENCY_MAX,
  );
  if (!inRange)
    throw new FaultlineError(
      "LATENCY_RANGE",
      `A latency is integer µs, 0 to one hour, in ascending order; got ${JSON.stringify(spec)}.`,
      { spec },
    );
  return ascending;
}

function constant(value: Micros): LatencySampler {
  return (random) => {
    random.uint32();
    return value;
  };
}

function heavyTail(min: Micros, median: Micros, max: Micros): LatencySampler {
  return (random) => {
    const draw = random.uint32();
    if (draw < TWO_31) return min + Math.floor((draw / TWO_31) * (median - min));
    const value = Math.floor((median * TWO_31) / (TWO_31 * 2 - draw));
    return value < max ? value : max;
  };
}

function fromTable(table: Float64Array): LatencySampler {
  assert(table.length === CELLS + 1, "a latency table has one value more than cells");
  return (random) => {
    const draw = random.uint32();
    const cell = draw >>> CELL_BITS;
    const low = table[cell] as number;
    return low + Math.floor((((table[cell + 1] as number) - low) * (draw & (CELL_SIZE - 1))) / CELL_SIZE);
  };
}

const tables = new Map<string, Float64Array>();
let upperQuantiles: readonly number[] | undefined;

function logNormalTable(median: Micros, p99: Micros): Float64Array {
  if (median === 0) return new Float64Array(CELLS + 1);
  const key = `${String(median)}/${String(p99)}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  // The quantile function is symmetric in z, so the upper half of the table and one for the 99th percentile are enough.
  upperQuantiles ??= normalQuantiles(
    Array.from({ length: CELLS / 2 + 1 }, (_, i) => Math.min(0.5 + i / CELLS, 1 - CUT)),
  );
  const spread = exactLn(p99 / median) / (normalQuantiles([0.99])[0] as number);
  const table = new Float64Array(CELLS + 1);
  for (let i = 0; i <= CELLS / 2; i++) {
    const factor = exactExp(spread * (upperQuantiles[i] as number));
    table[CELLS / 2 + i] = Math.min(Math.floor(median * factor + 0.5), LATENCY_MAX);
    table[CELLS / 2 - i] = Math.floor(median / factor + 0.5);
  }
  tables.set(key, table);
  return table;
}
