import type { Message } from "../../system/ports/transport.ts";
import type { Micros } from "../../trace/record.ts";

/** A message that a link keeps: as it would have arrived. */
export interface Held {
  readonly arrivesAt: Micros;
  /** The kernel's number of its arrival. */
  readonly packed: number;
  readonly message: Message;
}

/** What the links that hold keep, in the order in which it was sent. */
export class HeldMessages {
  readonly #links = new Map<number, Held[]>();

  /** From now on the link holds, if it did not already. */
  hold(link: number): void {
    if (!this.#links.has(link)) this.#links.set(link, []);
  }

  holds(link: number): boolean {
    return this.#links.has(link);
  }

  /** Keeps a message of a link that holds. */
  keep(link: number, held: Held): void {
    this.#links.get(link)?.push(held);
  }

  /** Ends the holding of a link. @returns what it kept, in order, each with the moment of its arrival: none sooner than it would have been. */
  release(link: number, now: Micros): readonly Held[] {
    const held = this.#links.get(link) ?? [];
    this.#links.delete(link);
    let arrivesAt = now;
    return held.map((one) => {
      if (one.arrivesAt > arrivesAt) arrivesAt = one.arrivesAt;
      return { ...one, arrivesAt };
    });
  }
}
