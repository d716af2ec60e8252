import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import { AdaptiveEstimator } from "./adaptive-estimator.ts";
import type { Estimator, FailureDetectorPort } from "./failure-detector-port.ts";
import { FixedEstimator } from "./fixed-estimator.ts";
import { PhiEstimator } from "./phi-estimator.ts";

export type DetectorKind = "fixed" | "adaptive" | "phi";

export interface PingFailureDetectorOptions {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  readonly kind: DetectorKind;
  readonly heartbeatMs: number;
  readonly electionTimeoutMs: number;
  /** The seeds' `heartbeat_timeout_factor`; of `fixed` only. Default 1.5. */
  readonly heartbeatTimeoutFactor?: number;
  send(to: NodeId, message: Message): void;
  /** What every ping tells the peers about this node. Default nothing. */
  claim?(): Readonly<Record<string, string | number | boolean>>;
  /** Whether every acknowledgement carries this node's wall clock, for peers that compare. Default false. */
  readonly tellsWall?: boolean;
  /** A peer's acknowledgement carried its wall clock. */
  onWall?(peer: NodeId, wallMs: number, roundTripMs: number): void;
  /** A peer's ping arrived with its claim. */
  onClaim?(peer: NodeId, claim: Message): void;
}

/** Pings whose acknowledgement is still accepted, a peer. */
const OUTSTANDING = 32;

/**
 * Full-mesh pings, every HB, each acknowledged. Only an acknowledged round trip is evidence: who merely is heard may be deaf,
 * and a late acknowledgement of an old ping proves nothing about now.
 *
 * A node that was itself paused (its own tick came more than 2·HB late) declares nobody down for one full window: it is the one
 * that was away (restate #5156).
 */
export class PingFailureDetector implements FailureDetectorPort {
  readonly #options: PingFailureDetectorOptions;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #tick: Timer;
  readonly #windowMs: number;
  #seq = 0;
  #lastTickMs = -1;
  #heldUntilMs = -1;

  constructor(options: PingFailureDetectorOptions) {
    this.#options = options;
    this.#windowMs = Math.ceil(1.5 * options.electionTimeoutMs);
    for (const peer of options.peers) this.#peers.set(peer, new Peer(makeEstimator(options)));
    this.#tick = options.timers.create("ping", () => {
      this.#onTick();
    });
  }

  start(): void {
    this.#onTick();
  }
  stop(): void {
    this.#tick.cancel();
  }

  /** Takes a `detector.*` message. */
  receive(from: NodeId, message: Message): void {
    if (message.type === "detector.ping") {
      const { clock, tellsWall } = this.#options;
      const ack: Message = { type: "detector.ack", seq: message["seq"] as number };
      this.#options.send(from, tellsWall === true ? { ...ack, wall: clock.wall() } : ack);
      this.#options.onClaim?.(from, message);
      return;
    }
    const peer = this.#peers.get(from);
    const now = this.#now();
    const sentAt = peer?.acknowledge(message["seq"] as number);
    if (peer === undefined || sentAt === undefined || now - sentAt > this.#windowMs) return;
    peer.estimator.heartbeat(now, now - sentAt);
    const { wall } = message;
    if (typeof wall === "number") this.#options.onWall?.(from, wall, now - sentAt);
  }

  heartbeat(peer: NodeId): void {
    this.#peers.get(peer)?.estimator.heartbeat(this.#now(), 0);
  }
  phi(peer: NodeId): number {
    if (peer === this.#options.id) return 0;
    return this.#peers.get(peer)?.estimator.phi(this.#now()) ?? Infinity;
  }
  available(peer: NodeId): boolean {
    if (peer === this.#options.id) return true;
    const known = this.#peers.get(peer);
    if (known === undefined) return false;
    return this.#isAvailable(known, this.#now()) || (this.isHolding && known.wasAvailable);
  }
  lastHeartbeatFrom(peer: NodeId): number {
    if (peer === this.#options.id) return 0;
    const last = this.#peers.get(peer)?.estimator.lastMs ?? -1;
    return last < 0 ? Infinity : this.#now() - last;
  }
  /** Members taken to be reachable, this node included. */
  countAvailable(): number {
    const now = this.#now();
    const { isHolding } = this;
    let count = 1;
    for (const peer of this.#peers.values()) {
      if (this.#isAvailable(peer, now) || (isHolding && peer.wasAvailable)) count++;
    }
    return count;
  }

  /** Whether this node was itself paused, so that nobody is declared down for one window. */
  get isHolding(): boolean {
    const now = this.#now();
    const isLate = this.#lastTickMs >= 0 && now - this.#lastTickMs > 2 * this.#options.heartbeatMs;
    return isLate || now < this.#heldUntilMs;
  }

  #isAvailable(peer: Peer, nowMs: number): boolean {
    return peer.estimator.lastMs >= 0 && peer.estimator.phi(nowMs) <= peer.estimator.threshold;
  }

  #onTick(): void {
    const now = this.#now();
    if (this.#lastTickMs >= 0 && now - this.#lastTickMs > 2 * this.#options.heartbeatMs)
      this.#heldUntilMs = now + this.#windowMs;
    this.#lastTickMs = now;
    this.#tick.arm(this.#options.heartbeatMs);
    const { isHolding } = this;
    const seq = ++this.#seq;
    const ping: Message = { type: "detector.ping", seq, ...this.#options.claim?.() };
    let isSameView = seq > 1;
    for (const [id, peer] of this.#peers) {
      const isAvailable = this.#isAvailable(peer, now);
      if (!isHolding) peer.wasAvailable = isAvailable;
      const isInView = isAvailable || peer.wasAvailable;
      if (isInView !== peer.isInView) isSameView = false;
      peer.isInView = isInView;
      peer.sent(seq, now);
      this.#options.send(id, ping);
    }
    if (!isSameView) this.#observeView();
  }

  #observeView(): void {
    const view: NodeId[] = [];
    for (const [id, peer] of this.#peers) if (peer.isInView) view.push(id);
    this.#options.observer.state("view", view.join(" "));
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

/** What is known of one peer: the pings under way to it and the judgement of its answers. */
class Peer {
  readonly estimator: Estimator;
  /** The judgement before a local pause, which stands while decisions are held. */
  wasAvailable = false;
  /** Whether the view told last has it. */
  isInView = false;
  readonly #seqs = new Array<number>(OUTSTANDING).fill(-1);
  readonly #sentAt = new Array<number>(OUTSTANDING).fill(0);

  constructor(estimator: Estimator) {
    this.estimator = estimator;
  }
  sent(seq: number, nowMs: number): void {
    this.#seqs[seq % OUTSTANDING] = seq;
    this.#sentAt[seq % OUTSTANDING] = nowMs;
  }
  /** @returns when the acknowledged ping was sent; `undefined` for a repeated, forgotten or invented one. */
  acknowledge(seq: number): number | undefined {
    const slot = seq % OUTSTANDING;
    if (this.#seqs[slot] !== seq) return undefined;
    this.#seqs[slot] = -1;
    return this.#sentAt[slot];
  }
}

function makeEstimator(options: PingFailureDetectorOptions): Estimator {
  const { heartbeatMs, electionTimeoutMs, heartbeatTimeoutFactor } = options;
  switch (options.kind) {
    case "fixed":
      return new FixedEstimator({
        electionTimeoutMs,
        ...(heartbeatTimeoutFactor === undefined ? {} : { factor: heartbeatTimeoutFactor }),
      });
    case "adaptive":
      return new AdaptiveEstimator({ heartbeatMs, electionTimeoutMs });
    case "phi":
      return new PhiEstimator({ heartbeatMs });
  }
}
