import { FaultlineError } from "../../system/ports/errors.ts";
import type { NodeId } from "../../system/ports/node.ts";
import type { Message } from "../../system/ports/transport.ts";
import type { DropReason, Micros, RecordId } from "../../trace/record.ts";
import type { TraceWriter } from "../../trace/trace.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Rng, RngStream } from "../kernel/rng.ts";
import { ActiveEffect, touchCuts, touchLosses } from "./active-effect.ts";
import { compileLatency, type LatencySampler } from "./distributions.ts";
import type { LinkEffect, NetworkConfig } from "./link-effect.ts";
import { PlainCheck } from "./plain-check.ts";

/** A machine on the network. */
export interface Station {
  readonly id: NodeId;
  readonly state: "down" | "up" | "paused";
  readonly incarnation: number;
  /** Takes a message that arrived; called only while not down. */
  receive(from: NodeId, sent: RecordId, message: Message): void;
}

/** What the link itself does to one message. */
interface BaseFate {
  readonly delay: Micros;
  readonly isLost: boolean;
  /** Delay of a second copy, −1 for none. */
  readonly copyDelay: Micros;
}

/**
 * Directed links between machines, in flat arrays by `from · N + to`.
 *
 * A message is delivered only if its link is up when it is sent and when it arrives. What the link itself does is drawn from
 * `network/<from>><to>`, four draws a message whatever faults act; what a fault does from `faults/<id>/<from>><to>`. So a fault
 * that touched nothing can be taken away without a trace. One kernel event per copy that travels.
 */
export class SimNetwork {
  readonly #kernel: Kernel;
  readonly #trace: TraceWriter;
  readonly #rng: Rng;
  readonly #config: NetworkConfig;
  readonly #latency: LatencySampler;
  readonly #check: PlainCheck | undefined;
  readonly #ids: readonly NodeId[];
  readonly #indexes: ReadonlyMap<string, number>;
  #stations: readonly Station[] = [];
  readonly #size: number;
  readonly #links: number;
  readonly #arrive: number;
  readonly #cuts: Uint16Array;
  readonly #streams: (RngStream | undefined)[];
  readonly #effects: (readonly ActiveEffect[] | undefined)[];

  constructor(options: { kernel: Kernel; rng: Rng; config: NetworkConfig; ids: readonly NodeId[]; strict: boolean }) {
    this.#kernel = options.kernel;
    this.#trace = options.kernel.trace;
    this.#rng = options.rng;
    this.#config = options.config;
    this.#latency = compileLatency(options.config.latency);
    this.#check = options.strict ? new PlainCheck() : undefined;
    this.#ids = options.ids;
    this.#indexes = new Map(options.ids.map((id, index) => [id, index]));
    this.#size = options.ids.length;
    this.#links = this.#size * this.#size;
    this.#cuts = new Uint16Array(this.#links);
    this.#streams = new Array<RngStream | undefined>(this.#links).fill(undefined);
    this.#effects = new Array<readonly ActiveEffect[] | undefined>(this.#links).fill(undefined);
    this.#arrive = this.#kernel.register((a, b, payload) => {
      this.#onArrival(a, b, payload as Message);
    });
  }

  /** Connects the machines, one for each id in its order. Once, before anything is sent. */
  attach(stations: readonly Station[]): void {
    this.#stations = stations;
  }

  /** Index of a node by its name, −1 when there is none. */
  indexOf(name: string): number {
    return this.#indexes.get(name) ?? -1;
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
    const sender = this.#ids[from] as NodeId;
    const sent = this.#trace.sent(sender, toName, message);
    if (to < 0) {
      this.#drop(toName, sender, sent, message, "unknown-node", "");
      return;
    }
    const link = from * this.#size + to;
    if (from === to) {
      this.#travel(link, sent, message, 0);
      return;
    }
    const random = this.#streams[link] ?? this.#openStream(link);
    const config = this.#config;
    // Always four draws, in this order: what one of them decides never moves another.
    let delay = this.#latency(random);
    const isLost = random.chance(config.lossPpm);
    const copyDelay = random.chance(config.duplicatePpm) ? this.#latency(this.#copyStream(link, "network")) : -1;
    if (random.chance(config.reorderPpm)) delay += config.reorderBy;
    const effects = this.#effects[link];
    if (effects !== undefined) {
      this.#sendUnder(effects, link, sent, message, { delay, isLost, copyDelay });
    } else if (isLost) {
      this.#drop(toName, sender, sent, message, "loss", "");
    } else {
      if (copyDelay >= 0) this.#duplicate(link, sent, message, "", copyDelay);
      this.#travel(link, sent, message, delay);
    }
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
    if (effect.cut === true && ++(this.#cuts[link] as number) === 1) this.#writeState(from, to, "cut", effect.fault);
    return () => {
      const before = this.#effects[link];
      if (before?.includes(active) !== true) return;
      const after = before.filter((other) => other !== active);
      this.#effects[link] = after.length === 0 ? undefined : after;
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
      if (!this.#indexes.has(id))
        throw new FaultlineError("UNKNOWN_NODE", `There is no node "${id}" in the cluster.`, { id });
    }
    return this.indexOf(from) * this.#size + this.indexOf(to);
  }

  #openStream(link: number): RngStream {
    return (this.#streams[link] = this.#rng.stream(`network/${this.#fromOf(link)}>${this.#toOf(link)}`));
  }

  #fromOf(link: number): NodeId {
    return this.#ids[Math.floor(link / this.#size)] as NodeId;
  }

  #toOf(link: number): NodeId {
    return this.#ids[link % this.#size] as NodeId;
  }

  /** The incarnation to which a message is sent travels with it, packed beside the link. A first start is no restart. */
  #travel(link: number, sent: RecordId, message: Message, delay: Micros): void {
    const incarnation = (this.#stations[link % this.#size] as Station).incarnation || 1;
    const kernel = this.#kernel;
    kernel.schedule(kernel.now + delay, this.#arrive, incarnation * this.#links + link, sent, message);
  }

  /** A copy's own latency has a stream of its own: how many copies there are must not move the draws of messages. */
  #copyStream(link: number, owner: string): RngStream {
    return this.#rng.stream(`${owner}/${this.#fromOf(link)}>${this.#toOf(link)}/copies`);
  }

  #duplicate(link: number, sent: RecordId, message: Message, fault: string, delay: Micros): void {
    const from = this.#fromOf(link);
    const to = this.#toOf(link);
    const before = this.#trace.cause;
    this.#trace.cause = sent;
    this.#trace.duplicated(to, from, sent, message, fault);
    this.#trace.cause = before;
    this.#travel(link, sent, message, delay);
  }

  #sendUnder(effects: readonly ActiveEffect[], link: number, sent: RecordId, message: Message, base: BaseFate): void {
    for (const active of effects) active.draw();
    const from = this.#fromOf(link);
    const to = this.#toOf(link);
    if ((this.#cuts[link] as number) > 0) {
      this.#drop(to, from, sent, message, "partition", touchCuts(effects));
      return;
    }
    const lostBy = base.isLost ? "" : touchLosses(effects);
    if (lostBy !== undefined) {
      this.#drop(to, from, sent, message, "loss", lostBy);
      return;
    }
    let extra = 0;
    for (const active of effects) extra += active.delay;
    if (base.copyDelay >= 0) this.#duplicate(link, sent, message, "", base.copyDelay + extra);
    for (const active of effects) {
      if (active.delay > 0 || active.copyDelay >= 0) active.effect.touch();
      if (active.copyDelay >= 0) this.#duplicate(link, sent, message, active.effect.fault, active.copyDelay + extra);
    }
    this.#travel(link, sent, message, base.delay + extra);
  }

  #onArrival(packed: number, sent: RecordId, message: Message): void {
    const incarnation = Math.floor(packed / this.#links);
    const link = packed - incarnation * this.#links;
    const from = this.#fromOf(link);
    const receiver = this.#stations[link % this.#size] as Station;
    if ((this.#cuts[link] as number) > 0) {
      this.#drop(receiver.id, from, sent, message, "partition", touchCuts(this.#effects[link] ?? []));
    } else if (receiver.state === "down") {
      this.#drop(receiver.id, from, sent, message, "crashed", "");
    } else if (receiver.incarnation !== incarnation) {
      this.#drop(receiver.id, from, sent, message, "stale-connection", "");
    } else {
      receiver.receive(from, sent, message);
    }
  }

  #drop(node: string, from: string, sent: RecordId, message: Message, reason: DropReason, fault: string): void {
    const before = this.#trace.cause;
    this.#trace.cause = sent;
    this.#trace.dropped(node, from, sent, message, reason, fault);
    this.#trace.cause = before;
  }
}
