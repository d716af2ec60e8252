import type { Fields, Plain } from "./transport.ts";

/** How an operation ended: `ok`; `fail` = certainly did not happen; `info` = unknown, it may have happened or may still happen. */
export type Outcome = "ok" | "fail" | "info";

/** What a client asks for, and on what. `key` partitions the history for the checkers. */
export interface OperationCall {
  /** The operation in the words of its model: `"read"`, `"write"`, `"cas"`, … */
  readonly name: string;
  readonly key?: string;
  readonly value?: Plain;
}

/**
 * What a program lets be seen: the checkers judge it and the timeline draws it. Observations cost nothing live beyond a call,
 * never change what the program does, and are claims: safety is judged on what resources recorded, claims are compared with it.
 */
export interface Observer {
  /**
   * A named state of this node from now on (`role` = `leader`). Drawn as a band; the state lasts until the same key gets another
   * value or fields. Repeating the same value and fields is recorded once.
   */
  state(key: string, value: string, fields?: Fields): void;
  /** Something that happened at one moment. */
  point(name: string, fields?: Fields): void;
  /** A client's call begins. Returns the id to complete it with; unique in the run. */
  invoke(call: OperationCall): number;
  /** A client's call ended. `value` is what was read, or what the resource answered. Each id completes at most once. */
  complete(operation: number, outcome: Outcome, value?: Plain): void;
}

/** An {@link Observer} that sees nothing. */
export const silentObserver: Observer = {
  state: () => undefined,
  point: () => undefined,
  invoke: () => 0,
  complete: () => undefined,
};
