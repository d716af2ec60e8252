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
 * @param isWrong  Judges what is left.
 * @param workMax  Operations to judge, of all tries together.
 */
export function shrink(options: {
  readonly ids: readonly number[];
  readonly keep: number;
  readonly accesses: readonly (Access | undefined)[];
  readonly isObserver: (id: number) => boolean;
  readonly isWrong: (ids: readonly number[]) => boolean;
  readonly workMax: number;
}): readonly number[] {
  const { keep, accesses, isWrong } = options;
  let left = options.ids;
  let work = options.workMax;
  /** Tries to do without parts of what `items` names, halving the parts, where `without` says what is left of `left`. */
  const reduce = <Item>(
    items: () => readonly Item[],
    without: (gone: ReadonlySet<Item>) => readonly number[],
  ): void => {
    let now = items();
    for (let size = now.length; size >= 1 && work > 0; size = Math.min(Math.floor(size / 2), now.length)) {
      for (let from = 0; from < now.length && work > 0; from += size) {
        const rest = without(new Set(now.slice(from, from + size)));
        work -= left.length;
        if (rest.length < left.length && rest.includes(keep) && isWrong(rest)) left = rest;
      }
      now = items();
    }
  };
  reduce(
    () => left.filter((id) => id !== keep && options.isObserver(id)),
    (gone) => left.filter((id) => !gone.has(id)),
  );
  if (left.some((id) => accesses[id] === undefined || accesses[id].avoids !== undefined)) return left;
  reduce(
    () => valuesOf(left, accesses),
    (gone) => withoutValues(left, accesses, gone),
  );
  return left;
}

function valuesOf(ids: readonly number[], accesses: readonly (Access | undefined)[]): Value[] {
  const values = new Set<Value>();
  for (const id of ids) {
    const writes = accesses[id]?.writes;
    if (writes !== undefined) values.add(writes);
  }
  return [...values];
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
