/** What a node last said of itself; nothing of it outlives its process. */
export interface NodeFacts {
  role: string;
  /** −1 for a program without terms. */
  term: number;
  leader: string;
  writable: boolean;
  coordinator: string;
  fence: string;
  isDown: boolean;
  /** Whether it ever said whom it follows. */
  tellsLeader: boolean;
}

const NOTHING = { role: "", leader: "", writable: false, coordinator: "", fence: "" };

/** Who is what now, as far as states say so. */
export class Roster {
  readonly #nodes = new Map<string, NodeFacts>();

  of(node: string): NodeFacts {
    let facts = this.#nodes.get(node);
    if (facts === undefined) {
      facts = { ...NOTHING, term: -1, isDown: false, tellsLeader: false };
      this.#nodes.set(node, facts);
    }
    return facts;
  }

  [Symbol.iterator](): IterableIterator<[string, NodeFacts]> {
    return this.#nodes[Symbol.iterator]();
  }

  /** The node that leads the newest term, `""` for nobody; a paused or cut-off one may believe it still does. */
  leader(): string {
    let found = "";
    let term = -2;
    for (const [node, facts] of this.#nodes) {
      if (facts.role !== "leader" || facts.isDown || facts.term <= term) continue;
      found = node;
      term = facts.term;
    }
    return found;
  }

  /** Whether anybody ever said a role. */
  hasRoles(): boolean {
    return [...this.#nodes.values()].some((facts) => facts.role !== "");
  }

  /** ` term 3`, or nothing for a program that has no terms. */
  ofTerm(node: string, word: string): string {
    const { term } = this.of(node);
    return term < 0 ? "" : `${word} ${String(term)}`;
  }

  /** The node's process ended. */
  down(node: string): void {
    Object.assign(this.of(node), NOTHING, { isDown: true });
  }
}
