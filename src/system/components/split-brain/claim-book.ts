import type { NodeId } from "../../ports/node.ts";

/** What a node says of itself: the term it is in, and whether it leads that term. */
export interface Claim {
  readonly term: number;
  readonly leads: boolean;
}

/** Two nodes that both claim to lead; `stale` has the lower term. */
export interface DualLeader {
  readonly stale: NodeId;
  readonly staleTerm: number;
  readonly other: NodeId;
  readonly otherTerm: number;
}

/**
 * The last claim of every member. A claim stands until its claimant makes another: a peer that became unreachable as the leader
 * is still taken to lead (the upstream of the seeds takes it not to, which hides exactly the split it should show).
 */
export class ClaimBook {
  readonly #claims = new Map<NodeId, Claim>();

  /** Takes a claim. One of an older term than the last is late, and ignored. */
  heard(node: NodeId, claim: Claim): void {
    const known = this.#claims.get(node);
    if (known !== undefined && (claim.term < known.term || (claim.term === known.term && claim.leads === known.leads)))
      return;
    this.#claims.set(node, claim);
  }

  /** The two standing claims of the lowest and the highest term; `undefined` while at most one node claims to lead. */
  dualLeader(): DualLeader | undefined {
    let stale: NodeId | undefined;
    let other: NodeId | undefined;
    let staleTerm = Infinity;
    let otherTerm = -1;
    for (const [node, { term, leads }] of this.#claims) {
      if (!leads) continue;
      if (term < staleTerm) {
        stale = node;
        staleTerm = term;
      }
      // Of two claims to one term (which must not happen) the first is taken for stale, the last for the other.
      if (term >= otherTerm) {
        other = node;
        otherTerm = term;
      }
    }
    if (stale === undefined || other === undefined || stale === other) return undefined;
    return { stale, staleTerm, other, otherTerm };
  }
}
