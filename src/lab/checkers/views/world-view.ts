import type { FaultRecord, Micros, StateRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import { RHO_PPM, type Cluster } from "../cluster.ts";
import { disturbanceOf, slowedBy } from "./disturbances.ts";

/** Sees a change of the world: `before` while the view still shows the old one, `after` when it shows the new one. */
export interface WorldWatcher {
  before?(time: Micros): void;
  after?(time: Micros): void;
}

/**
 * What is true of members, links and clocks, from records of the world alone.
 *
 * A member *reaches* another while both directions of their link are up and the other one's process runs (is up and not paused):
 * only then can a round trip between them be acknowledged. Members are up from their first `process=up` on.
 */
export class WorldView implements TraceListener {
  readonly triggers = ["state:process", "state:clock", "state:link>*", "fault"];
  readonly #cluster: Cluster;
  readonly #watchers: WorldWatcher[] = [];
  readonly #isUp: Uint8Array;
  readonly #isPaused: Uint8Array;
  /** Faults that make its CPU slow. */
  readonly #slowdowns: Int32Array;
  readonly #runningSince: Float64Array;
  readonly #upSince: Float64Array;
  /** Row = sender, column = receiver. */
  readonly #isCut: Uint8Array;
  readonly #reachableSince: Float64Array;
  readonly #lastReachable: Float64Array;
  readonly #ppm: Float64Array;
  readonly #slowest: Float64Array;
  readonly #fastest: Float64Array;
  readonly #faults = new Map<
    string,
    {
      readonly isGlobal: boolean;
      readonly isSlow: boolean;
      readonly nodes: readonly string[];
    }
  >();
  readonly #nodeFaults: Int32Array;
  readonly #nodeCalmSince: Float64Array;
  #networkFaults = 0;
  #networkCalmSince: Micros = 0;
  readonly #top: Float64Array;

  constructor(cluster: Cluster) {
    const n = cluster.size;
    this.#cluster = cluster;
    this.#isUp = new Uint8Array(n);
    this.#isPaused = new Uint8Array(n);
    this.#slowdowns = new Int32Array(n);
    this.#runningSince = new Float64Array(n).fill(Infinity);
    this.#upSince = new Float64Array(n).fill(Infinity);
    this.#isCut = new Uint8Array(n * n);
    this.#reachableSince = new Float64Array(n * n).fill(Infinity);
    this.#lastReachable = new Float64Array(n * n);
    this.#ppm = new Float64Array(n);
    this.#slowest = new Float64Array(n);
    this.#fastest = new Float64Array(n);
    this.#nodeFaults = new Int32Array(n);
    this.#nodeCalmSince = new Float64Array(n);
    this.#top = new Float64Array(n + 1);
  }

  watch(watcher: WorldWatcher): void {
    this.#watchers.push(watcher);
  }

  isUp(member: number): boolean {
    return this.#isUp[member] === 1;
  }
  /** Up and not paused. */
  isRunning(member: number): boolean {
    return this.#isUp[member] === 1 && this.#isPaused[member] === 0;
  }
  /** Since when it runs without a stop, a pause or a slow CPU, and so does what is due; `Infinity` when it does not. */
  runningSince(member: number): Micros {
    return this.#runningSince[member] as Micros;
  }
  /** When its present incarnation started; `Infinity` when it is down. */
  upSince(member: number): Micros {
    return this.#upSince[member] as Micros;
  }
  /** Both directions are up. */
  isLinked(a: number, b: number): boolean {
    const n = this.#cluster.size;
    return this.#isCut[a * n + b] === 0 && this.#isCut[b * n + a] === 0;
  }
  reaches(from: number, to: number): boolean {
    return this.isLinked(from, to) && this.isRunning(to);
  }
  /** Since when without a gap; `Infinity` when it does not reach it. */
  reachableSince(from: number, to: number): Micros {
    return this.#reachableSince[from * this.#cluster.size + to] as Micros;
  }

  /** The last moment at which `member` had reached, each at some time since, enough other voters for a quorum. */
  lastQuorum(member: number, now: Micros): Micros {
    return this.#nth(member, (peer) => (this.reaches(member, peer) ? now : this.#last(member, peer)));
  }
  /** How many other voters it reaches and has reached since `since` without a gap. */
  steadyPeers(member: number, since: Micros): number {
    let count = 0;
    for (let peer = 0; peer < this.#cluster.size; peer++) {
      if (peer !== member && this.#cluster.of(peer).isVoter && this.reachableSince(member, peer) <= since) count++;
    }
    return count;
  }
  /** Whether it reaches a quorum now. */
  reachesQuorum(member: number, now: Micros): boolean {
    return this.steadyPeers(member, now) >= this.#cluster.peersNeeded(member);
  }

  ppm(member: number): number {
    return this.#ppm[member] as number;
  }
  /** The slowest rate its clock had in this run, in ppm; never above 0. */
  slowestPpm(member: number): number {
    return this.#slowest[member] as number;
  }
  /** The fastest rate its clock had in this run, in ppm; never below 0. */
  fastestPpm(member: number): number {
    return this.#fastest[member] as number;
  }
  /** The longest true time that `ms` of its own clock may have taken at any rate it had so far. */
  longest(member: number, ms: number): Micros {
    return Math.ceil((ms * 1_000 * 1_000_000) / (1_000_000 + this.slowestPpm(member)));
  }

  /** No fault makes time bounds meaningless for it: since when, or `Infinity` while one does. */
  calmSince(member: number): Micros {
    if (this.#networkFaults > 0 || (this.#nodeFaults[member] as number) > 0) return Infinity;
    if (Math.abs(this.ppm(member)) > RHO_PPM) return Infinity;
    return Math.max(this.#networkCalmSince, this.#nodeCalmSince[member] as number);
  }

  on(record: TraceRecord): void {
    if (record.kind === "fault") this.#onFault(record);
    else if (record.kind === "state" && record.origin === "world") this.#onState(record);
  }

  #onState(record: StateRecord): void {
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    if (record.key === "clock") this.#onClock(member, record);
    else if (record.key === "process") this.#change(record.time, () => this.#onProcess(member, record));
    else {
      const to = this.#cluster.number(record.key.slice("link>".length));
      if (to < 0) return;
      this.#change(record.time, () => (this.#isCut[member * this.#cluster.size + to] = record.value === "cut" ? 1 : 0));
    }
  }

  #onProcess(member: number, record: StateRecord): void {
    const isUp = record.value !== "down";
    if (!isUp) this.#upSince[member] = Infinity;
    else if (this.#isUp[member] === 0) this.#upSince[member] = record.time;
    this.#isUp[member] = isUp ? 1 : 0;
    this.#isPaused[member] = record.value === "paused" ? 1 : 0;
    this.#onRunning(member, record.time);
  }

  #onRunning(member: number, time: Micros): void {
    if (!this.isRunning(member) || this.#slowdowns[member] !== 0) this.#runningSince[member] = Infinity;
    else if (this.#runningSince[member] === Infinity) this.#runningSince[member] = time;
  }

  #onClock(member: number, record: StateRecord): void {
    const ppm = Number(record.fields["ppm"] ?? 0);
    this.#change(record.time, () => {
      if (Math.abs(this.ppm(member)) > RHO_PPM && Math.abs(ppm) <= RHO_PPM) this.#nodeCalmSince[member] = record.time;
      this.#ppm[member] = ppm;
      this.#slowest[member] = Math.min(this.slowestPpm(member), ppm);
      this.#fastest[member] = Math.max(this.fastestPpm(member), ppm);
    });
  }

  #onFault(record: FaultRecord): void {
    if (record.phase === "start") {
      const { kind, nodes } = disturbanceOf(record, this.#cluster.heartbeat);
      if (kind === "none") return;
      this.#faults.set(record.fault, { isGlobal: kind === "network", isSlow: slowedBy(record).length > 0, nodes });
      this.#change(record.time, () => this.#disturb(record, 1));
    } else if (record.phase === "stop" && this.#faults.has(record.fault)) {
      this.#change(record.time, () => this.#disturb(record, -1));
      this.#faults.delete(record.fault);
    }
  }

  #disturb(record: FaultRecord, by: 1 | -1): void {
    const fault = this.#faults.get(record.fault);
    if (fault === undefined) return;
    if (fault.isGlobal) {
      this.#networkFaults += by;
      this.#networkCalmSince = record.time;
      return;
    }
    for (const node of fault.nodes) {
      const member = this.#cluster.number(node);
      if (member < 0) continue;
      if (fault.isSlow) {
        this.#slowdowns[member] = (this.#slowdowns[member] as number) + by;
        this.#onRunning(member, record.time);
      }
      this.#nodeFaults[member] = (this.#nodeFaults[member] as number) + by;
      this.#nodeCalmSince[member] = record.time;
    }
  }

  #change(time: Micros, apply: () => void): void {
    for (const watcher of this.#watchers) watcher.before?.(time);
    apply();
    const n = this.#cluster.size;
    for (let from = 0; from < n; from++) {
      for (let to = 0; to < n; to++) {
        const cell = from * n + to;
        const was = this.#reachableSince[cell] !== Infinity;
        const is = this.reaches(from, to);
        if (was === is) continue;
        this.#reachableSince[cell] = is ? time : Infinity;
        if (was) this.#lastReachable[cell] = time;
      }
    }
    for (const watcher of this.#watchers) watcher.after?.(time);
  }

  #last(from: number, to: number): Micros {
    return this.#lastReachable[from * this.#cluster.size + to] as Micros;
  }

  /** The smallest of the largest `peersNeeded` values over the other voters, by insertion into a short sorted list. */
  #nth(member: number, value: (peer: number) => number): number {
    const needed = this.#cluster.peersNeeded(member);
    if (needed === 0) return Infinity;
    const top = this.#top.fill(-1);
    for (let peer = 0; peer < this.#cluster.size; peer++) {
      if (peer === member || !this.#cluster.of(peer).isVoter) continue;
      let v = value(peer);
      for (let i = 0; i < needed; i++) {
        const held = top[i] as number;
        if (v > held) {
          top[i] = v;
          v = held;
        }
      }
    }
    return top[needed - 1] as number;
  }
}
