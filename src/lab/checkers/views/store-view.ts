import type { PointRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf, textOf } from "./fields.ts";
import { IntList } from "./int-list.ts";

/**
 * Which client command took effect where: commands are numbered from 1 as they appear, each (client, seq) once.
 *
 * Rests on `store.commit` (the resource) and on `raft.apply`, which also tells the entry's term. Who goes on from a snapshot has what
 * a member had that took an equal one: that equal ones are of equal index is for whoever judges them.
 */
export class StoreView implements TraceListener {
  readonly triggers = ["point:store.commit", "point:raft.apply", "point:raft.snapshot", "point:raft.restore"];
  readonly #cluster: Cluster;
  readonly #numbers = new Map<string, Map<number, number>>();
  #count = 0;
  /** The command asked for last: all who judge one record ask for the same. */
  #lastClient = "";
  #lastSeq = -1;
  #lastNumber = 0;
  readonly #indexOf = new IntList();
  readonly #termOf = new IntList();
  readonly #at: readonly IntList[];
  readonly #applied: Int32Array;
  /** By index and hash of a snapshot: a member that took it. */
  readonly #takenBy = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#at = cluster.ids.map(() => new IntList());
    this.#applied = new Int32Array(cluster.size);
  }

  /** Number of a command, given to it when it is first asked for. */
  number(client: string, seq: number): number {
    if (this.#lastNumber === 0 || seq !== this.#lastSeq || client !== this.#lastClient) {
      this.#lastNumber = this.#find(client, seq);
      this.#lastClient = client;
      this.#lastSeq = seq;
    }
    return this.#lastNumber;
  }
  #find(client: string, seq: number): number {
    let numbers = this.#numbers.get(client);
    if (numbers === undefined) this.#numbers.set(client, (numbers = new Map<number, number>()));
    let number = numbers.get(seq);
    if (number === undefined) numbers.set(seq, (number = ++this.#count));
    return number;
  }
  /** Log index at which it first took effect anywhere; 0 for none. */
  index(command: number): number {
    return this.#indexOf.get(command);
  }
  /** Term of that entry. */
  term(command: number): number {
    return this.#termOf.get(command);
  }
  /** The command a member last applied at `index`; 0 for none. */
  at(member: number, index: number): number {
    return (this.#at[member] as IntList).get(index);
  }
  /** The highest index it has ever applied. */
  applied(member: number): number {
    return this.#applied[member] as number;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "point") return;
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    const { fields } = record;
    const index = intOf(fields["index"]);
    if (index < 0) return;
    if (record.name === "raft.snapshot" || record.name === "raft.restore") {
      this.#onSnapshot(member, index, record);
      return;
    }
    if (index > (this.#applied[member] as number)) this.#applied[member] = index;
    const client = textOf(fields["client"]);
    if (client === "") {
      if (record.name === "raft.apply") (this.#at[member] as IntList).set(index, 0);
      return;
    }
    const command = this.number(client, intOf(fields["seq"]));
    (this.#at[member] as IntList).set(index, command);
    if (record.name === "raft.apply" && fields["effect"] === false) return;
    if (this.#indexOf.get(command) !== 0) return;
    this.#indexOf.set(command, index);
    this.#termOf.set(command, intOf(fields[record.name === "raft.apply" ? "term" : "epoch"]));
  }

  #onSnapshot(member: number, index: number, { name, fields }: PointRecord): void {
    const key = `${String(index)}/${String(intOf(fields["hash"]))}`;
    const source = this.#takenBy.get(key);
    if (name === "raft.snapshot") {
      if (source === undefined) this.#takenBy.set(key, member);
      return;
    }
    if (source !== undefined && source !== member)
      for (let at = 1; at <= index; at++) (this.#at[member] as IntList).set(at, this.at(source, at));
    if (index > (this.#applied[member] as number)) this.#applied[member] = index;
  }
}
