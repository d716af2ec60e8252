/** Ends a worker to whom nothing comes. */
export class IdleWatch {
  /** Resolves when nothing was under way for the given time; never without one. */
  readonly over: Promise<void>;
  readonly #idleMs: number | undefined;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  #resolve: () => void = () => undefined;

  constructor(idleMs: number | undefined) {
    this.#idleMs = idleMs;
    this.over = new Promise((resolve) => (this.#resolve = resolve));
    this.#arm();
  }

  begin(): void {
    this.#running++;
    clearTimeout(this.#timer);
  }

  end(): void {
    this.#running--;
    this.#arm();
  }

  stop(): void {
    this.#running = Infinity;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#idleMs !== undefined && this.#running === 0) this.#timer = setTimeout(this.#resolve, this.#idleMs);
  }
}
