import type { Observer } from "../../ports/observer.ts";

/** Why a write is refused. */
export type WriteRefusal =
  "not-leader" | "no-lease" | "fenced" | "old-epoch" | "coordinator" | "not-ready" | "unhealthy";

/** What the gate asks before every write. */
export interface WriteGateFacts {
  isLeader(): boolean;
  /** Term of the present leadership. */
  epoch(): number;
  hasLease(): boolean;
  /** Epoch for which write access was granted on disk; 0 for none. */
  openEpoch(): number;
  isFenced(): boolean;
  /** Largest epoch the store has seen. */
  maxEpoch(): number;
  isCoordinatorHealthy(): boolean;
  /** Whether the disk takes what a write needs. Default: it does. */
  hasRoom?(): boolean;
}

/**
 * Decides on every write, when it is accepted and again when it is committed:
 * leader ∧ lease ∧ ¬fenced ∧ epoch ≥ store's ∧ coordinator healthy ∧ room on the disk.
 *
 * With `leases: "off"` (the seeds' own behaviour, kept so that its window can be shown) a write is accepted while the marker stands.
 */
export class WriteGate {
  readonly #facts: WriteGateFacts;
  readonly #observer: Observer;
  readonly #leases: "strict" | "off";

  constructor(options: { facts: WriteGateFacts; observer: Observer; leases: "strict" | "off" }) {
    this.#facts = options.facts;
    this.#observer = options.observer;
    this.#leases = options.leases;
  }

  /** Why a write would be refused now; `undefined` when it would be let in. */
  refusal(): WriteRefusal | undefined {
    const facts = this.#facts;
    if (facts.isFenced()) return "fenced";
    if (this.#leases === "off") return facts.openEpoch() === 0 ? "not-ready" : undefined;
    if (!facts.isLeader()) return "not-leader";
    if (!facts.hasLease()) return "no-lease";
    if (facts.openEpoch() !== facts.epoch()) return "not-ready";
    if (facts.epoch() < facts.maxEpoch()) return "old-epoch";
    if (!facts.isCoordinatorHealthy()) return "coordinator";
    if (facts.hasRoom?.() === false) return "unhealthy";
    return undefined;
  }

  get canWrite(): boolean {
    return this.refusal() === undefined;
  }

  /** Records the gate's state; call it after anything that may have moved it. */
  observe(): void {
    const refusal = this.refusal();
    if (refusal === undefined) this.#observer.state("writable", "yes", { epoch: this.#facts.epoch() });
    else this.#observer.state("writable", "no", { reason: refusal });
  }
}
