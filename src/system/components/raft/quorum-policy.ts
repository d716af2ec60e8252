import type { NodeId } from "../../ports/node.ts";

/** Who is counted: a member by its name, and by the disk that holds its promises. */
export interface Identity {
  readonly id: NodeId;
  /** `""` for the disk a founder began with; a member that came back with an empty one has another name for it. */
  readonly disk: string;
}

/** A member that counts, with its weight: an integer from 0 to 255. */
export interface Voter extends Identity {
  readonly weight: number;
}

/**
 * What makes a quorum. Election, commit, lease, check-quorum and reads all ask the same one, so they cannot differ.
 *
 * Any two quorums share a voter; exactly half is never one.
 */
export interface QuorumPolicy {
  /** Whose values count, in this order; while a group changes, a voter of both sides stands here twice. */
  readonly voters: readonly Identity[];
  /**
   * The largest value that a quorum has reached: an index, a time, or 1 for "granted".
   *
   * @param values One for each of {@link QuorumPolicy.voters}, in their order. They may be put in another one.
   */
  reached(values: number[]): number;
}

/** One strict majority of equal voters. */
class Majority implements QuorumPolicy {
  readonly voters: readonly Identity[];
  readonly #quorum: number;

  constructor(voters: readonly Voter[]) {
    this.voters = voters;
    this.#quorum = Math.floor(voters.length / 2) + 1;
  }

  reached(values: number[]): number {
    // By insertion, largest first: groups are small, and this runs for every answer.
    for (let i = 1; i < values.length; i++) {
      const value = values[i] as number;
      let at = i;
      for (; at > 0 && (values[at - 1] as number) < value; at--) values[at] = values[at - 1] as number;
      values[at] = value;
    }
    return values[this.#quorum - 1] as number;
  }
}

/** Strictly more than half of all weight. */
class WeightedMajority implements QuorumPolicy {
  readonly voters: readonly Identity[];
  readonly #weights: readonly number[];
  readonly #total: number;

  constructor(voters: readonly Voter[]) {
    this.voters = voters;
    this.#weights = voters.map(({ weight }) => weight);
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  reached(values: number[]): number {
    const order = values.map((_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
    let weight = 0;
    for (const i of order) {
      weight += this.#weights[i] as number;
      if (weight * 2 > this.#total) return values[i] as number;
    }
    return -Infinity;
  }
}

/** §6: while a group changes, a quorum of the voters before and one of those after. */
class Joint implements QuorumPolicy {
  readonly voters: readonly Identity[];
  readonly #before: QuorumPolicy;
  readonly #after: QuorumPolicy;

  constructor(before: QuorumPolicy, after: QuorumPolicy) {
    this.#before = before;
    this.#after = after;
    this.voters = [...before.voters, ...after.voters];
  }

  reached(values: number[]): number {
    const before = this.#before.reached(values.slice(0, this.#before.voters.length));
    const after = this.#after.reached(values.slice(this.#before.voters.length));
    return before < after ? before : after;
  }
}

/** @param old Voters before the change that is under way; empty when there is none. */
export function quorumPolicy(voters: readonly Voter[], old: readonly Voter[] = []): QuorumPolicy {
  const after = majorityOf(voters);
  return old.length === 0 ? after : new Joint(majorityOf(old), after);
}

/** Whether those of whom `has` is true are a quorum. */
export function isQuorum(policy: QuorumPolicy, has: (voter: Identity) => boolean): boolean {
  return policy.reached(policy.voters.map((voter) => (has(voter) ? 1 : 0))) === 1;
}

function majorityOf(voters: readonly Voter[]): QuorumPolicy {
  return voters.every(({ weight }) => weight === 1) ? new Majority(voters) : new WeightedMajority(voters);
}
