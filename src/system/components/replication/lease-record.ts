import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import { formatPosition, isSamePosition, parsePosition, type Position } from "./position.ts";

/** What a lease's store says of its last holder: written by the holder, at each renewal anew. */
export interface LeaseRecord {
  readonly node: NodeId;
  readonly epoch: number;
  /** Where the holder's chain begins, or as much of it as another node has too. */
  readonly position: Position;
}

/** How far a node's own data go. */
export interface DataStanding {
  /** Largest epoch that it has heard of. */
  readonly maxEpoch: number;
  /** Epoch of its last transaction; 0 for none. */
  readonly epoch: number;
  /** Durable and applied. */
  readonly position: Position;
}

/**
 * Whether a node may be the newest there is, as far as the record of the last holder tells.
 *
 * It has what the holder shared of its epoch; or, when it has nothing of that epoch, it is exactly where the holder began. So a former
 * primary that was asleep does not win, however long its own tail: that is of an older epoch. The holder itself may come back, as long
 * as nobody newer has taken over.
 *
 * @see patroni/patroni#2787.
 */
export function mayBeNewest(own: DataStanding, record: LeaseRecord | undefined): boolean {
  if (record === undefined || own.epoch > record.epoch) return true;
  if (own.epoch === record.epoch) return own.position.txid >= record.position.txid;
  return isSamePosition(own.position, record.position);
}

export function formatLeaseRecord({ node, epoch, position }: LeaseRecord): string {
  return `${String(epoch)} ${formatPosition(position)} ${node}`;
}

/** Reads what {@link formatLeaseRecord} wrote. @throws {FaultlineError} `LEASE_RECORD` */
export function parseLeaseRecord(text: string): LeaseRecord {
  const match = /^([1-9][0-9]{0,15}) (\S{33}) (\S+)$/.exec(text);
  if (match === null)
    throw new FaultlineError("LEASE_RECORD", `a lease's record is "EPOCH POSITION NODE"; got "${text.slice(0, 80)}".`);
  const [, epoch, position, node] = match as unknown as [string, string, string, string];
  return { node: node as NodeId, epoch: Number(epoch), position: parsePosition(position) };
}
