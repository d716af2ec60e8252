import type { ReplicatedDatabase } from "../replication/replicated-database.ts";
import type { Standing } from "./proxy-node.ts";
import type { SessionMark } from "./session-mark.ts";

/** The part of a replicated database that is asked. */
export type Chain = Pick<ReplicatedDatabase, "appliedPosition" | "marks" | "hasOnChain">;

/**
 * Where a replicated database stands towards a mark.
 *
 * Numbers repeat after a failover that lost transactions, so a number is looked for within its epoch: an epoch has one primary and one
 * history. When the chain has less of that epoch and goes on with a later one, the transaction is not on it, whatever its number.
 */
export function standingOn(database: Chain, mark: SessionMark): Standing {
  const shown = database.appliedPosition;
  // While another history is put in place, what is shown is of neither.
  if (database.hasOnChain(shown) !== true) return "behind";
  if (mark.txid === 0n) return "reached";
  const isShown = mark.txid <= shown.txid;
  if (mark.epoch < 0) return isShown ? "reached" : "behind";
  const { marks } = database;
  const place = marks.findIndex(({ epoch }) => epoch === mark.epoch);
  const end = marks[place]?.position.txid ?? 0n;
  const start = marks[place - 1]?.position.txid ?? 0n;
  if (start < mark.txid && mark.txid <= end) return isShown ? "reached" : "behind";
  return marks.some(({ epoch }) => epoch > mark.epoch) ? "lost" : "behind";
}

/** The mark of what a replicated database shows; `undefined` while another history is put in place. */
export function markShown(database: Chain): SessionMark | undefined {
  const shown = database.appliedPosition;
  if (database.hasOnChain(shown) !== true) return undefined;
  const { txid } = shown;
  return { txid, epoch: database.marks.find(({ position }) => position.txid >= txid)?.epoch ?? 0 };
}
