import { FaultlineError } from "../../system/ports/errors.ts";
import type { NodeId } from "../../system/ports/node.ts";
import type { Message } from "../../system/ports/transport.ts";
import type { DropReason, Micros, RecordId } from "../../trace/record.ts";
import { NameNumbers } from "../../trace/name-numbers.ts";
import type { TraceWriter } from "../../trace/trace-writer.ts";
import type { NameId } from "../../trace/trace.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Rng, RngStream } from "../kernel/rng.ts";
import {
  ActiveEffect,
  touchBlackholes,
  touchCorruptions,
  touchCuts,
  touchFull,
  touchLosses,
  touchStale,
} from "./active-effect.ts";
import { compileLatency, type LatencySampler } from "./distributions.ts";
import { HeldMessages } from "./held-messages.ts";
import { sizeOf } from "./link-bandwidth.ts";
import type { LinkEffect, NetworkConfig, StaleName } from "./link-effect.ts";
import { PlainCheck } from "./plain-check.ts";

/** A machine on the network. */
export interface Station {
  readonly id: NodeId;
  /** Its id's number in the trace. */
  readonly nameId: NameId;
  readonly state: "down" | "up" | "paused";
  readonly incarnation: number;
  /** Takes a message that arrived; called only while not down. */
  receive(from: Station, sent: RecordId, message: Message): void;
}

const TWO_32 = 4294967296;
const NO_EFFECTS: readonly ActiveEffect[] = [];

/** A message that the machine at which it arrives refuses: it means another one, or was altered. */
interface Refused {
  readonly message: Message;
  readonly reason: "unknown-node" | "corrupt";
  readonly fault: string;
}

/** What the link itself does to one message. */
interface BaseFate {
  delay: Micros;
  isLost: boolean;
  /** Delay of a second copy, −1 for none. */
  copyDelay: Micros;
}

/**
 * Directed links between machines, in flat arrays by a link's number: the sender's index, and the receiver's in the low bits.
 *
 * A message is delivered only if its link is up when it is sent and when it arrives. The link's own latency is drawn from
 * `network/FROM>TO`, its loss, duplication and reordering from `…/chances`: a fixed number of draws a message, whatever faults
 * act. What a fault does is drawn from `faults/ID/FROM>TO`. So a fault that touched nothing can be taken away without a trace.
 * One kernel event per copy that travels.
 */
export class SimNetwork {
  readonly #kernel: Kernel;
  readonly #trace: TraceWriter;
  readonly #rng: Rng;
  readonly #config: NetworkConfig;
  readonly #latency: LatencySampler;
  readonly #check: PlainCheck | undefined;
  readonly #ids: readonly NodeId[];
  readonly #indexes = new NameNumbers();
  #stations: readonly Station[] = [];
  /** Bits of a receiver's index in a link's number. */
  readonly #bits: number;
  readonly #mask: number;
  readonly #arrive: number;
  readonly #arriveRefused: number;
  readonly #cuts: Uint16Array;
  readonly #streams: (RngStream | undefined)[];
  /** The streams of loss, duplication and reordering; none while the links do none of it. */
  readonly #chances: (RngStream | undefined)[];
  readonly #isFaithful: boolean;
  /** That of the message being sent. */
  readonly #base: BaseFate = { delay: 0, isLost: false, copyDelay: -1 };
  readonly #effects: (readonly ActiveEffect[] | undefined)[];
  readonly #held = new HeldMessages();

  constructor(options: { kernel: Kernel; rng: Rng; config: NetworkConfig; ids: readonly NodeId[]; strict: boolean }) {
    this.#kernel = options.kernel;
    this.#trace = options.kernel.trace;
    this.#rng = options.rng;
    this.#config = options.config;
    this.#latency = compileLatency(options.config.latency);
    this.#check = options.strict ? new PlainCheck() : undefined;
    this.#ids = options.ids;
    options.ids.forEach((id, index) => {
      this.#indexes.set(id, index);
    });
    this.#bits = 32 - Math.clz32(options.ids.length - 1);
    this.#mask = (1 << this.#bits) - 1;
    const links = options.ids.length << this.#bits;
    this.#cuts = new Uint16Array(links);
    this.#streams = new Array<RngStream | undefined>(links).fill(undefined);
    this.#chances = new Array<RngStream | undefined>(links).fill(undefined);
    this.#effects = new Array<readonly ActiveEffect[] | undefined>(links).fill(undefined);
    const { lossPpm, duplicatePpm, reorderPpm } = options.config;
    this.#isFaithful = lossPpm === 0 && duplicatePpm === 0 && reorderPpm === 0;
    this.#arrive = this.#kernel.register((a, b, payload) => {
      this.#onArrival(a, b, payload as Message);
    });
    this.#arriveRefused = this.#kernel.register((a, b, payload) => {
      this.#onRefusal(a, b, payload as Refused);
    });
  }

  /** Connects the machines, one for each id in its order. Once, before anything is sent. */
  attach(stations: readonly Station[]): void {
    this.#stations = stations;
  }

  /** Index of a node by its name, −1 when there is none. */
  indexOf(name: string): number {
    return this.#indexes.get(name);
  }

  /**
   * Puts a message on the way.
   *
   * @param from Index of the sender.
   * @param to   Index of the receiver, −1 when nobody has that name.
   * @throws {FaultlineError} `MESSAGE_NOT_PLAIN` in strict runs.
   */
  send(from: number, to: number, toName: string, message: Message): void {
    this.#check?.freeze(message);
    const sender = this.#stations[from] as Station;
    const receiver = this.#stations[to];
    const sent = this.#trace.sentBy(sender.nameId, receiver?.nameId ?? this.#trace.name(toName), message);
    if (receiver === undefined) {
      this.#drop(toName, sender.id, sent, message, "unknown-node", "");
      return;
    }
    const link = (from << this.#bits) | to;
    if (from === to) {
      this.#travel(link, sent, message, 0);
      return;
    }
    const delay = this.#latency(this.#streams[link] ?? this.#openStream(link));
    const effects = this.#effects[link];
    if (effects !== undefined) this.#sendUnder(effects, link, sent, message, delay);
    else if (this.#isFaithful) this.#travel(link, sent, message, delay);
    else this.#sendOver(link, sent, message, delay);
  }

  /**
   * Puts an effect on a link. Nodes' links to themselves are never affected.
   *
   * @returns Takes it away again and leaves no trace; calling it twice is the same as once.
   */
  addEffect(from: NodeId, to: NodeId, effect: LinkEffect): () => void {
    if (from === to) return () => undefined;
    const link = this.#linkOf(from, to);
    const active = new ActiveEffect({
      effect,
      random: this.#rng.stream(`faults/${effect.fault}/${from}>${to}`),
      copyRandom: this.#copyStream(link, `faults/${effect.fault}`),
      latency: this.#latency,
      reorderBy: this.#config.reorderBy,
    });
    this.#effects[link] = [...(this.#effects[link] ?? []), active];
    if (effect.hold === true) this.#held.hold(link);
    if (effect.cut === true && ++(this.#cuts[link] as number) === 1) this.#writeState(from, to, "cut", effect.fault);
    return () => {
      const before = this.#effects[link];
      if (before?.includes(active) !== true) return;
      const after = before.filter((other) => other !== active);
      this.#effects[link] = after.length === 0 ? undefined : after;
      if (effect.hold === true && !after.some((other) => other.effect.hold === true)) this.#release(link);
      if (effect.cut === true && --(this.#cuts[link] as number) === 0) this.#writeState(from, to, "up", effect.fault);
    };
  }

  /** Whether no fault cuts this link now. */
  isUp(from: NodeId, to: NodeId): boolean {
    return this.#cuts[this.#linkOf(from, to)] === 0;
  }

  #writeState(from: NodeId, to: NodeId, value: "up" | "cut", fault: string): void {
    this.#trace.state(1, from, `link>${to}`, value, { fault });
  }

  #linkOf(from: NodeId, to: NodeId): number {
    for (const id of [from, to]) {
      if (this.indexOf(id) < 0)
        throw new FaultlineError("UNKNOWN_NODE", `There is no node "${id}" in the cluster.`, { id });
    }
    return (this.indexOf(from) << this.#bits) | this.indexOf(to);
  }

  #openStream(link: number): RngStream {
    return (this.#streams[link] = this.#rng.stream(`network/${this.#nameOf(link)}`));
  }

  #nameOf(link: number): string {
    return `${this.#fromOf(link)}>${this.#toOf(link)}`;
  }

  #fromOf(link: number): NodeId {
    return this.#ids[link >>> this.#bits] as NodeId;
  }

  #toOf(link: number): NodeId {
    return this.#ids[link & this.#mask] as NodeId;
  }

  #travel(link: number, sent: RecordId, message: Message, delay: Micros): void {
    const kernel = this.#kernel;
    kernel.schedule(kernel.now + delay, this.#arrive, link, this.#pack(link, sent), message);
  }

  /** The incarnation to which a message is sent travels with its number. A first start is no restart. */
  #pack(link: number, sent: RecordId): number {
    const { incarnation } = this.#stations[link & this.#mask] as Station;
    return sent + (incarnation === 0 ? 0 : incarnation - 1) * TWO_32;
  }

  /** Like {@link #travel}, but kept if the link holds. @returns when it arrives; `Infinity` while that is not known. */
  #travelUnder(link: number, sent: RecordId, message: Message, delay: Micros): Micros {
    const arrivesAt = this.#kernel.now + delay;
    if (this.#held.holds(link)) {
      this.#held.keep(link, { arrivesAt, packed: this.#pack(link, sent), message });
      return Infinity;
    }
    this.#travel(link, sent, message, delay);
    return arrivesAt;
  }

  #release(link: number): void {
    for (const { arrivesAt, packed, message } of this.#held.release(link, this.#kernel.now)) {
      for (const active of this.#effects[link] ?? NO_EFFECTS) active.queue?.release(packed, arrivesAt);
      this.#kernel.schedule(arrivesAt, this.#arrive, link, packed, message);
    }
  }

  /** A copy's own latency has a stream of its own: how many copies there are must not move the draws of messages. */
  #copyStream(link: number, owner: string): RngStream {
    return this.#rng.stream(`${owner}/${this.#nameOf(link)}/copies`);
  }

  #duplicate(link: number, sent: RecordId, message: Message, fault: string, delay: Micros): void {
    const from = this.#fromOf(link);
    const to = this.#toOf(link);
    const before = this.#trace.cause;
    this.#trace.cause = sent;
    this.#trace.duplicated(to, from, sent, message, fault);
    this.#trace.cause = before;
    this.#travelUnder(link, sent, message, delay);
  }

  /** The way of a message over a link on which no fault acts: what {@link #passOn} does without effects, and most of the traffic. */
  #sendOver(link: number, sent: RecordId, message: Message, latency: Micros): void {
    const base = this.#drawChances(link, latency);
    if (base.isLost) {
      this.#drop(this.#toOf(link), this.#fromOf(link), sent, message, "loss", "");
      return;
    }
    if (base.copyDelay >= 0) this.#duplicate(link, sent, message, "", base.copyDelay);
    this.#travel(link, sent, message, base.delay);
  }

  /** The way of a message that something may happen to. What happens to it never moves a later draw. */
  #sendUnder(effects: readonly ActiveEffect[], link: number, sent: RecordId, message: Message, latency: Micros): void {
    const base = this.#drawChances(link, latency);
    for (const active of effects) active.draw(this.#kernel.now);
    const stale = touchStale(effects);
    if (stale?.resolvesTo !== undefined) this.#misdirect(stale.resolvesTo, stale.fault, link, sent, message, base);
    else this.#passOn(effects, link, sent, message, base);
  }

  /** What the effects that drew for a message make of it. */
  #passOn(effects: readonly ActiveEffect[], link: number, sent: RecordId, message: Message, base: BaseFate): void {
    const from = this.#fromOf(link);
    const to = this.#toOf(link);
    if ((this.#cuts[link] as number) > 0) {
      this.#drop(to, from, sent, message, "partition", touchCuts(effects));
      return;
    }
    const swallowedBy = touchBlackholes(effects);
    if (swallowedBy !== undefined) {
      this.#drop(to, from, sent, message, "blackhole", swallowedBy);
      return;
    }
    const lostBy = base.isLost ? "" : touchLosses(effects);
    if (lostBy !== undefined) {
      this.#drop(to, from, sent, message, "loss", lostBy);
      return;
    }
    const { now } = this.#kernel;
    const fullOf = touchFull(effects, now);
    if (fullOf !== undefined) {
      this.#drop(to, from, sent, message, "queue-full", fullOf);
      return;
    }
    let extra = 0;
    for (const active of effects) {
      if (active.bandwidth !== undefined) active.delay += active.bandwidth.take(sizeOf(message), now);
      extra += active.delay;
    }
    if (base.copyDelay >= 0) this.#duplicate(link, sent, message, "", base.copyDelay + extra);
    for (const active of effects) {
      if (active.delay > 0 || active.copyDelay >= 0) active.effect.touch();
      if (active.copyDelay >= 0) this.#duplicate(link, sent, message, active.effect.fault, active.copyDelay + extra);
    }
    for (const active of effects) if (active.effect.hold === true) active.effect.touch();
    const corruptedBy = touchCorruptions(effects);
    let arrivesAt = now + base.delay + extra;
    if (corruptedBy === undefined) arrivesAt = this.#travelUnder(link, sent, message, base.delay + extra);
    else {
      const refused: Refused = { message, reason: "corrupt", fault: corruptedBy };
      this.#kernel.schedule(arrivesAt, this.#arriveRefused, link, sent, refused);
    }
    for (const { queue } of effects) queue?.put(this.#pack(link, sent), arrivesAt);
  }

  /** Sends a message where its receiver's name leads the sender. Its own link has drawn for it; what is on the other link acts on it. */
  #misdirect(
    { node, isTaken }: StaleName,
    fault: string,
    link: number,
    sent: RecordId,
    message: Message,
    base: BaseFate,
  ): void {
    const from = this.#fromOf(link);
    if (node === undefined) {
      this.#drop(this.#toOf(link), from, sent, message, "unknown-node", fault);
      return;
    }
    const real = this.#linkOf(from, node);
    const effects = real === link ? (this.#effects[link] ?? NO_EFFECTS) : this.#drawEffects(real);
    if (isTaken || real === link) this.#passOn(effects, real, sent, message, base);
    else if ((this.#cuts[real] as number) > 0) this.#drop(node, from, sent, message, "partition", touchCuts(effects));
    else {
      const refused: Refused = { message, reason: "unknown-node", fault };
      this.#kernel.schedule(this.#kernel.now + base.delay, this.#arriveRefused, real, sent, refused);
    }
  }

  #drawEffects(link: number): readonly ActiveEffect[] {
    const effects = this.#effects[link] ?? NO_EFFECTS;
    for (const active of effects) active.draw(this.#kernel.now);
    return effects;
  }

  /** A machine hears the frame's checksum and who is meant before anything else. */
  #onRefusal(link: number, sent: RecordId, { message, reason, fault }: Refused): void {
    const [from, to] = [this.#fromOf(link), this.#toOf(link)];
    if ((this.#cuts[link] as number) > 0)
      this.#drop(to, from, sent, message, "partition", touchCuts(this.#effects[link] ?? NO_EFFECTS));
    else this.#drop(to, from, sent, message, reason, fault);
  }

  /** What the link itself does to a message: three draws, from a stream that only a lossy network has. */
  #drawChances(link: number, latency: Micros): BaseFate {
    const base = this.#base;
    base.delay = latency;
    if (this.#isFaithful) return base;
    const { lossPpm, duplicatePpm, reorderPpm, reorderBy } = this.#config;
    const random = (this.#chances[link] ??= this.#rng.stream(`network/${this.#nameOf(link)}/chances`));
    base.isLost = random.chance(lossPpm);
    const isCopied = random.chance(duplicatePpm);
    if (random.chance(reorderPpm)) base.delay += reorderBy;
    base.copyDelay = isCopied ? this.#latency(this.#copyStream(link, "network")) : -1;
    return base;
  }

  #onArrival(link: number, packed: number, message: Message): void {
    const restarts = packed < TWO_32 ? 0 : Math.floor(packed / TWO_32);
    // Without the sign bit's worth of ids no run comes near, it stays a small integer.
    const sent = (packed - restarts * TWO_32) | 0;
    const sender = this.#stations[link >>> this.#bits] as Station;
    const receiver = this.#stations[link & this.#mask] as Station;
    if ((this.#cuts[link] as number) > 0) {
      this.#drop(receiver.id, sender.id, sent, message, "partition", touchCuts(this.#effects[link] ?? []));
    } else if (receiver.state === "down") {
      this.#drop(receiver.id, sender.id, sent, message, "crashed", "");
    } else if (receiver.incarnation !== restarts + 1) {
      this.#drop(receiver.id, sender.id, sent, message, "stale-connection", "");
    } else {
      receiver.receive(sender, sent, message);
    }
  }

  #drop(node: string, from: string, sent: RecordId, message: Message, reason: DropReason, fault: string): void {
    const before = this.#trace.cause;
    this.#trace.cause = sent;
    this.#trace.dropped(node, from, sent, message, reason, fault);
    this.#trace.cause = before;
  }
}
