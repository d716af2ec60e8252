import type { Message, Plain } from "../../ports/transport.ts";
import { formatPosition, parsePosition } from "./position.ts";
import type { DatabaseSnapshot } from "./replicated-database.ts";
import type { StoredTransaction } from "./transaction.ts";

/** A replica asks the primary of `epoch` to be sent what it lacks. Repeated until it is answered. */
export interface Hello extends Message {
  readonly type: "repl.hello";
  readonly epoch: number;
  /** Names this request; every answer to it says so, and answers to earlier ones are ignored. */
  readonly session: number;
  readonly position: string;
  /** Epoch of its last transaction. */
  readonly lastEpoch: number;
  /** `""` when it belongs to none yet. */
  readonly clusterId: string;
}

/** Transactions in order, or none: then it says that the primary is there, and where. */
export interface Transactions extends Message {
  readonly type: "repl.tx";
  readonly epoch: number;
  readonly session: number;
  readonly clusterId: string;
  /** Of the primary. */
  readonly position: string;
  readonly transactions: readonly StoredTransaction[];
}

type StoredMark = readonly [epoch: number, position: string];

/** The whole database, for a replica that transactions cannot bring up to date. */
export interface Snapshot extends Message {
  readonly type: "repl.snapshot";
  readonly epoch: number;
  readonly session: number;
  readonly clusterId: string;
  readonly position: string;
  readonly state: Plain;
  readonly marks: readonly StoredMark[];
  /** The replica's position is certainly not on the primary's chain. False: it may be, further back than the primary can tell. */
  readonly isDiverged: boolean;
}

/** What of the stream is durable and applied at the replica; `isGap`: something before what came is missing. */
export interface Ack extends Message {
  readonly type: "repl.ack";
  readonly epoch: number;
  readonly session: number;
  readonly position: string;
  readonly isGap: boolean;
}

/** The primary will not serve this replica: it belongs to another cluster (`reason` `cluster`). */
export interface Refusal extends Message {
  readonly type: "repl.refuse";
  readonly epoch: number;
  readonly session: number;
  readonly reason: string;
  readonly clusterId: string;
}

export type ReplicationMessage = Hello | Transactions | Snapshot | Ack | Refusal;

export function snapshotMessage(
  { position, state, marks }: DatabaseSnapshot,
  head: Pick<Snapshot, "epoch" | "session" | "clusterId" | "isDiverged">,
): Snapshot {
  return {
    type: "repl.snapshot",
    epoch: head.epoch,
    session: head.session,
    clusterId: head.clusterId,
    position: formatPosition(position),
    state,
    marks: marks.map((mark): StoredMark => [mark.epoch, formatPosition(mark.position)]),
    isDiverged: head.isDiverged,
  };
}

export function snapshotOf({ position, state, marks }: Snapshot): DatabaseSnapshot {
  return {
    position: parsePosition(position),
    state,
    marks: marks.map(([epoch, at]) => ({ epoch, position: parsePosition(at) })),
  };
}
