/**
 * Reduces a list to one from which no single item can be taken away (1-minimal), keeping the order.
 *
 * @param holds  Whether a shorter list still has the property; the whole list is taken to have it. Asked for no list twice.
 * @see Zeller & Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing Input", §3: ddmin.
 */
export async function ddmin<T>(
  items: readonly T[],
  holds: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  const asked = new Map<string, boolean>();
  const place = new Map(items.map((item, i) => [item, i]));
  const test = async (candidate: readonly T[]): Promise<boolean> => {
    const key = candidate.map((item) => place.get(item)).join();
    const known = asked.get(key);
    if (known !== undefined) return known;
    const answer = await holds(candidate);
    asked.set(key, answer);
    return answer;
  };
  let kept = items;
  for (let pieces = 2; kept.length > 0;) {
    const reduced = await reduce(kept, Math.min(pieces, kept.length), test);
    if (reduced !== undefined) {
      pieces = reduced.isComplement ? Math.max(pieces - 1, 2) : 2;
      kept = reduced.items;
    } else if (pieces < kept.length) pieces = Math.min(kept.length, pieces * 2);
    else break;
  }
  return kept;
}

/** A piece of a list, or all but one piece, that still has the property. */
async function reduce<T>(
  items: readonly T[],
  pieces: number,
  test: (items: readonly T[]) => Promise<boolean>,
): Promise<{ readonly items: readonly T[]; readonly isComplement: boolean } | undefined> {
  const border = (i: number): number => Math.floor((items.length * i) / pieces);
  if (pieces > 1) {
    for (let i = 0; i < pieces; i++) {
      const piece = items.slice(border(i), border(i + 1));
      if (await test(piece)) return { items: piece, isComplement: false };
    }
  }
  for (let i = 0; i < pieces; i++) {
    const rest = [...items.slice(0, border(i)), ...items.slice(border(i + 1))];
    if (await test(rest)) return { items: rest, isComplement: true };
  }
  return undefined;
}
