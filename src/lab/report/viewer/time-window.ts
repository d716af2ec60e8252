const SPAN_MIN = 200;
const EASE_MS = 120;

/** The stretch of the run in sight: inside the run, never shorter than a few µs, moved in a moment or at once. */
export class TimeWindow {
  readonly #endTime: number;
  readonly #changed: () => void;
  readonly #settled: () => void;
  #from: number;
  #to: number;

  /**
   * @param changed  Called whenever it moved, many times in one motion.
   * @param settled  Called once a motion has ended.
   */
  constructor(
    first: { readonly from: number; readonly to: number; readonly endTime: number },
    hands: { readonly changed: () => void; readonly settled: () => void },
  ) {
    this.#from = first.from;
    this.#to = first.to;
    this.#endTime = first.endTime;
    this.#changed = hands.changed;
    this.#settled = hands.settled;
  }

  get from(): number {
    return this.#from;
  }
  get to(): number {
    return this.#to;
  }

  show(from: number, to: number): void {
    const goal = this.#clip(from, to);
    this.#from = goal.from;
    this.#to = goal.to;
    this.#changed();
  }

  /** Moves by a part of its width. */
  pan(part: number): void {
    const shift = (this.#to - this.#from) * part;
    this.ease(this.#from + shift, this.#to + shift);
  }

  /** Grows by a factor around a moment that stays where it is. */
  zoom(factor: number, at: number): void {
    const span = Math.max(SPAN_MIN, Math.min(this.#endTime, (this.#to - this.#from) * factor));
    const part = (at - this.#from) / (this.#to - this.#from);
    this.ease(at - span * part, at + span * (1 - part));
  }

  /** Brings a moment into sight, in the middle; stays where it is when the moment is well inside. */
  reveal(at: number): void {
    const span = this.#to - this.#from;
    if (at < this.#from + span / 40 || at > this.#to - span / 40) this.ease(at - span / 2, at + span / 2);
  }

  /** Moves there in a moment; at once when the reader wants no motion. */
  ease(from: number, to: number): void {
    const start = { from: this.#from, to: this.#to };
    const goal = this.#clip(from, to);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden) {
      this.show(goal.from, goal.to);
      this.#settled();
      return;
    }
    const began = performance.now();
    const frame = (now: number): void => {
      const part = Math.min(1, Math.max(0, (now - began) / EASE_MS));
      const eased = part * (2 - part);
      this.show(start.from + (goal.from - start.from) * eased, start.to + (goal.to - start.to) * eased);
      if (part < 1) requestAnimationFrame(frame);
      else this.#settled();
    };
    requestAnimationFrame(frame);
  }

  #clip(from: number, to: number): { readonly from: number; readonly to: number } {
    const span = Math.max(SPAN_MIN, Math.min(this.#endTime, to - from));
    const start = Math.max(0, Math.min(this.#endTime - span, from));
    return { from: start, to: start + span };
  }
}
