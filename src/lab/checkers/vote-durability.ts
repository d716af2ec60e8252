import type { Message } from "../../trace/plain.ts";
import type { Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf } from "./views/fields.ts";

/** A message that left. */
interface Told {
  readonly id: RecordId;
  readonly time: Micros;
  readonly node: string;
  readonly peer: string;
  readonly message: Message;
}

interface Vote {
  readonly candidate: string;
  readonly record: number;
  readonly time: number;
}

/** A candidate's request as its voter first got it. `synced`: something became durable at the voter since. */
interface Asked {
  readonly time: number;
  synced: boolean;
}

interface Voter {
  readonly votes: Map<number, Vote>;
  readonly asked: Map<string, Asked>;
  /** Highest term in a message of this node, and where. */
  term: number;
  termRecord: number;
  termTime: number;
  /** The highest term it showed before its last restart. */
  termBefore: number;
  hasDisk: boolean;
}

/**
 * Judged on messages: a granted `raft.vote-reply` is a vote for its receiver, a `raft.vote` is a vote for its sender. A vote
 * must be durable before it is told, so between the request and the reply the voter's disk must have synced something. A node
 * whose disk was wiped can keep no promise it made before; from there on it is judged anew, and what comes of it is for I01 and I11.
 */
export const voteDurability = defineChecker("vote-durability", {
  invariant: "I05",
  title: "Votes and terms last",
  rule: "Across crashes and restarts a node's term never goes back, it votes for at most one candidate a term, and its vote is durable before it is told.",
  triggers: [
    "sent:raft.*",
    "delivered:raft.vote",
    "point:disk.sync",
    "point:disk.sync-dir",
    "point:disk.lost",
    "state:process",
  ],
  create: (context) => new VoteDurability(context),
});

class VoteDurability implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #voters: Voter[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#voters = context.cluster.ids.map(newVoter);
  }

  on(record: TraceRecord): void {
    if (record.kind === "sent" || record.kind === "delivered") {
      const peer = record.kind === "sent" ? record.to : record.from;
      this.onMessage(record.kind, record.id, record.time, record.node, peer, record.message);
      return;
    }
    const member = this.#context.cluster.number(record.node);
    const voter = this.#voters[member];
    if (voter === undefined) return;
    if (record.kind === "point" && record.name === "disk.lost") {
      if (record.fields["what"] === "wipe") this.#voters[member] = newVoter();
    } else if (record.kind === "point") {
      voter.hasDisk = true;
      for (const asked of voter.asked.values()) asked.synced = true;
    } else if (record.kind === "state" && record.origin === "world" && record.value === "down")
      voter.termBefore = voter.term;
  }

  onMessage(
    kind: "sent" | "delivered",
    id: RecordId,
    time: Micros,
    node: string,
    peer: string,
    message: Message,
  ): void {
    const voter = this.#voters[this.#context.cluster.number(node)];
    if (voter === undefined) return;
    if (kind === "delivered") ask(voter, peer, intOf(message["term"]), time);
    // Nearly every message is of the term that its sender has shown already, and no vote.
    else if (message["term"] !== voter.term || message.type === "raft.vote" || message.type === "raft.vote-reply")
      this.#onSent(voter, { id, time, node, peer, message });
  }

  #onSent(voter: Voter, record: Told): void {
    const { type } = record.message;
    const term = intOf(record.message["term"]);
    if (term < 0 || type === "raft.pre-vote" || type === "raft.pre-vote-reply") return;
    // A reply may be on its way out, waiting for the disk, while its node learns of a newer term; only a lost term makes it a lie.
    if (term < voter.term && (term < voter.termBefore || !type.endsWith("-reply"))) {
      this.#wentBack(voter, record, term);
      return;
    }
    if (term > voter.term) {
      voter.term = term;
      voter.termRecord = record.id;
      voter.termTime = record.time;
      this.#context.judged();
    }
    if (type === "raft.vote") this.#vote(voter, record, term, record.node);
    else if (type === "raft.vote-reply" && record.message["granted"] === true) {
      this.#vote(voter, record, term, record.peer);
      this.#needsSync(voter, record, term);
    }
  }

  #vote(voter: Voter, record: Told, term: number, candidate: string): void {
    const first = voter.votes.get(term);
    if (first === undefined) {
      voter.votes.set(term, { candidate, record: record.id, time: record.time });
      this.#context.judged();
      return;
    }
    if (first.candidate === candidate) return;
    const t = String(term);
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node, first.candidate, candidate],
      message: `${record.node} voted for ${candidate} in term ${t} at ${formatSeconds(record.time)}, but it had voted for ${first.candidate} in term ${t} at ${formatSeconds(first.time)}`,
      expected: `one vote of ${record.node} in term ${t}, for ${first.candidate}`,
      observed: `a second vote, for ${candidate}`,
      related: [first.record],
      facts: { term },
    });
  }

  #needsSync(voter: Voter, record: Told, term: number): void {
    const asked = voter.asked.get(askedKey(record.peer, term));
    if (!voter.hasDisk || asked === undefined || asked.synced) return;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} told ${record.peer} its vote in term ${String(term)} at ${formatSeconds(record.time)}, but nothing became durable on its disk since it was asked at ${formatSeconds(asked.time)}`,
      expected: "a sync between the request and the vote",
      observed: "no sync",
      facts: { term },
    });
  }

  #wentBack(voter: Voter, record: Told, term: number): void {
    this.#context.judged();
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} sent ${record.message.type} of term ${String(term)} at ${formatSeconds(record.time)}, but it had been in term ${String(voter.term)} at ${formatSeconds(voter.termTime)}`,
      expected: `no term below ${String(voter.term)}`,
      observed: `term ${String(term)}`,
      related: [voter.termRecord],
      facts: { term, earlierTerm: voter.term },
    });
  }
}

function newVoter(): Voter {
  return {
    votes: new Map<number, Vote>(),
    asked: new Map<string, Asked>(),
    term: -1,
    termRecord: -1,
    termTime: 0,
    termBefore: -1,
    hasDisk: false,
  };
}

/** Requests of older terms can no longer be granted. */
const ASKED_KEPT = 64;

function ask(voter: Voter, candidate: string, term: number, time: Micros): void {
  const key = askedKey(candidate, term);
  if (voter.asked.has(key)) return;
  voter.asked.set(key, { time, synced: false });
  if (voter.asked.size > ASKED_KEPT) voter.asked.delete(voter.asked.keys().next().value as string);
}

function askedKey(candidate: string, term: number): string {
  return `${candidate}/${String(term)}`;
}
