import { FaultlineError } from "../../ports/errors.ts";
import { formatPosition, type Position } from "./position.ts";

/** A transaction that was not made at the position of the database it came to: it is a gap, a repetition, or another history. */
export class PositionMismatchError extends FaultlineError {
  constructor(expected: Position, got: Position) {
    super(
      "REPLICATION_POSITION_MISMATCH",
      `a transaction made at ${formatPosition(got)} came to a database at ${formatPosition(expected)}.`,
      { expected: formatPosition(expected), got: formatPosition(got) },
    );
  }
}

/** There is nothing kept from which the database could go back to that position: take a snapshot of the primary instead. */
export class NoCheckpointError extends FaultlineError {
  constructor(position: Position, oldest: Position) {
    super(
      "REPLICATION_NO_CHECKPOINT",
      `nothing is kept to go back to ${formatPosition(position)}; the oldest checkpoint is ${formatPosition(oldest)}.`,
      { position: formatPosition(position), oldest: formatPosition(oldest) },
    );
  }
}

/** Changes that the state machine can never apply, refused before they become a transaction. */
export class ChangesRefusedError extends FaultlineError {
  constructor(reason: string) {
    super("REPLICATION_CHANGES", reason, { reason });
  }
}
