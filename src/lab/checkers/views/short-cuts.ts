import type { Micros } from "../../../trace/record.ts";

/** How long each link has been cut without having been up for long enough in between to count as up. */
export class ShortCuts {
  /** The longest cut that counts as short. */
  readonly limit: Micros;
  /** A link that comes up for less than this stays cut. */
  readonly #gap: Micros;
  readonly #since = new Map<string, Micros>();
  readonly #upSince = new Map<string, Micros>();

  constructor(options: { readonly limit: Micros; readonly gap: Micros }) {
    this.limit = options.limit;
    this.#gap = options.gap;
  }

  /** A link changes. @returns whether a cut ends with it, for now. */
  change(link: string, isCut: boolean, now: Micros): boolean {
    if (!isCut) {
      if (this.#since.has(link)) this.#upSince.set(link, now);
      return this.#since.has(link);
    }
    const up = this.#upSince.get(link);
    if (up === undefined || now - up >= this.#gap) this.#since.set(link, now);
    this.#upSince.delete(link);
    return false;
  }

  /** A link that has been cut for longer than the limit; `undefined` for none. */
  tooLong(now: Micros): string | undefined {
    for (const [link, since] of this.#since) if ((this.#upSince.get(link) ?? now) - since > this.limit) return link;
    return undefined;
  }
}
