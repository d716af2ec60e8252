import type { SummaryRow } from "../../trace/result.ts";

/** What was counted of a run's receipts. */
export interface ReceiptCounts {
  readonly created: Set<string>;
  /** How often each key entered the OFD's accepted set. */
  readonly accepted: Map<string, number>;
  readonly dead: Set<string>;
  attempts: number;
  replays: number;
  staleRefusals: number;
  manualSyncs: number;
  skippedManually: number;
  stamps: number;
  /** Last stamp of each node. */
  readonly stampedBy: Map<string, string>;
  isMonotonic: boolean;
  /** Stamp of each till's receipt that was accepted last. */
  readonly ordered: Map<string, string>;
  isOrdered: boolean;
}

/** The figures of the seed's report: created, received, duplicates, breaker, clocks, order. */
export function summarize(
  counts: ReceiptCounts,
  breakers: readonly { readonly node: string; readonly path: string }[],
): SummaryRow[] {
  const { created, accepted, dead } = counts;
  const received = [...accepted.values()].reduce((sum, times) => sum + times, 0);
  const duplicates = received - accepted.size;
  const synced = [...created].filter((id) => accepted.has(id)).length;
  const lost = [...dead].filter((id) => !accepted.has(id)).length;
  const open = [...created].filter((id) => !accepted.has(id) && !dead.has(id)).length;
  const row = (name: string, value: string, isGood = true): SummaryRow => ({ name, value, isGood });
  const more = [
    `${String(counts.attempts)} attempts`,
    ...(counts.replays === 0 ? [] : [`${String(counts.replays)} answered again`]),
    ...(counts.staleRefusals === 0 ? [] : [`${String(counts.staleRefusals)} refused by token`]),
  ];
  const rows = [
    row("receipts created", String(created.size)),
    row("receipts synced", `${String(synced)}${open === 0 ? "" : `, ${String(open)} still pending`}`, open === 0),
    row("OFD received", `${String(received)} in ${more.join(", ")}`),
    row("duplicates", String(duplicates), duplicates === 0),
  ];
  if (dead.size > 0) {
    const had = dead.size - lost;
    rows.push(row("given up", `${String(dead.size)}${had === 0 ? "" : `, ${String(had)} of them accepted`}`, false));
  }
  if (counts.manualSyncs > 0) {
    const ran = counts.manualSyncs - counts.skippedManually;
    rows.push(
      row(
        "manual syncs",
        `${String(counts.manualSyncs)}: ${String(ran)} ran, ${String(counts.skippedManually)} found the lock taken`,
      ),
    );
  }
  for (const { node, path } of breakers) rows.push(row(`breaker of ${node}`, path));
  const { size } = counts.stampedBy;
  const nodes = `${String(counts.stamps)} stamps on ${String(size)} ${size === 1 ? "node" : "nodes"}`;
  rows.push(row("HLC monotonic", `${counts.isMonotonic ? "yes" : "no"}, ${nodes}`, counts.isMonotonic));
  rows.push(
    row(
      "order preserved",
      counts.isOrdered ? "yes, at the OFD for every till" : "no",
      counts.isOrdered || dead.size > 0,
    ),
  );
  return rows;
}
