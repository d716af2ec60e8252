import { FaultlineError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";
import { formatPosition, hex16, nextPosition, parsePosition, type Position } from "./position.ts";

/** One transaction of a replicated database (LiteFS calls its file LTX). */
export interface Transaction {
  /** Where a database stands that has it. */
  readonly position: Position;
  /** Checksum of the position it was made at, whose number is one less. */
  readonly preChecksum: bigint;
  /** Epoch of the primary that made it; never less than that of the transaction before. */
  readonly epoch: number;
  /** What it does, in the words of the state machine. */
  readonly changes: Plain;
}

/** A transaction on the wire and on the disk. */
export interface StoredTransaction {
  /** The position as text. */
  readonly position: string;
  /** 16 hex digits. */
  readonly pre: string;
  readonly epoch: number;
  readonly changes: Plain;
  readonly [key: string]: Plain;
}

export function makeTransaction(pre: Position, epoch: number, changes: Plain): Transaction {
  return { position: nextPosition(pre, epoch, changes), preChecksum: pre.checksum, epoch, changes };
}

/** The position that a transaction was made at. */
export function positionBefore({ position, preChecksum }: Transaction): Position {
  return { txid: position.txid - 1n, checksum: preChecksum };
}

export function encodeTransaction({ position, preChecksum, epoch, changes }: Transaction): StoredTransaction {
  return { position: formatPosition(position), pre: hex16(preChecksum), epoch, changes };
}

/** Reads a transaction, and makes its checksum anew. @throws {FaultlineError} `REPLICATION_DAMAGED` when it comes out different. */
export function decodeTransaction(stored: Plain): Transaction {
  const { position, pre, epoch, changes } = stored as StoredTransaction;
  const after = parsePosition(position);
  const made = makeTransaction({ txid: after.txid - 1n, checksum: BigInt(`0x${pre}`) }, epoch, changes);
  if (made.position.checksum !== after.checksum)
    throw new FaultlineError("REPLICATION_DAMAGED", `the transaction of position ${position} is not what was made.`, {
      position,
    });
  return made;
}
