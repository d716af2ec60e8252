import { FaultlineError, type ErrorFacts } from "./errors.ts";

/** A database that refused: the base of what a write can meet on a node that may not make it. Nothing was changed. */
export class DatabaseError extends FaultlineError {}

/** A write on a node that is not the primary. Send it to {@link primaryHostname}. */
export class NotPrimaryError extends DatabaseError {
  /** Where the primary is; `undefined` when this node knows of none. */
  readonly primaryHostname: string | undefined;
  constructor(primaryHostname?: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    const where = primaryHostname === undefined ? "No primary is known; try again later." : `It is ${primaryHostname}.`;
    super("ENOTPRIMARY", `This node is not the primary. ${where}`, { ...facts, primaryHostname }, options);
    this.primaryHostname = primaryHostname;
  }
}

/** A write during a split-brain, or while nobody can say that there is none. Writes are disabled for now; try again later. */
export class SplitBrainError extends DatabaseError {
  constructor(reason: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(
      "ESPLITBRAIN",
      `Split-brain condition detected: ${reason}. Writes are disabled; try again later.`,
      facts,
      options,
    );
  }
}

/** A write of a leadership that is over: the store has seen a newer epoch, or the leadership ended before the commit. */
export class StaleEpochError extends DatabaseError {
  /** Epoch of the write. */
  readonly epoch: number;
  /** Largest epoch that is known. */
  readonly maxEpoch: number;
  constructor(epoch: number, maxEpoch: number, options?: ErrorOptions) {
    super(
      "ESTALEEPOCH",
      `The write belongs to epoch ${epoch}, and epoch ${maxEpoch} has begun. Look for the new primary.`,
      { epoch, maxEpoch },
      options,
    );
    this.epoch = epoch;
    this.maxEpoch = maxEpoch;
  }
}
