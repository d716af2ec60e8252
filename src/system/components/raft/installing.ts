import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Install } from "./raft-messages.ts";
import type { Snapshot } from "./snapshot.ts";

export interface InstallingOptions {
  readonly timers: Timers;
  readonly observer: Observer;
  /** How long to wait for the next piece, ms. */
  readonly patienceMs: number;
}

/** A leader's snapshot on its way in. */
interface Incoming {
  /** Of the leader that sends it: in one term there is one. */
  readonly term: number;
  readonly index: number;
  readonly size: number;
  readonly pieces: string[];
  length: number;
}

/** Puts the pieces of a snapshot together, one snapshot at a time; forgets them when no more come, or another leader's do. */
export class Installing {
  readonly #options: InstallingOptions;
  #timer: Timer | undefined;
  #incoming: Incoming | undefined;

  constructor(options: InstallingOptions) {
    this.#options = options;
  }

  /** Whether one is on its way. */
  get isActive(): boolean {
    return this.#incoming !== undefined;
  }
  /** How much there is of the one that is on its way. */
  get length(): number {
    return this.#incoming?.length ?? 0;
  }

  /** Takes a piece; one that does not come next is left. @returns the snapshot with its last piece, which ends it here. */
  take(from: NodeId, { term, index, size, offset, piece }: Install): Snapshot | undefined {
    let incoming = this.#incoming;
    if (incoming?.term !== term || incoming.index !== index) {
      incoming = { term, index, size, pieces: [], length: 0 };
      this.#incoming = incoming;
      this.#options.observer.state("snapshot", "installing", { index, from });
    }
    this.#timer ??= this.#options.timers.create("snapshot", () => {
      this.abandon();
    });
    this.#timer.arm(this.#options.patienceMs);
    if (offset !== incoming.length) return undefined;
    incoming.pieces.push(piece);
    incoming.length += piece.length;
    if (incoming.length < size) return undefined;
    const text = incoming.pieces.join("");
    this.abandon();
    return JSON.parse(text) as Snapshot;
  }

  /** Forgets what is here of one. */
  abandon(): void {
    if (this.#incoming === undefined) return;
    this.#incoming = undefined;
    this.#timer?.cancel();
    this.#options.observer.state("snapshot", "idle");
  }
}
