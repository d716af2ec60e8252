import { assert } from "../../system/ports/errors.ts";
import type { Micros } from "../../trace/record.ts";

const MILLION = 1_000_000;
/** Largest drift in either direction, parts per million. */
export const PPM_LIMIT = 100_000;

export interface NodeClockOptions {
  /** Wall time of a correct clock at virtual time 0, integer ms since the Unix epoch. */
  readonly epochMs: number;
  /** Virtual time at which the machine booted. */
  readonly bootAt: Micros;
  /** What the wall clock is ahead of a correct one, integer µs. */
  readonly offsetUs?: number;
  /** What the machine's oscillator gains, integer −100_000…100_000. */
  readonly ppm?: number;
}

/**
 * The clocks of one machine as arithmetic on virtual time: knows no kernel, schedules nothing.
 *
 * A machine's own time runs in rate segments; inside one it is `elapsed + floor(elapsed · ppm / 10^6)` µs, computed without a
 * rounding error at any length, because a product over hours would leave the safe integers.
 */
export class NodeClock {
  /** Called at each `wall()`: how a clock fault learns that somebody looked. */
  onRead?: (() => void) | undefined;
  /** Called at each boot of the machine. */
  onBoot?: (() => void) | undefined;
  /** Called after a change of the rate, which moves every pending deadline, or of the wall clock alone. */
  onChange?: ((what: "rate" | "wall") => void) | undefined;
  readonly #epochUs: number;
  #segmentStart: Micros = 0;
  #segmentLocal = 0;
  #bootLocal: number;
  #offsetUs: number;
  #ppm: number;
  #frozenUs: number | undefined;
  readonly #smears = new Set<Smear>();

  constructor(options: NodeClockOptions) {
    this.#epochUs = options.epochMs * 1_000;
    this.#offsetUs = options.offsetUs ?? 0;
    this.#ppm = checkedPpm(options.ppm ?? 0);
    this.#bootLocal = this.#elapsed(options.bootAt);
  }

  /** What faults and configuration added to the wall clock, µs; drift comes on top. */
  get offsetUs(): number {
    return this.#offsetUs;
  }
  get ppm(): number {
    return this.#ppm;
  }
  get isFrozen(): boolean {
    return this.#frozenUs !== undefined;
  }

  /** The machine's own µs since it booted, integer; never goes back. */
  localMicros(now: Micros): number {
    return this.#elapsed(now) - this.#bootLocal;
  }

  /** Integer ms since boot, rounded down. */
  monotonic(now: Micros): number {
    return Math.floor(this.localMicros(now) / 1_000);
  }

  /** Integer ms since the Unix epoch, rounded down. */
  wall(now: Micros): number {
    this.onRead?.();
    return Math.floor(this.wallMicros(now) / 1_000);
  }

  /** What `wall` rounds, in µs; not a read. */
  wallMicros(now: Micros): number {
    return this.#frozenUs ?? this.#runningWall(now);
  }

  /** How far the wall clock is ahead of a correct one at this moment, µs, drift included. */
  errorUs(now: Micros): number {
    return this.wallMicros(now) - this.#epochUs - now;
  }

  /** The smallest virtual time ≥ `now` at which `localMicros` is ≥ `local`, if the rate stays as it is. */
  trueTimeOf(local: number, now: Micros): Micros {
    const wanted = local + this.#bootLocal - this.#segmentLocal;
    if (this.#ppm === 0) return Math.max(now, this.#segmentStart + wanted);
    // elapsed + floor(elapsed · ppm / M) = floor(elapsed · (M + ppm) / M) ≥ wanted exactly when elapsed ≥ wanted · M / (M + ppm).
    const divisor = MILLION + this.#ppm;
    const whole = wholePart(wanted, divisor);
    const rest = wanted - whole * divisor;
    return Math.max(now, this.#segmentStart + whole * MILLION + Math.ceil((rest * MILLION) / divisor));
  }

  /** @param ppm integer −100_000…100_000 */
  setRate(now: Micros, ppm: number): void {
    if (checkedPpm(ppm) === this.#ppm) return;
    this.#beginSegment(now);
    this.#ppm = ppm;
    this.onChange?.("rate");
  }

  /** Moves the wall clock by integer µs, also a frozen one. */
  addOffset(now: Micros, deltaUs: number): void {
    assert(Number.isSafeInteger(deltaUs), "a clock offset is integer µs", { deltaUs, now });
    this.#offsetUs += deltaUs;
    if (this.#frozenUs !== undefined) this.#frozenUs += deltaUs;
    if (deltaUs !== 0) this.onChange?.("wall");
  }

  /** Stops the wall clock where it is. */
  freeze(now: Micros): void {
    if (this.#frozenUs !== undefined) return;
    this.#frozenUs = this.#runningWall(now);
    this.onChange?.("wall");
  }

  /** Ends a freeze: the wall clock steps to where it would be without it. */
  unfreeze(_now: Micros): void {
    if (this.#frozenUs === undefined) return;
    this.#frozenUs = undefined;
    this.onChange?.("wall");
  }

  /**
   * Lets the wall clock alone run fast or slow from now on, evenly, until it has gained `byUs` after `over`.
   *
   * @param over integer µs ≥ 1
   */
  smear(now: Micros, byUs: number, over: Micros): ClockSmear {
    const smear: Smear = { from: now, over, byUs };
    this.#smears.add(smear);
    this.onChange?.("wall");
    return {
      settle: () => this.onChange?.("wall"),
      end: () => {
        if (this.#smears.delete(smear)) this.onChange?.("wall");
      },
    };
  }

  /** What smears let the wall clock gain now beside the machine's own rate, parts per million; may be a fraction. */
  smearPpm(now: Micros): number {
    let ppm = 0;
    for (const { from, over, byUs } of this.#smears) if (now - from < over) ppm += (byUs / over) * MILLION;
    return ppm;
  }

  /** Starts `monotonic` at 0 again. The wall clock runs on: machines have a battery for it. */
  reboot(now: Micros): void {
    this.#beginSegment(now);
    this.#bootLocal = this.#segmentLocal;
    this.onBoot?.();
  }

  #runningWall(now: Micros): number {
    let wall = this.#epochUs + this.#elapsed(now) + this.#offsetUs;
    for (const smear of this.#smears) wall += gainOf(smear, now);
    return wall;
  }

  #beginSegment(now: Micros): void {
    this.#segmentLocal = this.#elapsed(now);
    this.#segmentStart = now;
  }

  /** The machine's own µs since virtual time 0. */
  #elapsed(now: Micros): number {
    const elapsed = now - this.#segmentStart;
    const ppm = this.#ppm;
    if (ppm === 0) return this.#segmentLocal + elapsed;
    const seconds = wholePart(elapsed, MILLION);
    const rest = elapsed - seconds * MILLION;
    return this.#segmentLocal + elapsed + seconds * ppm + Math.floor((rest * ppm) / MILLION);
  }
}

/** A smear that began. */
export interface ClockSmear {
  /** To be called when its time is over: the wall clock's rate changes then. */
  readonly settle: () => void;
  /** Takes away what the wall clock gained; calling it twice is the same as once. */
  readonly end: () => void;
}

interface Smear {
  readonly from: Micros;
  readonly over: Micros;
  readonly byUs: number;
}

/** What a smear gained so far, integer µs. A quotient and a product are rounded the same everywhere and never fall with time. */
function gainOf({ from, over, byUs }: Smear, now: Micros): number {
  return now - from >= over ? byUs : Math.floor(byUs * ((now - from) / over));
}

/** floor(value / divisor), right for every safe integer: the quotient of two doubles may round up to the next integer. */
function wholePart(value: number, divisor: number): number {
  const quotient = Math.floor(value / divisor);
  return quotient * divisor > value ? quotient - 1 : quotient;
}

function checkedPpm(ppm: number): number {
  assert(
    Number.isInteger(ppm) && Math.abs(ppm) <= PPM_LIMIT,
    "a clock's drift is an integer of at most 100,000 ppm either way",
    { ppm },
  );
  return ppm;
}
