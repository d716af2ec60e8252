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
  /** Asks for the lock; a token that has it already is granted it again, with the same number. Never rejects. */
  acquire(key: string, token: string, ttlMs: number): Promise<Asked>;
  /** Starts a grant's time anew. @returns false when the lock is not this token's. Rejects when nobody answered. */
  extend(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Ends a grant. @returns false when the lock is not this token's. Rejects when nobody answered. */
  release(key: string, token: string): Promise<boolean>;
}
