import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import type { DiskEffect } from "./disk-effect.ts";
import type { FileLoss, PowerLossRules } from "./sim-file.ts";

/** The effects in place on one disk. What asks whether an operation is affected also counts it as touched. */
export class ActiveEffects {
  #effects: readonly DiskEffect[] = [];
  /** What each effect that fills the disk left to its files. */
  readonly #capacities = new Map<DiskEffect, number>();

  /** @param used What the disk's files hold now. */
  add(effect: DiskEffect, used: number): void {
    this.#effects = [...this.#effects, effect];
    if (effect.full === true) this.#capacities.set(effect, used);
  }

  remove(effect: DiskEffect): void {
    this.#effects = this.#effects.filter((other) => other !== effect);
    this.#capacities.delete(effect);
  }

  /** What all files may hold together, at most `own`. */
  capacity(own: number): number {
    return Math.min(own, ...this.#capacities.values());
  }
  get isStuck(): boolean {
    return this.#effects.some((effect) => effect.stuck === true);
  }

  /** The files are gone, and whoever has the rest has theirs too. */
  emptied(): void {
    for (const effect of this.#capacities.keys()) this.#capacities.set(effect, 0);
  }

  extraLatency(isSync: boolean): Micros {
    let latency = 0;
    for (const effect of this.#effects) {
      const extra = (isSync ? effect.slowSyncBy : effect.slowOpBy) ?? 0;
      if (extra === 0) continue;
      latency += extra;
      effect.touch();
    }
    return latency;
  }

  /** Whether an operation that begins now waits until nothing keeps the disk stuck. */
  holds(): boolean {
    return this.#touch((effect) => effect.stuck === true);
  }
  /** Whether a change that is asked for now is refused. */
  refusesChange(): boolean {
    return this.#touch((effect) => effect.readOnly === true);
  }
  /** Something did not fit. */
  wasFull(): void {
    this.#touch((effect) => effect.full === true);
  }
  /** Where to draw what a sync that begins now saves though it fails; `undefined` when it does not fail. */
  failingSync(): RngStream | undefined {
    this.#touch((effect) => effect.failingSyncs !== undefined);
    return this.#effects.find((effect) => effect.failingSyncs !== undefined)?.failingSyncs;
  }

  powerLossRules(own: PowerLossRules): PowerLossRules {
    const effects = this.#effects;
    return {
      loseUnsynced: own.loseUnsynced || effects.some((effect) => effect.loseUnsynced === true),
      tornWrites: own.tornWrites || effects.some((effect) => effect.tornWrites === true),
      orderFree: own.orderFree || effects.some((effect) => effect.orderFree === true),
    };
  }
  lostFile({ mutations, torn }: FileLoss): void {
    for (const effect of this.#effects) {
      if (mutations > 0 && losesUnsynced(effect)) effect.touch();
      if (torn && effect.tornWrites === true) effect.touch();
    }
  }
  lostName(): void {
    this.#touch(losesUnsynced);
  }

  #touch(does: (effect: DiskEffect) => boolean): boolean {
    let isAny = false;
    for (const effect of this.#effects) {
      if (!does(effect)) continue;
      effect.touch();
      isAny = true;
    }
    return isAny;
  }
}

function losesUnsynced(effect: DiskEffect): boolean {
  return effect.loseUnsynced === true || effect.orderFree === true;
}
