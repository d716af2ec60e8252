/** How far back a loss of writes can reach, ms. */
export const JOURNAL_MS = 60_000;

interface Write<Value> {
  readonly atMs: number;
  readonly key: string;
  /** What stood there before; `undefined` for nothing. */
  readonly old: Value | undefined;
}

/** What the writes of the last {@link JOURNAL_MS} replaced, so that a replica can lack the last of them. */
export class WriteJournal<Value> {
  readonly #now: () => number;
  #writes: Write<Value>[] = [];

  /** @param now ms of the monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(key: string, old: Value | undefined): void {
    const atMs = this.#now();
    this.#writes.push({ atMs, key, old });
    // Half of what is kept is over: forget it, in time that all its additions share.
    const middle = this.#writes[this.#writes.length >> 1] as Write<Value>;
    if (atMs - middle.atMs > JOURNAL_MS) this.#writes = this.#writes.filter((write) => atMs - write.atMs <= JOURNAL_MS);
  }

  /** Takes out the writes of the last `lastMs`. @returns each key once, with what stood there before all of them. */
  takeSince(lastMs: number): { readonly key: string; readonly old: Value | undefined }[] {
    const since = this.#now() - Math.min(lastMs, JOURNAL_MS);
    const lost = this.#writes.filter((write) => write.atMs > since);
    this.#writes = this.#writes.filter((write) => write.atMs <= since);
    const first = new Map<string, Write<Value>>();
    for (const write of lost) if (!first.has(write.key)) first.set(write.key, write);
    return [...first.values()];
  }
}
