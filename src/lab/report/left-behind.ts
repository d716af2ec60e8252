import type { PointRecord } from "../../trace/record.ts";

/** Counts the transactions that some node had and the cluster has not: `lost-found` records, in which several nodes may name the same. */
export class LeftBehind {
  readonly #seen = new Set<string>();

  get count(): number {
    return this.#seen.size;
  }

  point({ name, fields }: PointRecord): void {
    if (name !== "lost-found") return;
    const [first = 0, last = first] = String(fields["txids"]).split("-").map(Number);
    for (let txid = first; txid <= last; txid++) this.#seen.add(`${String(fields["epoch"])}:${String(txid)}`);
  }
}
