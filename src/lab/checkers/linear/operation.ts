/** What a register holds, or a key maps to. Two are the same when they are of one type and equal. */
export type Value = string | number | boolean | null;

/** One call of a client, from beginning to end, and what came of it. */
export interface Operation<Op> {
  /** Who called; for people only. */
  readonly client: string;
  /** What was asked for and what came back, in the words of a model. */
  readonly op: Op;
  /** When it began: any finite number, the index of an event best. */
  readonly call: number;
  /**
   * When its result was known. Absent: nobody knows whether it happened, so it may take effect at any time from its call on, or never.
   *
   * Operations whose times touch are concurrent: at equal times a call comes before a return.
   */
  readonly return?: number;
}

/** What happened, in any order. Operations that certainly did not happen are left out. */
export type History<Op> = readonly Operation<Op>[];
