/** What asking once came to. */
export type Asked =
  | {
      readonly outcome: "granted";
      /** Larger than that of every earlier grant of the key, as far as the granter can know. */
      readonly fencing: bigint;
      /** When the asking that was granted began, ms of this node's monotonic clock: the grant's time counts from there. */
      readonly askedAtMs: number;
    }
  | { readonly outcome: "busy" }
  | {
      readonly outcome: "unavailable";
      readonly error: Error;
      /** Whether it may have been granted all the same, now or later. */
      readonly mayBeGranted: boolean;
    };

/** Who grants locks to tokens, as {@link LockClient} asks. Every call settles within a time the granter knows. */
export interface Granter {
  /**
   * Asks for the lock; a token that has it already is granted it again, with the same number. Never rejects.
   *
   * @param above The number is to be larger than this one too, where the granter can choose it.
   */
  acquire(key: string, token: string, ttlMs: number, above: bigint): Promise<Asked>;
  /** Asks for the lock of the token `from`, which is not its any more when that is granted. Never rejects. Not every granter can. */
  takeOver?(key: string, tokens: { readonly from: string; readonly to: string }, ttlMs: number): Promise<Asked>;
  /** Starts a grant's time anew. @returns false when the lock is not this token's. Rejects when nobody answered. */
  extend(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Ends a grant. @returns false when the lock is not this token's. Rejects when nobody answered. */
  release(key: string, token: string): Promise<boolean>;
}
