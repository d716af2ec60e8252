import type { Access } from "./model.ts";
import type { Value } from "./operation.ts";

/**
 * Removes operations as long as what is left is still wrong.
 *
 * Only what cannot make a good history bad is removed: an operation that changes nothing, or a written value with all that reads it.
 * Where an operation is no register's, or depends on what the value is not, the others' changes stay.
 *
 * @param ids  Operations to begin with.
 * @param keep  Stays.
 * @param accesses  By id.
 * @param isWrong  Judges what is left, within `triesMax` calls.
 */
export function shrink(options: {
  readonly ids: readonly number[];
  readonly keep: number;
  readonly accesses: readonly (Access | undefined)[];
  readonly isObserver: (id: number) => boolean;
  readonly isWrong: (ids: readonly number[]) => boolean;
  readonly triesMax: number;
}): readonly number[] {
  const { keep, accesses, isWrong } = options;
  let left = options.ids;
  let tries = options.triesMax;
  /** Tries to do without parts of `items`, halving the parts, where `without` says what is left of `left`. */
  const reduce = <Item>(items: readonly Item[], without: (gone: ReadonlySet<Item>) => readonly number[]): void => {
    for (let size = items.length; size >= 1 && tries > 0; size = Math.floor(size / 2)) {
      for (let from = 0; from < items.length && tries > 0; from += size) {
        const rest = without(new Set(items.slice(from, from + size)));
        if (rest.length === left.length || !rest.includes(keep)) continue;
        tries--;
        if (isWrong(rest)) left = rest;
      }
    }
  };
  const observers = left.filter((id) => id !== keep && options.isObserver(id));
  reduce(observers, (gone) => left.filter((id) => !gone.has(id)));
  const values = new Set<Value>();
  for (const id of left) {
    const access = accesses[id];
    if (access === undefined || access.avoids !== undefined) return left;
    if (access.writes !== undefined) values.add(access.writes);
  }
  reduce([...values], (gone) => withoutValues(left, accesses, gone));
  return left;
}

/** Without all that writes or reads one of these values, nor what their compare-and-set operations lead to. */
function withoutValues(
  ids: readonly number[],
  accesses: readonly (Access | undefined)[],
  values: ReadonlySet<Value>,
): readonly number[] {
  const gone = new Set(values);
  for (;;) {
    const touched = ids.filter((id) => {
      const { reads, writes } = accesses[id] as Access;
      return (reads !== undefined && gone.has(reads)) || (writes !== undefined && gone.has(writes));
    });
    const before = gone.size;
    for (const id of touched) {
      const writes = accesses[id]?.writes;
      if (writes !== undefined) gone.add(writes);
    }
    if (gone.size === before) return ids.filter((id) => !touched.includes(id));
  }
}
