import type { NodeId } from "../../ports/node.ts";
import { isQuorum, type Identity, type QuorumPolicy } from "./quorum-policy.ts";

/** One attempt to be elected: who has granted what was asked. */
export class Campaign {
  readonly stage: "pre-vote" | "vote";
  /** The term that is campaigned for. */
  readonly term: number;
  /** Number of the transfer by whose order it is; `undefined` for one of the member's own accord. */
  readonly transfer: number | undefined;
  readonly #policy: QuorumPolicy;
  readonly #granted: Identity[] = [];
  #isWon = false;

  constructor(options: Pick<Campaign, "stage" | "term" | "transfer"> & { policy: QuorumPolicy }) {
    this.stage = options.stage;
    this.term = options.term;
    this.transfer = options.transfer;
    this.#policy = options.policy;
  }

  /** Counts a voter once, and whoever is none never. @returns true when this vote made the quorum. */
  grant({ id, disk }: Identity): boolean {
    this.#granted.push({ id, disk });
    const wasWon = this.#isWon;
    this.#isWon = isQuorum(this.#policy, (voter) => this.#has(voter));
    return this.#isWon && !wasWon;
  }

  /** Who granted it, in the order of the voters. */
  grantedBy(): readonly NodeId[] {
    return [...new Set(this.#policy.voters.filter((voter) => this.#has(voter)).map(({ id }) => id))];
  }

  #has({ id, disk }: Identity): boolean {
    return this.#granted.some((one) => one.id === id && one.disk === disk);
  }
}
