/** Facts of an error, as data; the text is built from them last. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/**
 * The one base of every error this package throws on purpose.
 *
 * `code` is stable and in capitals; `facts` is what a program may want to read; the message says what, where, expected versus
 * got, and the next step.
 */
export class FaultlineError extends Error {
  readonly code: string;
  readonly facts: ErrorFacts;
  constructor(code: string, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** Thrown by a program that stops itself because going on would be unsafe (a failed fsync, a corrupt log). Ends its process. */
export class FailStopError extends FaultlineError {
  constructor(message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super("FAIL_STOP", message, facts, options);
  }
}

export type DiskErrorCode = "DISK_FULL" | "DISK_IO" | "DISK_NOT_FOUND" | "DISK_PATH" | "DISK_READ_ONLY";

/** A disk operation that failed. `facts` holds `operation` and `path`. */
export class DiskError extends FaultlineError {
  constructor(code: DiskErrorCode, operation: string, path: string, options?: ErrorOptions) {
    super(code, `${operation} of "${path}" failed.`, { operation, path }, options);
  }
}

/** A configuration that cannot work (the seeds' `LiteFSConfigError`). */
export class LiteFSConfigError extends FaultlineError {}

/** Split-brain cannot be resolved, a strategy failed, or the strategy is not known. */
export class SplitBrainDetectedError extends LiteFSConfigError {
  constructor(message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super("SPLIT_BRAIN_DETECTED", message, facts, options);
  }
}

/** A fence that could not be verified: the node must be taken to be still able to write. */
export class FenceFailedError extends SplitBrainDetectedError {}

/** Throws when `condition` does not hold; `message` states the positive form ("terms only grow"). Stays on in production. */
export function assert(condition: boolean, message: string, facts: ErrorFacts = {}): asserts condition {
  if (!condition) throw new FaultlineError("ASSERTION", message, facts);
}
