import type { Micros, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf } from "./fields.ts";
import type { WorldView } from "./world-view.ts";

/** A running process that has not taken back an expired lease within this time acts on it still. */
const GRACE: Micros = 20_000;

/**
 * Who holds a lease, in true time. A lease ends when its holder says so, stops leading or ends, and otherwise at its deadline,
 * reckoned from `leftMs` at the rate of the holder's clock: a paused holder cannot say that it expired. A holder that runs past
 * its deadline without saying so is taken to believe in its lease still: that is what a lease on a wrong clock looks like.
 */
export class LeaseView implements TraceListener {
  readonly triggers = ["state:lease", "state:role", "state:process", "state:clock"];
  readonly #cluster: Cluster;
  readonly #world: WorldView;
  readonly #isValid: Uint8Array;
  readonly #end: Float64Array;
  readonly #since: Float64Array;
  readonly #term: Int32Array;
  readonly #ppm: Float64Array;

  constructor(cluster: Cluster, world: WorldView) {
    this.#cluster = cluster;
    this.#world = world;
    this.#isValid = new Uint8Array(cluster.size);
    this.#end = new Float64Array(cluster.size);
    this.#since = new Float64Array(cluster.size);
    this.#term = new Int32Array(cluster.size).fill(-1);
    this.#ppm = new Float64Array(cluster.size);
  }

  /** Whether it holds a lease at `now`, or acts as if it did. */
  isHeld(member: number, now: Micros): boolean {
    return now < this.until(member, now);
  }
  /** When its lease ends or ended, as far as is known at `now`; `Infinity` while it acts on an expired one; −1 for none. */
  until(member: number, now: Micros): Micros {
    if (this.#isValid[member] === 0) return -1;
    const end = this.#end[member] as Micros;
    if (now < end) return end;
    const silentSince = Math.max(end, this.#world.runningSince(member));
    const isTimely = this.#world.calmSince(member) !== Infinity;
    return isTimely && silentSince + GRACE < now ? Infinity : end;
  }
  /** The deadline of its last lease, in true time, whatever it says since. */
  deadline(member: number): Micros {
    return this.#end[member] as Micros;
  }
  /** Since when it holds its lease without a gap; only meaningful while it is held. */
  since(member: number): Micros {
    return this.#since[member] as Micros;
  }
  /** Term of its last lease; −1 for none in this incarnation. */
  term(member: number): number {
    return this.#term[member] as number;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    if (record.key === "lease") {
      const wasValid = this.#isValid[member] === 1;
      this.#isValid[member] = record.value === "valid" ? 1 : 0;
      if (record.value !== "valid") return;
      if (!wasValid || record.time >= (this.#end[member] as number)) this.#since[member] = record.time;
      this.#term[member] = intOf(record.fields["term"]);
      // `leftMs` is rounded up by at most one ms (the clock reads rounded down).
      const leftMs = Math.max(0, intOf(record.fields["leftMs"]) - 1);
      this.#end[member] = record.time + this.#trueTime(member, leftMs * 1_000);
    } else if (record.key === "role") {
      if (record.value !== "leader") this.#isValid[member] = 0;
    } else if (record.origin === "world" && record.key === "process") {
      if (record.value !== "down") return;
      this.#isValid[member] = 0;
      this.#term[member] = -1;
    } else if (record.origin === "world") {
      const left = (this.#end[member] as number) - record.time;
      const own = left > 0 ? Math.floor((left * (1_000_000 + (this.#ppm[member] as number))) / 1_000_000) : 0;
      this.#ppm[member] = Number(record.fields["ppm"] ?? 0);
      if (left > 0) this.#end[member] = record.time + this.#trueTime(member, own);
    }
  }

  #trueTime(member: number, ownMicros: number): Micros {
    return Math.floor((ownMicros * 1_000_000) / (1_000_000 + (this.#ppm[member] as number)));
  }
}
