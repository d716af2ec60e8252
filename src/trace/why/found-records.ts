import type { RecordId } from "../record.ts";
import { WHY_RECORDS_MAX, type WhyRecord, type WhyRole } from "./why-slice.ts";

/** A record that belongs to a slice. */
export interface Found {
  readonly role: WhyRole;
  readonly because: string;
  readonly explains: RecordId;
  /** Low ranks are kept when there is no room for all. */
  readonly rank: number;
}

/** The records of a slice while it is made: each once, for the weightiest reason it was found for. */
export class FoundRecords {
  readonly #found = new Map<RecordId, Found>();

  add(id: RecordId, found: Found): void {
    const known = this.#found.get(id);
    if (known === undefined || found.rank < known.rank) this.#found.set(id, found);
  }

  ids(): RecordId[] {
    return [...this.#found.keys()];
  }

  entries(): Iterable<[RecordId, Found]> {
    return this.#found.entries();
  }

  /** The weightiest, in the order of the run; of equal weight the latest. Each explains a record that is kept too. */
  chosen(): { readonly records: WhyRecord[]; readonly left: number } {
    const ranked = [...this.#found].sort(([a, x], [b, y]) => x.rank - y.rank || b - a);
    const kept = ranked.slice(0, WHY_RECORDS_MAX).sort(([a], [b]) => a - b);
    const ids = new Set(kept.map(([id]) => id));
    const records = kept.map(([index, { role, because, explains }]) => ({
      index,
      role,
      because,
      explains: this.#nearestOf(ids, explains),
    }));
    return { records, left: ranked.length - kept.length };
  }

  /** The record, or the nearest that it led to in turn and that is kept. */
  #nearestOf(kept: ReadonlySet<RecordId>, explains: RecordId): RecordId {
    let id = explains;
    // Each explains a later record, or the violating one, which explains none: so this ends.
    while (id >= 0 && !kept.has(id)) id = this.#found.get(id)?.explains ?? -1;
    return id;
  }
}
