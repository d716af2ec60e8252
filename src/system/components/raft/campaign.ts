import type { NodeId } from "../../ports/node.ts";
import { majorityOf } from "./raft-config.ts";

/** One attempt to be elected: who has granted what was asked. */
export class Campaign {
  readonly stage: "pre-vote" | "vote";
  /** The term that is campaigned for. */
  readonly term: number;
  readonly #voters: readonly NodeId[];
  readonly #granted = new Set<NodeId>();

  constructor(stage: "pre-vote" | "vote", term: number, voters: readonly NodeId[]) {
    this.stage = stage;
    this.term = term;
    this.#voters = voters;
  }

  /** Counts a voter once. @returns true when this vote made the quorum. */
  grant(voter: NodeId): boolean {
    if (this.#granted.has(voter)) return false;
    this.#granted.add(voter);
    return this.#granted.size === majorityOf(this.#voters.length);
  }

  /** Who granted it, in the order of the voters. */
  grantedBy(): readonly NodeId[] {
    return this.#voters.filter((voter) => this.#granted.has(voter));
  }
}
