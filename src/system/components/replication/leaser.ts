import type { NodeId } from "../../ports/node-id.ts";

/** Who the primary is, and of which epoch. */
export interface PrimaryInfo {
  readonly node: NodeId;
  readonly epoch: number;
}

/** The right to be the primary, for a while. */
export interface Lease {
  /** Names it for {@link Leaser.acquireExisting}. */
  readonly id: string;
  readonly epoch: number;
  /** Whether it holds now, by this node's own clock. */
  readonly isValid: boolean;
  /** Asks whether it holds still, and for longer. Never resolves later than a quarter of its length. */
  renew(): Promise<boolean>;
  /** Gives it up. */
  close(): void;
}

/**
 * Who may be the primary: LiteFS's contract, of which it has `consul` and `static` and we have `raft`, `static` and `lease`.
 *
 * @see superfly/litefs `lease.go`.
 */
export interface Leaser {
  readonly type: "raft" | "static" | "lease";
  /** The lease, if this node may have it now. @throws {NotPrimaryError} naming the primary, when one is known. */
  acquire(): Promise<Lease>;
  /** The lease of that id, which was handed to this node. @throws {NotPrimaryError} when it was not, or has ended. */
  acquireExisting(leaseId: string): Promise<Lease>;
  /** `undefined` while nobody is known to be primary. */
  primaryInfo(): PrimaryInfo | undefined;
  /** `""` while the cluster has no name. */
  clusterId(): string;
  /** Names the cluster, once and for all: who comes second gets the first one's name. Resolves with the name that holds. */
  setClusterId(id: string): Promise<string>;
}
