import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import type { RunFacts } from "../../../src/lab/checkers/facts.ts";
import type { Fields, Message, Plain } from "../../../src/trace/plain.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Verdict, Violation } from "../../../src/trace/verdict.ts";

export interface SceneOptions {
  /** Members `n1` … Default 3. */
  readonly nodes?: number;
  readonly config?: Plain;
  /** Configuration of single members. */
  readonly configOf?: Readonly<Record<string, Plain>>;
  readonly bounds?: RunFacts["bounds"];
  readonly network?: RunFacts["network"];
  readonly keep?: boolean;
  readonly program?: string;
}

/** A hand-written run: what happens, in the words of docs/records.md, shown to one or more checkers as it is written. */
export class Scene {
  readonly trace: TraceWriter;
  readonly facts: RunFacts;
  readonly #checkers: CheckerSet;
  readonly #ids: readonly string[];
  #requests = 0;

  constructor(checks: string | readonly string[], options: SceneOptions = {}) {
    this.#ids = Array.from({ length: options.nodes ?? 3 }, (_, i) => `n${String(i + 1)}`);
    const members = this.#ids.map((id) => ({
      id,
      program: options.program ?? "ha-node",
      role: "node" as const,
      config: options.configOf?.[id] ?? options.config ?? {},
    }));
    this.facts = {
      nodes: [...members, { id: "c1", program: "kv-client", role: "client", config: {} }],
      faults: [],
      endTime: 60_000_000,
      bounds: options.bounds ?? {},
      ...(options.network === undefined ? {} : { network: options.network }),
    };
    const names = typeof checks === "string" && checks !== "all" ? [checks] : checks;
    this.#checkers = new CheckerSet({
      run: this.facts,
      checks: names,
      catalogue: CATALOGUE,
      isKept: options.keep ?? false,
    });
    this.trace = new TraceWriter({ keep: options.keep ?? false, listeners: this.#checkers.listeners });
    for (const id of this.#ids) this.process(id, "up", "start");
  }

  /** Goes to this time, in ms. */
  at(ms: number): this {
    this.trace.time = ms * 1_000;
    return this;
  }
  /** What is written from here on was caused by this record. */
  causedBy(record: RecordId): this {
    this.trace.cause = record;
    return this;
  }

  // ---- world ----------------------------------------------------------------------------------------------------

  process(node: string, value: "up" | "down" | "paused", reason: string, fields: Fields = {}): RecordId {
    return this.trace.state(1, node, "process", value, { incarnation: 1, reason, ...fields });
  }
  clock(node: string, ppm: number): RecordId {
    return this.trace.state(1, node, "clock", "+0 ms", { offsetUs: 0, ppm, frozen: false });
  }
  link(from: string, to: string, value: "up" | "cut"): RecordId {
    return this.trace.state(1, from, `link>${to}`, value, { fault: "cut" });
  }
  /** Cuts or restores both directions between each of `left` and each of `right`. */
  links(left: readonly string[], right: readonly string[], value: "up" | "cut"): this {
    for (const a of left) {
      for (const b of right) {
        this.link(a, b, value);
        this.link(b, a, value);
      }
    }
    return this;
  }
  disk(node: string, name: "write" | "rename" | "remove" | "sync" | "sync-dir" | "lost", fields: Fields): RecordId {
    return this.trace.point(1, node, `disk.${name}`, fields);
  }
  /** What a correct fencer does to the marker of a writable node. */
  moveMarker(node: string): this {
    this.disk(node, "rename", { from: "litefs/.primary", to: "litefs/.primary.blocked" });
    this.disk(node, "sync-dir", { path: "litefs", tookUs: 100 });
    return this;
  }
  /** What a correct restore does before it opens. */
  writeMarker(node: string): this {
    this.disk(node, "write", { path: "litefs/.primary.new", bytes: 20 });
    this.disk(node, "rename", { from: "litefs/.primary.new", to: "litefs/.primary" });
    this.disk(node, "sync-dir", { path: "litefs", tookUs: 100 });
    return this;
  }
  fault(phase: "start" | "stop", id: string, kind: string, nodes: readonly string[] = []): RecordId {
    return this.trace.fault(
      phase,
      id,
      phase === "start"
        ? { kind, spec: JSON.stringify({ kind }), groups: JSON.stringify([nodes]), roles: "{}" }
        : { touched: 1 },
    );
  }

  // ---- messages -------------------------------------------------------------------------------------------------

  send(from: string, to: string, message: Message): RecordId {
    return this.trace.sent(from, to, message);
  }
  /** Sends and delivers at this very moment. */
  tell(from: string, to: string, message: Message): RecordId {
    return this.trace.delivered(to, from, this.send(from, to, message), message);
  }
  heartbeat(from: string, to: string, term: number): RecordId {
    return this.send(from, to, { type: "raft.heartbeat", term });
  }
  /** `peer` answers a heartbeat of `leader`. */
  answer(leader: string, peers: readonly string[], term: number): this {
    for (const peer of peers) this.tell(peer, leader, { type: "raft.heartbeat-reply", term });
    return this;
  }
  vote(voter: string, candidate: string, term: number): RecordId {
    return this.tell(voter, candidate, { type: "raft.vote-reply", term, granted: true });
  }
  /** A client's write, answered by `node`; what happens between is the caller's. */
  request(node: string, seq: number, key = "k"): number {
    const id = ++this.#requests;
    this.tell("c1", node, { type: "kv.request", id, client: "c1", seq, operation: "write", key, value: seq });
    return id;
  }
  reply(node: string, id: number, outcome = "ok"): RecordId {
    return this.tell(node, "c1", { type: "kv.reply", id, outcome, value: null, error: "", leader: node });
  }

  // ---- claims and points of programs ----------------------------------------------------------------------------

  claim(node: string, key: string, value: string, fields: Fields = {}): RecordId {
    return this.trace.state(0, node, key, value, fields);
  }
  role(node: string, value: string, term: number): RecordId {
    return this.claim(node, "role", value, { term, leader: value === "leader" ? node : "" });
  }
  lease(node: string, term: number, leftMs: number): RecordId {
    return this.claim(node, "lease", leftMs > 0 ? "valid" : "expired", { term, untilMs: 0, leftMs });
  }
  point(node: string, name: string, fields: Fields = {}): RecordId {
    return this.trace.point(0, node, name, fields);
  }
  append(
    nodes: readonly string[],
    index: number,
    term: number,
    options: { prevTerm?: number; hash?: number } = {},
  ): RecordId {
    let last = -1;
    for (const node of nodes) {
      const fields = {
        index,
        term,
        prevTerm: options.prevTerm ?? (index === 1 ? 0 : term),
        hash: options.hash ?? index * 100 + term,
        type: "command",
      };
      last = this.point(node, "raft.append", fields);
    }
    return last;
  }
  commit(node: string, index: number, term: number, entryTerm = term): RecordId {
    return this.point(node, "raft.commit", { index, term, entryTerm });
  }
  /** The entry takes effect in the store and the state machine. */
  apply(
    nodes: readonly string[],
    index: number,
    term: number,
    seq: number,
    options: { hash?: number; effect?: boolean } = {},
  ): RecordId {
    let last = -1;
    for (const node of nodes) {
      const effect = options.effect ?? true;
      if (effect)
        this.point(node, "store.commit", {
          epoch: term,
          index,
          key: "k",
          value: seq,
          client: "c1",
          seq,
          maxEpoch: term,
        });
      last = this.point(node, "raft.apply", {
        index,
        term,
        hash: options.hash ?? index * 100 + term,
        client: "c1",
        seq,
        effect,
      });
    }
    return last;
  }
  accept(node: string, epoch: number, seq = 1): RecordId {
    return this.point(node, "store.accept", { epoch, client: "c1", seq, key: "k" });
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  verdicts(endMs = 60_000): Verdict[] {
    return this.#checkers.finish(endMs * 1_000);
  }
  verdict(endMs?: number): Verdict {
    return this.verdicts(endMs)[0] as Verdict;
  }
  violation(endMs?: number): Violation {
    const verdict = this.verdict(endMs);
    if (verdict.violation === undefined) throw new Error(`expected a violation, got ${JSON.stringify(verdict)}`);
    return verdict.violation;
  }
}
