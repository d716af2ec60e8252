/** Runs actions one after another for each path, in the order of their calls; different paths do not wait for each other. */
export class PathQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs the action once every earlier one on any of these paths has ended, well or not. */
  async run<T>(paths: readonly string[], action: () => Promise<T>): Promise<T> {
    const before = paths.map((path) => this.#tails.get(path)).filter((tail) => tail !== undefined);
    const result = before.length === 0 ? action() : Promise.all(before).then(action);
    const tail = result.then(ignore, ignore);
    for (const path of paths) this.#tails.set(path, tail);
    try {
      return await result;
    } finally {
      for (const path of paths) if (this.#tails.get(path) === tail) this.#tails.delete(path);
    }
  }

  /** Runs the action once everything that was called before has ended. Later calls do not wait for it. */
  async runAfterAll<T>(action: () => Promise<T>): Promise<T> {
    await Promise.all(this.#tails.values());
    return action();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}

function ignore(): void {
  // The caller of the action gets its error; the next in the queue only waits for the end.
}
