import type { NodeId } from "../../ports/node.ts";
import { keepsNoPayload } from "./group-config.ts";
import type { LeadershipHost } from "./leadership-host.ts";
import { Progress } from "./progress.ts";
import type { Identity } from "./quorum-policy.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Append, AppendReply, Heartbeat, Install, InstallReply } from "./raft-messages.ts";
import { SnapshotSender } from "./snapshot-sender.ts";

export interface ReplicationOptions {
  readonly term: number;
  /** Whether nothing may be sent any more. */
  isSilent(): boolean;
  /** Up to which number orders to campaign are void; 0 for none. */
  revoked(): number;
  /** The round of reads that waits for an answer; 0 for none. */
  round(): number;
}

/** Sends what a leader has to its members, heartbeats and entries, and keeps what is known of each. */
export class Replication {
  readonly #host: LeadershipHost;
  readonly #options: ReplicationOptions;
  readonly #progress = new Map<NodeId, Progress>();
  /** Members from which something was heard in this leadership. */
  readonly #met = new Set<NodeId>();
  #diskChanges = 0;

  constructor(host: LeadershipHost, options: ReplicationOptions) {
    this.#host = host;
    this.#options = options;
  }

  get(id: NodeId): Progress | undefined {
    return this.#progress.get(id);
  }
  /** What is known of this very member: nothing, when it answers from another disk. */
  find({ id, disk }: Identity): Progress | undefined {
    const progress = this.#progress.get(id);
    return progress?.disk === disk ? progress : undefined;
  }
  /** The disk a member answers from; `undefined` while it has not answered. */
  diskOf(id: NodeId): string | undefined {
    return this.#met.has(id) ? this.#progress.get(id)?.disk : undefined;
  }

  /** Grows whenever {@link Replication.diskOf} may give something else than before. */
  get diskChanges(): number {
    return this.#diskChanges;
  }

  /**
   * Sends to these from now on. What is known of those that stay is kept, a member that is gone is forgotten.
   *
   * @param nextIndex  Where to begin with a new one, which then says what it lacks.
   */
  setMembers(ids: readonly NodeId[], nextIndex: number): void {
    const { log, id: self } = this.#host;
    this.#diskChanges++;
    for (const id of this.#progress.keys()) if (!ids.includes(id)) this.#progress.delete(id);
    for (const id of ids) {
      if (id === self || this.#progress.has(id)) continue;
      const member = log.config.members.find((one) => one.id === id) ?? log.config.old.find((one) => one.id === id);
      this.#progress.set(id, new Progress(nextIndex, member?.disk ?? ""));
    }
  }

  /** A member answered from this disk. @returns whether that is another than it was known with: all else known of it is void. */
  meet(id: NodeId, disk: string): boolean {
    const progress = this.#progress.get(id);
    if (progress === undefined) return false;
    if (!this.#met.has(id)) {
      this.#met.add(id);
      this.#diskChanges++;
    }
    if (progress.disk === disk) return false;
    this.#diskChanges++;
    this.#progress.set(id, new Progress(this.#host.log.lastIndex, disk));
    return true;
  }

  /** @returns whether more of the log is known to be there. */
  onReply(progress: Progress, reply: AppendReply): boolean {
    if (!reply.success) {
      if (reply.sentAtMs >= progress.probeSentAtMs) {
        // §5.3 with the term hint: skip back over whole terms the follower cannot have.
        const next = this.#host.log.lastIndexNotAfter(reply.hintTerm, reply.hintIndex) + 1;
        progress.probe(next > progress.matchIndex ? next : progress.matchIndex + 1);
      }
      return false;
    }
    progress.inFlight = progress.inFlight > 0 ? progress.inFlight - 1 : 0;
    progress.isProbing = false;
    return progress.matched(reply.matchIndex);
  }

  /** @returns whether more of the log is known to be there. */
  onInstallReply(progress: Progress, reply: InstallReply): boolean {
    progress.snapshot?.onReply(reply);
    if (reply.matchIndex === 0) return false;
    if (reply.matchIndex === progress.snapshot?.index) progress.snapshot = undefined;
    if (!progress.matched(reply.matchIndex)) return false;
    progress.probe(progress.nextIndex);
    return true;
  }

  /** A heartbeat to everybody, and what is to be sent besides. */
  beat(now: number): void {
    for (const [peer, progress] of this.#progress) this.#sendHeartbeat(peer, progress, now);
  }

  sendAll(): void {
    for (const [peer, progress] of this.#progress) this.sendAppend(peer, progress);
  }

  sendAppend(peer: NodeId, progress: Progress): void {
    const { log, config, clock } = this.#host;
    const { term } = this.#options;
    const { commitIndex } = log;
    if (progress.nextIndex <= log.base.index) {
      this.#sendSnapshot(peer, progress);
      return;
    }
    progress.snapshot = undefined;
    const window = progress.isProbing ? 1 : config.windowMax;
    while (!this.#options.isSilent() && progress.nextIndex <= log.lastIndex && progress.inFlight < window) {
      const prevIndex = progress.nextIndex - 1;
      const entries = this.#entriesFor(peer, progress.nextIndex);
      const sentAtMs = clock.monotonic();
      const prevTerm = log.termAt(prevIndex);
      const append: Append = { type: "raft.append", term, prevIndex, prevTerm, entries, commit: commitIndex, sentAtMs };
      this.#host.send(peer, this.#withRevoked(append));
      if (progress.isProbing) progress.probeSent(sentAtMs);
      progress.nextIndex += entries.length;
      progress.inFlight++;
      progress.appendSentAtMs = sentAtMs;
    }
  }

  #sendHeartbeat(peer: NodeId, progress: Progress, now: number): void {
    const { commitIndex } = this.#host.log;
    const round = this.#options.round();
    const commit = commitIndex < progress.matchIndex ? commitIndex : progress.matchIndex;
    const heartbeat: Heartbeat = {
      type: "raft.heartbeat",
      term: this.#options.term,
      commit,
      leaderCommit: commitIndex,
      sentAtMs: now,
    };
    this.#host.send(peer, this.#withRevoked(round === 0 ? heartbeat : { ...heartbeat, round }));
    // An append that was not answered for two heartbeats is taken for lost.
    if (progress.inFlight > 0 && now - progress.appendSentAtMs >= 2 * this.#host.config.heartbeatMs) {
      progress.probe(progress.resumeIndex);
    }
    this.sendAppend(peer, progress);
  }

  /** §7: what the log has no more is in the snapshot. The one that was begun is sent to its end, though there may be newer ones. */
  #sendSnapshot(peer: NodeId, progress: Progress): void {
    const { log, clock, config } = this.#host;
    if (this.#options.isSilent() || log.snapshot === undefined) return;
    progress.snapshot ??= new SnapshotSender(log.snapshot, keepsNoPayload(log.config, peer));
    const piece = progress.snapshot.next(clock.monotonic(), 2 * config.heartbeatMs);
    if (piece === undefined) return;
    const install: Install = { type: "raft.install", term: this.#options.term, ...piece };
    this.#host.send(peer, this.#withRevoked(install));
  }

  #withRevoked<M extends Append | Heartbeat | Install>(message: M): M {
    const revoked = this.#options.revoked();
    return revoked === 0 ? message : { ...message, revoked };
  }

  /** A witness is told what entries there are, and not what they say. */
  #entriesFor(peer: NodeId, from: number): Append["entries"] {
    const { log, config } = this.#host;
    const entries = log.slice(from, config.batchMax) as Append["entries"];
    if (!keepsNoPayload(log.config, peer)) return entries;
    return entries.map((entry) => {
      if (entry.type !== "command") return entry;
      const { index, term, type } = entry as LogEntry;
      return Object.freeze({ index, term, type, command: null, client: "", seq: 0, mark: log.hashAt(index) });
    }) as unknown as Append["entries"];
  }
}
