import type { Clock } from "../../ports/clock.ts";
import { assert } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import type { ReplicatedLog } from "./replicated-log.ts";

export type RaftRole = "follower" | "pre-candidate" | "candidate" | "leader";

/** What a member is at this moment: its term and vote, which it must never forget, its role, and the leader it knows. */
export class MemberState {
  role: RaftRole = "follower";
  /** The leader this member follows (itself, when it leads); `""` when it knows none. */
  leader = "";
  /** When the present leader was last heard; −1 for never. */
  leaderHeardMs = -1;
  readonly #log: ReplicatedLog;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #electionTimeoutMs: number;
  #term = 0;
  #votedFor = "";
  #durableTerm = 0;
  #revoked = 0;

  constructor(options: { log: ReplicatedLog; clock: Clock; observer: Observer; electionTimeoutMs: number }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#electionTimeoutMs = options.electionTimeoutMs;
  }

  get term(): number {
    return this.#term;
  }
  /** Whom this member voted for in its term; `""` for nobody. */
  get votedFor(): string {
    return this.#votedFor;
  }
  /** The term up to which this member's promises are on the disk. */
  get durableTerm(): number {
    return this.#durableTerm;
  }
  get isLeader(): boolean {
    return this.role === "leader";
  }
  /** Whether a leader was heard within the minimum election timeout (this member itself counts when it leads). */
  get hearsLeader(): boolean {
    if (this.isLeader) return true;
    return this.leader !== "" && this.#clock.monotonic() - this.leaderHeardMs < this.#electionTimeoutMs;
  }

  /** Takes up what a former incarnation stored. */
  restore(term: number, votedFor: string): void {
    this.#term = term;
    this.#votedFor = votedFor;
    this.#log.whenDurable(() => {
      this.#durableTerm = term;
    });
  }

  /** Up to which number the orders to campaign that this term's leader gave are void; 0 when it has said nothing. */
  get revoked(): number {
    return this.#revoked;
  }
  revoke(transfer: number): void {
    if (transfer > this.#revoked) this.#revoked = transfer;
  }

  setTerm(term: number, votedFor: string): void {
    assert(term >= this.#term, "terms only grow", { term, current: this.#term });
    if (term > this.#term) this.#revoked = 0;
    this.#term = term;
    this.#votedFor = votedFor;
    this.#log.saveVote(term, votedFor);
    this.#log.whenDurable(() => {
      this.#durableTerm = term;
    });
  }

  /** Writes the role down; that of a leader is written with its votes, by whoever elected it. */
  observeRole(): void {
    if (!this.isLeader) this.#observer.state("role", this.role, { term: this.#term, leader: this.leader });
  }
}
