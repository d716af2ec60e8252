import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import { ClaimBook, type Claim, type DualLeader } from "../../components/split-brain/claim-book.ts";
import type { Election } from "./election.ts";

/** Watches who claims to lead, this node among them, and reports two that do so at a time. */
export class ClaimWatch {
  readonly #id: NodeId;
  readonly #election: Election;
  readonly #observer: Observer;
  readonly #book = new ClaimBook();
  #reported = "";

  constructor(options: { readonly id: NodeId; readonly election: Election; readonly observer: Observer }) {
    this.#id = options.id;
    this.#election = options.election;
    this.#observer = options.observer;
  }

  /** The two that claim to lead, if there are two. */
  get dualLeader(): DualLeader | undefined {
    return this.#book.dualLeader();
  }
  /** Whether this node leads, and somebody else says so of itself in a newer term. */
  get isOutdated(): boolean {
    return this.#election.isLeader && this.dualLeader?.stale === this.#id;
  }

  heard(node: NodeId, claim: Claim): void {
    this.#book.heard(node, claim);
  }
  noteOwn(): void {
    this.#book.heard(this.#id, { term: this.#election.term, leads: this.#election.isLeader });
  }

  /** Reports, once a pair, that two nodes claim to lead, whoever they are. */
  observe(): void {
    this.noteOwn();
    const dual = this.dualLeader;
    const pair = dual === undefined ? "" : nameOf(dual);
    if (pair === this.#reported) return;
    this.#reported = pair;
    if (dual === undefined) return;
    const { stale, staleTerm, other, otherTerm } = dual;
    this.#observer.point("stale-leadership", {
      reason: "dual-leader",
      node: stale,
      term: staleTerm,
      other,
      otherTerm,
    });
  }
}

function nameOf({ stale, staleTerm, other, otherTerm }: DualLeader): string {
  return `${stale}@${String(staleTerm)} ${other}@${String(otherTerm)}`;
}
