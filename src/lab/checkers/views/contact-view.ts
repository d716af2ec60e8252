import type { Message } from "../../../trace/plain.ts";
import type { Micros, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf, textOf } from "./fields.ts";

/** When each member last got an answer from each voter to what it sent as leader: the ground under leases and quorums. */
export class ContactView implements TraceListener {
  readonly triggers = ["delivered:raft.heartbeat-reply", "delivered:raft.append-reply", "state:process"];
  readonly #cluster: Cluster;
  readonly #last: Float64Array;
  readonly #term: Int32Array;
  /** The disk it answered from; `""` for a founder's. */
  readonly #disk: string[];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#last = new Float64Array(cluster.size * cluster.size).fill(-1);
    this.#term = new Int32Array(cluster.size * cluster.size).fill(-1);
    this.#disk = new Array<string>(cluster.size * cluster.size).fill("");
  }

  /** How many voters, itself among them, answered `member` in `term` at `since` or later. */
  answered(member: number, term: number, since: Micros): number {
    const n = this.#cluster.size;
    let count = this.#cluster.of(member).isVoter ? 1 : 0;
    for (let peer = 0; peer < n; peer++) {
      if (peer === member || !this.#cluster.of(peer).isVoter) continue;
      if (this.hasAnswered(member, peer, term, since)) count++;
    }
    return count;
  }
  /** Whether `peer` answered `member` in `term` at `since` or later. */
  hasAnswered(member: number, peer: number, term: number, since: Micros): boolean {
    const cell = member * this.#cluster.size + peer;
    return this.#term[cell] === term && (this.#last[cell] as number) >= since;
  }
  /** The disk from which `peer` last answered `member`. */
  diskOf(member: number, peer: number): string {
    return this.#disk[member * this.#cluster.size + peer] as string;
  }

  on(record: TraceRecord): void {
    if (record.kind === "delivered") {
      this.onMessage("delivered", record.id, record.time, record.node, record.from, record.message);
      return;
    }
    const member = this.#cluster.number(record.node);
    if (member < 0 || record.kind !== "state" || record.origin !== "world" || record.value !== "down") return;
    const n = this.#cluster.size;
    this.#term.fill(-1, member * n, member * n + n);
  }
  onMessage(_kind: string, _id: number, time: Micros, node: string, from: string, message: Message): void {
    const member = this.#cluster.number(node);
    const peer = this.#cluster.number(from);
    if (member < 0 || peer < 0) return;
    const cell = member * this.#cluster.size + peer;
    this.#last[cell] = time;
    this.#term[cell] = intOf(message["term"]);
    this.#disk[cell] = textOf(message["disk"]);
  }
}
