import type { SessionMark } from "./session-mark.ts";

/**
 * Where a database stands towards a mark: `reached`, it has that transaction and shows it; `behind`, it has not, and may get it; `lost`,
 * its history went on without it.
 */
export type Standing = "reached" | "behind" | "lost";

/** What a proxy asks of the node it stands before. Everything is answered at once, from what the node itself knows. */
export interface ProxyNode {
  /** By which the others know it. */
  readonly id: string;
  /** Whether writes are let in here now. */
  readonly isPrimary: boolean;
  /** Of the leadership that this node knows of; of its own while it is the primary. */
  readonly epoch: number;
  /** Who is known to be the primary, or to become it; may be this node itself. `undefined` while nobody is. */
  primary(): string | undefined;
  /** Of the last transaction that reads here show; `txid` 0 before the first, `undefined` while another history is put in place. */
  position(): SessionMark | undefined;
  standing(mark: SessionMark): Standing;
  /** For how long it may have lacked something that its primary had, ms; 0 at the primary, `Infinity` when it never had all of it. */
  readonly lagMs: number;
}
