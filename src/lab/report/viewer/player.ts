/** Virtual seconds in a second of the reader's, from the slowest. */
const SPEEDS = [0.001, 0.01, 0.1, 1, 10, 100] as const;

/** Moves a cursor on as time passes. */
export class Player {
  readonly #move: (by: number) => boolean;
  readonly #said: (words: string, isPlaying: boolean) => void;
  #speed = 2;
  #isPlaying = false;
  #last = 0;

  /**
   * @param move  Moves the cursor on by µs of virtual time; false at the end of the run.
   * @param said  Hears how fast it goes whenever that changes.
   */
  constructor(move: (by: number) => boolean, said: (words: string, isPlaying: boolean) => void) {
    this.#move = move;
    this.#said = said;
  }

  toggle(): void {
    this.#isPlaying = !this.#isPlaying;
    this.#tell();
    if (!this.#isPlaying) return;
    this.#last = performance.now();
    requestAnimationFrame((now) => {
      this.#frame(now);
    });
  }

  faster(by: 1 | -1): void {
    this.#speed = Math.max(0, Math.min(SPEEDS.length - 1, this.#speed + by));
    this.#tell();
  }

  #frame(now: number): void {
    if (!this.#isPlaying) return;
    const passed = Math.max(0, now - this.#last) * 1_000 * (SPEEDS[this.#speed] ?? 1);
    this.#last = now;
    if (!this.#move(passed)) this.toggle();
    else
      requestAnimationFrame((next) => {
        this.#frame(next);
      });
  }

  #tell(): void {
    this.#said(`${String(SPEEDS[this.#speed])} s a second`, this.#isPlaying);
  }
}
