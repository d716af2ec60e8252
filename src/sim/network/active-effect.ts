import { assert } from "../../system/ports/errors.ts";
import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import type { LatencySampler } from "./distributions.ts";
import { LinkBandwidth } from "./link-bandwidth.ts";
import type { LinkEffect } from "./link-effect.ts";
import { LinkQueue } from "./link-queue.ts";

/** An effect with each property it may have: what all links ask of all effects for each message is then in one place of one object. */
type WholeEffect = { readonly [K in keyof Required<LinkEffect>]: LinkEffect[K] | undefined } & Pick<
  LinkEffect,
  "fault" | "touch"
>;

function wholeOf(effect: LinkEffect): WholeEffect {
  return {
    fault: effect.fault,
    cut: effect.cut,
    blackhole: effect.blackhole,
    hold: effect.hold,
    resolvesTo: effect.resolvesTo,
    extraLatency: effect.extraLatency,
    lossPpm: effect.lossPpm,
    loses: effect.loses,
    duplicatePpm: effect.duplicatePpm,
    reorderPpm: effect.reorderPpm,
    corruptPpm: effect.corruptPpm,
    bytesPerSecond: effect.bytesPerSecond,
    queueMax: effect.queueMax,
    reorderBy: effect.reorderBy,
    touch: () => {
      effect.touch();
    },
  };
}

/** An effect in place on one link: its random stream, and what it drew for the message being sent. */
export class ActiveEffect {
  readonly effect: WholeEffect;
  loses = false;
  /** Delay of the copy it makes, −1 for none. */
  copyDelay: Micros = -1;
  delay: Micros = 0;
  corrupts = false;
  readonly queue: LinkQueue | undefined;
  readonly bandwidth: LinkBandwidth | undefined;
  readonly #random: RngStream;
  readonly #copyRandom: RngStream;
  readonly #latency: LatencySampler;
  readonly #reorderBy: Micros;

  constructor(options: {
    effect: LinkEffect;
    random: RngStream;
    copyRandom: RngStream;
    latency: LatencySampler;
    reorderBy: Micros;
  }) {
    this.effect = wholeOf(options.effect);
    this.#random = options.random;
    this.#copyRandom = options.copyRandom;
    this.#latency = options.latency;
    const { reorderBy, queueMax, bytesPerSecond } = options.effect;
    this.#reorderBy = reorderBy ?? options.reorderBy;
    this.queue = queueMax === undefined ? undefined : new LinkQueue(queueMax);
    this.bandwidth = bytesPerSecond === undefined ? undefined : new LinkBandwidth(bytesPerSecond);
  }

  /** Draws for one message: always the same draws, whatever becomes of the message. */
  draw(now: Micros): void {
    const effect = this.effect;
    const random = this.#random;
    this.loses = effect.lossPpm !== undefined && random.chance(effect.lossPpm);
    const copies = effect.duplicatePpm !== undefined && random.chance(effect.duplicatePpm);
    this.copyDelay = copies ? this.#latency(this.#copyRandom) : -1;
    let delay = effect.reorderPpm !== undefined && random.chance(effect.reorderPpm) ? this.#reorderBy : 0;
    if (effect.extraLatency !== undefined) delay += effect.extraLatency(random);
    assert(Number.isInteger(delay) && delay >= 0, "an effect delays a message by integer µs ≥ 0", {
      fault: effect.fault,
      delay,
    });
    this.delay = delay;
    if (effect.loses?.(random, now) === true) this.loses = true;
    this.corrupts = effect.corruptPpm !== undefined && random.chance(effect.corruptPpm);
  }
}

/** Touches every effect that cuts the link. @returns the fault that did so first. */
export function touchCuts(effects: readonly ActiveEffect[]): string {
  return touchAll(effects, (active) => active.effect.cut === true);
}

/** Touches every effect that swallows what it is handed. @returns the first such fault; `undefined` when none does. */
export function touchBlackholes(effects: readonly ActiveEffect[]): string | undefined {
  if (!effects.some((active) => active.effect.blackhole === true)) return undefined;
  return touchAll(effects, (active) => active.effect.blackhole === true);
}

/** Touches every effect that changes what the receiver's name means. @returns the youngest such; `undefined` when none does. */
export function touchStale(effects: readonly ActiveEffect[]): WholeEffect | undefined {
  let youngest: WholeEffect | undefined;
  for (const { effect } of effects) {
    if (effect.resolvesTo === undefined) continue;
    effect.touch();
    youngest = effect;
  }
  return youngest;
}

/** Touches every effect that drew the message's loss. @returns the first such fault; `undefined` when none did. */
export function touchLosses(effects: readonly ActiveEffect[]): string | undefined {
  return effects.some((active) => active.loses) ? touchAll(effects, (active) => active.loses) : undefined;
}

/** Touches every effect whose queue has no room. @returns the first such fault; `undefined` when all have room. */
export function touchFull(effects: readonly ActiveEffect[], now: Micros): string | undefined {
  const isFull = (active: ActiveEffect): boolean => active.queue?.isFull(now) === true;
  return effects.some(isFull) ? touchAll(effects, isFull) : undefined;
}

/** Touches every effect that altered the message. @returns the first such fault; `undefined` when none did. */
export function touchCorruptions(effects: readonly ActiveEffect[]): string | undefined {
  return effects.some((active) => active.corrupts) ? touchAll(effects, (active) => active.corrupts) : undefined;
}

/** Each of several faults would have dropped the message alone, so none of them is inert. */
function touchAll(effects: readonly ActiveEffect[], did: (active: ActiveEffect) => boolean): string {
  let first: string | undefined;
  for (const active of effects) {
    if (!did(active)) continue;
    active.effect.touch();
    first ??= active.effect.fault;
  }
  return first ?? "";
}
