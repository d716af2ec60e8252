import type { Fields } from "../../../trace/plain.ts";
import type { PointRecord, RecordId, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf, textOf } from "./fields.ts";
import { IntList } from "./int-list.ts";

/** A replica's word that it leaves a chain, and what it kept of it. */
export interface Divergence {
  readonly member: number;
  readonly record: RecordId;
  /** Where it stood, as text. */
  readonly from: string;
  /** Transactions that it said are lost. */
  readonly lost: ReadonlySet<number>;
  /** Those of them that it kept, durably. */
  readonly kept: Set<number>;
}

/**
 * The histories of the databases of one run, as a tree: every transaction that some primary made durable is a node, numbered from 1
 * as it appears, whose parent is the one it was made on. 0 is the beginning of all.
 *
 * Rests on what the databases recorded of themselves (`repl.*`), on the world's word for what a disk made durable, and on `divergence`
 * for what a replica said it lost.
 */
export class ReplicationView implements TraceListener {
  readonly triggers = [
    "point:repl.commit",
    "point:repl.apply",
    "point:repl.snapshot",
    "point:repl.recover",
    "point:repl.rollback",
    "point:divergence",
    "point:lost-found",
    "point:disk.sync",
    "state:replica",
  ];
  readonly divergences: Divergence[] = [];
  readonly #cluster: Cluster;
  readonly #numbers = new Map<string, number>([["0/0000000000000000", 0]]);
  readonly #parent = new IntList();
  readonly #txid = new IntList();
  /** The record that told of each first. */
  readonly #record = new IntList();
  readonly #commits = new Map<string, number[]>();
  /** Where each member stands; −1 for a place that no primary was ever at. */
  readonly #tip: Int32Array;
  /** Epoch → where its primary's chain ends, as far as it has told. */
  readonly #ends = new Map<number, number>();
  readonly #synced: Map<string, number>[];
  #count = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#tip = new Int32Array(cluster.size);
    this.#synced = cluster.ids.map(() => new Map<string, number>());
  }

  /** Where a member stands. */
  tip(member: number): number {
    return this.#tip[member] as number;
  }
  /** Where the chain of the primary of that epoch ends; −1 when nothing is known of it. */
  end(epoch: number): number {
    return this.#ends.get(epoch) ?? -1;
  }
  txid(transaction: number): number {
    return transaction === 0 ? 0 : this.#txid.get(transaction);
  }
  /** The record that first told of a transaction; `undefined` where there is none. */
  recordOf(transaction: number): RecordId | undefined {
    return transaction <= 0 ? undefined : this.#record.get(transaction);
  }
  /** The transactions that a client's write became: more than one when it was tried again. */
  transactionsOf(client: string, seq: number): readonly number[] {
    return this.#commits.get(`${client}#${String(seq)}`) ?? [];
  }
  /** Whether the history that ends at `end` goes through `transaction`. */
  isOnChain(transaction: number, end: number): boolean {
    if (transaction < 0) return false;
    let at = end;
    while (at > 0 && this.txid(at) > this.txid(transaction)) at = this.#parent.get(at);
    return at === transaction;
  }
  /** Everything that the history has which ends at `end`. */
  chain(end: number): Set<number> {
    const chain = new Set<number>();
    for (let at = end; at > 0; at = this.#parent.get(at)) chain.add(at);
    return chain;
  }
  /** The transaction of that position; −1 when nobody made it. */
  at(fields: Fields): number {
    return this.#numbers.get(`${textOf(fields["txid"])}/${textOf(fields["checksum"])}`) ?? -1;
  }

  /** The transaction of a position as text, its number in hexadecimal; −1 when nobody made it. */
  atPosition(position: string): number {
    const [txid = "0", checksum = ""] = position.split("/");
    return this.#numbers.get(`${String(Number(`0x${txid}`))}/${checksum}`) ?? -1;
  }

  on(record: TraceRecord): void {
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "state") {
      const epoch = intOf(record.fields["epoch"]);
      const primary = this.#cluster.number(textOf(record.fields["primary"]));
      // Before its first transaction a primary's chain is where it stood when the first replica found itself on it.
      if (record.value === "streaming" && primary >= 0 && !this.#ends.has(epoch))
        this.#ends.set(epoch, this.tip(primary));
    } else if (record.kind === "point") this.#onPoint(member, record);
  }

  #onPoint(member: number, record: PointRecord): void {
    const { fields } = record;
    switch (record.name) {
      case "repl.commit":
        this.#onCommit(member, record);
        return;
      case "disk.sync":
        if (textOf(fields["path"]).startsWith("lost+found/"))
          this.#synced[member]?.set(textOf(fields["path"]), record.id);
        return;
      case "divergence":
        this.#onDivergence(member, record);
        return;
      case "lost-found":
        this.#onKept(member, fields);
        return;
      case "repl.recover":
        this.#onRecover(member, record);
        return;
      default:
        this.#tip[member] = this.at(fields);
    }
  }

  /**
   * What became durable in the moment in which the process ended was told to nobody: it follows on what was told last, and so does
   * the chain of a primary that goes on in the same epoch.
   */
  #onRecover(member: number, record: PointRecord): void {
    const { fields } = record;
    const known = this.at(fields);
    const txid = Number(textOf(fields["txid"]));
    const last = this.tip(member);
    if (known >= 0 || last < 0 || txid <= this.txid(last)) {
      this.#tip[member] = known;
      return;
    }
    const number = this.#add(record, last);
    const epoch = intOf(fields["epoch"]);
    if (this.end(epoch) === last) this.#ends.set(epoch, number);
    this.#tip[member] = number;
  }

  #add({ fields, id }: PointRecord, parent: number): number {
    const number = ++this.#count;
    this.#numbers.set(`${textOf(fields["txid"])}/${textOf(fields["checksum"])}`, number);
    this.#parent.set(number, parent);
    this.#record.set(number, id);
    this.#txid.set(number, Number(textOf(fields["txid"])));
    return number;
  }

  #onCommit(member: number, record: PointRecord): void {
    const { fields } = record;
    const txid = Number(textOf(fields["txid"]));
    const parent = this.#numbers.get(`${String(txid - 1)}/${textOf(fields["pre"])}`) ?? -1;
    let number = this.at(fields);
    if (number < 0) {
      number = this.#add(record, parent);
      const write = `${textOf(fields["client"])}#${String(intOf(fields["seq"]))}`;
      const earlier = this.#commits.get(write);
      if (earlier === undefined) this.#commits.set(write, [number]);
      else earlier.push(number);
    }
    this.#tip[member] = number;
    this.#ends.set(intOf(fields["epoch"]), number);
  }

  #onDivergence(member: number, record: PointRecord): void {
    const from = textOf(record.fields["from"]);
    const lost = new Set<number>();
    const [first = 0] = rangeOf(textOf(record.fields["lostTxids"]));
    let at = this.atPosition(from);
    for (; at > 0 && this.txid(at) >= first; at = this.#parent.get(at)) lost.add(at);
    this.divergences.push({ member, record: record.id, from, lost, kept: new Set() });
  }

  /** What it says to have kept counts when the world saw the file become durable since it said what is lost. */
  #onKept(member: number, fields: Fields): void {
    const divergence = this.divergences.findLast((one) => one.member === member && one.from === textOf(fields["from"]));
    if (divergence === undefined) return;
    if ((this.#synced[member]?.get(textOf(fields["path"])) ?? -1) < divergence.record) return;
    const [first = 0, last = -1] = rangeOf(textOf(fields["txids"]));
    for (const one of divergence.lost) if (this.txid(one) >= first && this.txid(one) <= last) divergence.kept.add(one);
  }
}

/** `"12-14"` → 12 and 14; `"12"` → 12 and 12; nothing for nothing. */
function rangeOf(text: string): number[] {
  if (text === "") return [];
  const [first = "", last = first] = text.split("-");
  return [Number(first), Number(last)];
}
