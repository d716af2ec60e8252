import type { EpochMark } from "./epoch-marks.ts";
import type { Position } from "./position.ts";
import type { ReplicatedDatabase } from "./replicated-database.ts";

/** The last transaction that two histories have in common; its position is `undefined` when that is not known. */
export interface Fork {
  readonly txid: bigint;
  readonly position: Position | undefined;
}

/**
 * Where this database's history leaves the one that the marks describe.
 *
 * When the marks say that it does not, and it is known to be elsewhere, an epoch had two chains (a primary whose disk was lost, and
 * which began again): then nothing is known to be common, and all that is kept counts as lost.
 */
export function describeFork(database: ReplicatedDatabase, marks: readonly EpochMark[], isDiverged: boolean): Fork {
  const txid = database.forkWith(marks);
  if (isDiverged && txid >= database.position.txid) return { txid: database.floor.txid, position: undefined };
  return { txid, position: database.positionAt(txid) };
}

/** Numbers of the transactions after `fork` up to `last`: `"12-14"`, `"12"`. */
export function lostRange(fork: bigint, last: bigint): string {
  const first = fork + 1n;
  return first === last ? String(first) : `${String(first)}-${String(last)}`;
}
