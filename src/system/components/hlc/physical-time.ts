import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";

export interface PhysicalTimeOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly maxOffsetMs: number;
  /** A wall reading of an earlier life of this node: true time is past it. 0 for none. */
  readonly lastWallMs: number;
}

/**
 * The wall clock of a node, watched by its monotonic one.
 *
 * Both advance at the same rate, so their difference moves only when the wall clock is stepped (or frozen). A step back of more
 * than a tenth of the largest offset is counted and stands until the wall is back; a jump forward of more than half of it is
 * counted (CockroachDB's two limits).
 */
export class PhysicalTime {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #backMs: number;
  readonly #forwardMs: number;
  /** Largest `wall − monotonic` seen: where the wall would be without steps back. */
  #best: number;
  #last: number;
  /** By how much the wall was behind when the standing step was last told; 0 without one. */
  #toldMs = 0;
  #backSteps = 0;
  #forwardJumps = 0;
  #wallMs = 0;
  #monotonicMs = 0;

  constructor(options: PhysicalTimeOptions) {
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#backMs = options.maxOffsetMs / 10;
    this.#forwardMs = options.maxOffsetMs / 2;
    this.#look();
    this.#last = this.#wallMs - this.#monotonicMs;
    this.#best = Math.max(this.#last, options.lastWallMs - this.#monotonicMs);
    this.read();
  }

  /** Reads both clocks and judges them. @returns wall time, ms. */
  read(): number {
    this.#look();
    const offset = this.#wallMs - this.#monotonicMs;
    const jump = offset - this.#last;
    this.#last = offset;
    if (jump > this.#forwardMs) {
      this.#forwardJumps++;
      this.#observer.point("hlc.jump", { direction: "forward", byMs: jump });
    }
    const behind = this.#best - offset;
    if (behind <= this.#backMs) this.#toldMs = 0;
    else if (behind > this.#toldMs + this.#backMs) {
      this.#backSteps++;
      this.#observer.point("hlc.jump", { direction: "back", byMs: behind - this.#toldMs });
      this.#toldMs = behind;
    }
    if (offset > this.#best) this.#best = offset;
    return this.#wallMs;
  }

  /** What "too far ahead" is measured from, at the last `read`: after a step back the time there would be without it. */
  get referenceMs(): number {
    return this.isStepped ? Math.max(this.#wallMs, this.#monotonicMs + this.#best) : this.#wallMs;
  }
  /** The wall clock stands behind where it has been. */
  get isStepped(): boolean {
    return this.#toldMs > 0;
  }
  get backSteps(): number {
    return this.#backSteps;
  }
  get forwardJumps(): number {
    return this.#forwardJumps;
  }

  /** Takes the present wall time for right, whatever it was before. */
  trust(): void {
    this.#look();
    this.#best = this.#last = this.#wallMs - this.#monotonicMs;
    this.#toldMs = 0;
  }

  #look(): void {
    this.#wallMs = this.#clock.wall();
    this.#monotonicMs = this.#clock.monotonic();
  }
}
