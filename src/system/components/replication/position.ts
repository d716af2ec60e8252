import { assert, FaultlineError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";

/**
 * Where a database stands: how many transactions it has, and the name of the history that they are.
 *
 * `checksum` is a chain: each transaction's is made of the one before it and of all that the transaction says. Two databases at one
 * position have the same history, as two repositories at one commit have. It says nothing of bits that rot in the state itself.
 */
export interface Position {
  /** Number of the last transaction, from 1; 0 before the first. Unsigned, 64 bits. */
  readonly txid: bigint;
  /** Unsigned, 64 bits; 0 before the first transaction. */
  readonly checksum: bigint;
}

/** Before the first transaction: on every chain. */
export const START: Position = { txid: 0n, checksum: 0n };

const TXID_MAX = 0xffff_ffff_ffff_ffffn;

/** Sixteen hex digits. */
export function hex16(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

/** `%016x/%016x`, as LiteFS writes it. */
export function formatPosition({ txid, checksum }: Position): string {
  return `${hex16(txid)}/${hex16(checksum)}`;
}

/** Reads what {@link formatPosition} wrote. @throws {FaultlineError} `REPLICATION_POSITION` */
export function parsePosition(text: string): Position {
  if (!/^[0-9a-f]{16}\/[0-9a-f]{16}$/.test(text))
    throw new FaultlineError(
      "REPLICATION_POSITION",
      `a position is 16 hex digits, "/" and 16 hex digits; got "${text}".`,
      { text },
    );
  return { txid: BigInt(`0x${text.slice(0, 16)}`), checksum: BigInt(`0x${text.slice(17)}`) };
}

export function isSamePosition(a: Position, b: Position): boolean {
  return a.txid === b.txid && a.checksum === b.checksum;
}

/** The position after a transaction that was made at `pre`. */
export function nextPosition(pre: Position, epoch: number, changes: Plain): Position {
  assert(pre.txid < TXID_MAX, "transaction numbers fit into 64 bits");
  const checksum = hash64(`${formatPosition(pre)}/${String(epoch)}/${JSON.stringify(changes)}`);
  return { txid: pre.txid + 1n, checksum };
}

/** Two multiplicative lanes over the UTF-16 units, mixed as murmur3 does: no two histories share it by accident, but a forger could. */
function hash64(text: string): bigint {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
