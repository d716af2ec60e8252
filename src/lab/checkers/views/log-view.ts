import type { PointRecord, RecordId, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf } from "./fields.ts";
import { IntList } from "./int-list.ts";

/** How an append fitted the node's own log: `repeat` is an entry it holds already, `gap` and `overwrite` are faults of the node. */
export type AppendFit = "extends" | "repeat" | "gap" | "overwrite";

interface NodeLog {
  readonly terms: IntList;
  length: number;
  /** It restarted and has not said since what its log holds: bytes that were not synced may have survived, on the disk or in the page cache. */
  isUncertain: boolean;
  commit: number;
}

/**
 * Durable logs and commits of all members.
 *
 * `raft.append` says that an entry is durable, so a log survives a crash, and more than was told may survive with it: entries and
 * truncations that were under way. What a restarted node holds beyond is known from `raft.recover`, if it tells, or from where
 * its next entry fits. A snapshot holds everything up to its index: who puts one in place holds it, whatever its log begins with.
 */
export class LogView implements TraceListener {
  readonly triggers = [
    "point:raft.append",
    "point:raft.truncate",
    "point:raft.commit",
    "point:raft.recover",
    "point:raft.install",
    "state:process",
  ];
  readonly #cluster: Cluster;
  readonly #logs: NodeLog[];
  readonly #committed = new IntList();
  readonly #committedBy = new IntList();
  /** The highest index any member has reported as committed. */
  commitMax = 0;
  /** How the last `raft.append` fitted, and the length the log had before it. */
  lastFit: AppendFit = "extends";
  lastLength = 0;
  /** For the last `raft.truncate`: length of the log before it. */
  truncatedLength = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#logs = cluster.ids.map(() => ({
      terms: new IntList(),
      length: 0,
      isUncertain: false,
      commit: 0,
    }));
  }

  length(member: number): number {
    return this.#log(member).length;
  }
  /** Term of its entry at `index`, gone entries included; 0 when it never had one. */
  term(member: number, index: number): number {
    return this.#log(member).terms.get(index);
  }
  /** Whether this very entry is durable in its log now. */
  holds(member: number, index: number, term: number): boolean {
    const log = this.#log(member);
    return index <= log.length && log.terms.get(index) === term;
  }
  /** How many voters hold this very entry durably now; one that has just restarted may. */
  holders(index: number, term: number): number {
    let count = 0;
    for (let member = 0; member < this.#cluster.size; member++)
      if (this.#cluster.of(member).isVoter && this.mayHold(member, index, term)) count++;
    return count;
  }
  /** Whether this very entry is durable in its log now, or may be, as it has just restarted and not said. */
  mayHold(member: number, index: number, term: number): boolean {
    const log = this.#log(member);
    return (log.isUncertain && index > log.length) || this.holds(member, index, term);
  }
  /** The commit index it last reported in this incarnation; 0 for none. */
  commit(member: number): number {
    return this.#log(member).commit;
  }
  /** Term of the entry that was first reported committed at `index`; 0 while nobody reported one. */
  committedTerm(index: number): number {
    return this.#committed.get(index);
  }
  /** The record that first reported it. */
  committedBy(index: number): RecordId {
    return this.#committedBy.get(index);
  }

  on(record: TraceRecord): void {
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "state") {
      if (record.origin !== "world" || record.value !== "down") return;
      this.#log(member).commit = 0;
      this.#log(member).isUncertain = true;
    } else if (record.kind === "point") {
      if (record.name === "raft.append") this.#onAppend(this.#log(member), record);
      else if (record.name === "raft.truncate") this.#onTruncate(this.#log(member), record);
      else if (record.name === "raft.recover")
        this.#recover(this.#log(member), intOf(record.fields["index"]), intOf(record.fields["term"]));
      else if (record.name === "raft.install") this.#onInstall(this.#log(member), record);
      else this.#onCommit(member, record);
    }
  }

  #onAppend(log: NodeLog, record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    const term = intOf(record.fields["term"]);
    this.lastLength = log.length;
    if (index <= log.length && log.terms.get(index) === term) {
      this.lastFit = "repeat";
      return;
    }
    const isExpected = index === log.length + 1 || log.isUncertain;
    if (isExpected && index !== log.length + 1) this.#recover(log, index - 1, intOf(record.fields["prevTerm"]));
    this.lastFit = isExpected ? "extends" : index > log.length ? "gap" : "overwrite";
    log.terms.set(index, term);
    log.length = index;
    log.isUncertain = false;
  }

  #onTruncate(log: NodeLog, record: PointRecord): void {
    this.truncatedLength = log.length;
    log.length = Math.min(log.length, Math.max(0, intOf(record.fields["from"]) - 1));
  }

  /** The log ends with this entry, whatever was told before; what comes before it is copied from a log that holds it too. */
  #recover(log: NodeLog, index: number, term: number): void {
    const source = this.#logs.find(
      (other) => other !== log && index <= other.length && other.terms.get(index) === term,
    );
    for (let at = log.length + 1; at < index; at++) log.terms.set(at, source?.terms.get(at) ?? 0);
    if (index > 0) log.terms.set(index, term);
    log.length = Math.max(0, index);
    log.isUncertain = false;
  }

  /** What follows is kept where the entry was held already; then a restarted node tells of the end of its log by itself. */
  #onInstall(log: NodeLog, record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    const term = intOf(record.fields["term"]);
    if (index > log.length || log.terms.get(index) !== term) {
      // Nothing that it held before need be the same.
      log.length = 0;
      this.#recover(log, index, term);
    }
    if (log.commit < index) log.commit = index;
  }

  #onCommit(member: number, record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    const term = intOf(record.fields["entryTerm"]);
    this.#log(member).commit = index;
    if (index <= this.commitMax) return;
    const source = this.#sourceOf(member, index, term);
    for (let at = this.commitMax + 1; at <= index; at++) {
      const entryTerm = at === index ? term : source === undefined ? 0 : source.terms.get(at);
      this.#committed.set(at, entryTerm);
      this.#committedBy.set(at, record.id);
    }
    this.commitMax = index;
  }

  /** A log that holds the committed entry, and so (log matching) everything before it. */
  #sourceOf(member: number, index: number, term: number): NodeLog | undefined {
    if (this.holds(member, index, term)) return this.#log(member);
    return this.#logs.find((log) => index <= log.length && log.terms.get(index) === term);
  }

  #log(member: number): NodeLog {
    return this.#logs[member] as NodeLog;
  }
}
