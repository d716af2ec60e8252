import type { NodeEnv, NodeId, Program, RunningProgram } from "../../system/ports/node.ts";
import type { Outcome } from "../../system/ports/observer.ts";
import type { Timer } from "../../system/ports/timers.ts";
import type { Message, Plain } from "../../system/ports/transport.ts";
import type { KvReply } from "../../system/programs/kv/protocol.ts";

/** What a KV client is started with. Times are integer ms. */
export interface KvClientConfig {
  /** Its place among its workload's clients, from 0, and how many there are. */
  readonly client: number;
  readonly clients: number;
  readonly nodes: readonly string[];
  /** `any`: each operation at a node drawn anew; `all`: each client at its own node, in turn; `leader`: where the last leader was; or a node's id. */
  readonly target: string;
  /** Between the beginnings of two operations. */
  readonly intervalMs: number;
  readonly keys: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Reads among 100 operations. Default 20. */
  readonly readPercent?: number;
  /** An attempt that is not answered within this is tried elsewhere. Default 250. */
  readonly attemptTimeoutMs?: number;
  /** After this an operation ends without success. Default 1,000. */
  readonly operationTimeoutMs?: number;
}

/**
 * A client of the key-value store that records what it saw.
 *
 * One operation at a time, numbered; an attempt without an answer is repeated with the same number, so that it takes effect at
 * most once. An operation none of whose attempts can have happened ends `fail`; one that may have happened ends `info`.
 */
export const kvClient: Program<KvClientConfig> = {
  name: "kv-client",
  start(env: NodeEnv, config: KvClientConfig): RunningProgram {
    new KvClient(env, config).start();
    return {};
  },
};

interface Operation {
  readonly id: number;
  readonly seq: number;
  readonly operation: "read" | "write";
  readonly key: string;
  readonly value: Plain;
  readonly deadlineMs: number;
  /** Whether some attempt may have taken effect. */
  mayHaveHappened: boolean;
  /** Attempt under way; a reply to another is late. */
  attempt: number;
}

/** Pause before a node that just refused is asked again. */
const RETRY_MS = 50;

class KvClient {
  readonly #env: NodeEnv;
  readonly #config: KvClientConfig;
  readonly #next: Timer;
  readonly #attemptEnd: Timer;
  readonly #retry: Timer;
  #operation: Operation | undefined;
  #seq = 0;
  #attempts = 0;
  /** Attempts up to this one belong to earlier operations. */
  #attemptsBefore = 0;
  #nextAtMs = 0;
  #target: NodeId;
  /** A client that starts again counts from 1 again: it must not be taken for its former self. */
  readonly #session: string;

  constructor(env: NodeEnv, config: KvClientConfig) {
    this.#env = env;
    this.#session = env.incarnation === 1 ? env.id : `${env.id}#${String(env.incarnation)}`;
    this.#config = config;
    this.#target = config.nodes[config.client % config.nodes.length] as NodeId;
    this.#next = env.timers.create("next operation", () => {
      this.#begin();
    });
    this.#attemptEnd = env.timers.create("attempt timeout", () => {
      this.#onTimeout();
    });
    this.#retry = env.timers.create("retry", () => {
      this.#try();
    });
  }

  start(): void {
    this.#env.transport.subscribe((from, message) => {
      this.#receive(from, message);
    });
    // Clients of one workload are spread over the interval, so that their operations interleave.
    const offset = Math.floor((this.#config.client * this.#config.intervalMs) / this.#config.clients);
    this.#nextAtMs = this.#now() + this.#config.fromMs + offset;
    this.#next.arm(this.#config.fromMs + offset);
  }

  #begin(): void {
    const { random, observer } = this.#env;
    const { keys, readPercent = 20, operationTimeoutMs = 1_000 } = this.#config;
    const now = this.#now();
    if (now >= this.#config.untilMs) return;
    const seq = ++this.#seq;
    const operation = random.integer(0, 99) < readPercent ? "read" : "write";
    const key = `k${String(random.integer(0, keys - 1))}`;
    // Written values are distinct in the whole run, which makes histories cheap to judge.
    const value = operation === "write" ? `${this.#env.id}-${String(seq)}` : null;
    const id = observer.invoke({ name: operation, key, ...(operation === "write" ? { value: { value } } : {}) });
    this.#operation = {
      id,
      seq,
      operation,
      key,
      value,
      deadlineMs: now + operationTimeoutMs,
      mayHaveHappened: false,
      attempt: 0,
    };
    this.#chooseTarget();
    this.#try();
  }

  #chooseTarget(): void {
    const { target, nodes, client } = this.#config;
    if (target === "any") this.#target = nodes[this.#env.random.integer(0, nodes.length - 1)] as NodeId;
    else if (target === "all") this.#target = nodes[client % nodes.length] as NodeId;
    else if (target !== "leader") this.#target = target as NodeId;
  }

  #try(): void {
    const current = this.#operation;
    if (current === undefined) return;
    const left = current.deadlineMs - this.#now();
    if (left <= 0) {
      this.#end(current.mayHaveHappened ? "info" : "fail", null);
      return;
    }
    const id = ++this.#attempts;
    current.attempt = id;
    const { seq, operation, key, value } = current;
    const { attemptTimeoutMs = 250 } = this.#config;
    this.#attemptEnd.arm(left < attemptTimeoutMs ? left : attemptTimeoutMs);
    this.#env.transport.send(this.#target, {
      type: "kv.request",
      id,
      client: this.#session,
      seq,
      operation,
      key,
      value,
    });
  }

  #receive(from: NodeId, message: Message): void {
    const current = this.#operation;
    if (message.type !== "kv.reply" || current === undefined) return;
    const reply = message as KvReply;
    if (reply.outcome === "ok") {
      // An answer to any attempt of this operation answers it; one to an earlier operation does not.
      if (reply.id <= this.#attemptsBefore) return;
      this.#end("ok", current.operation === "read" ? reply.value : null);
      return;
    }
    if (reply.id !== current.attempt) return;
    this.#attemptEnd.cancel();
    if (reply.outcome === "info" && current.operation === "write") current.mayHaveHappened = true;
    this.#redirect(from, reply.leader);
    this.#retry.arm(reply.leader === "" || reply.leader === from ? RETRY_MS : 0);
  }

  #onTimeout(): void {
    const current = this.#operation;
    if (current === undefined) return;
    if (current.operation === "write") current.mayHaveHappened = true;
    this.#redirect(this.#target, "");
    this.#try();
  }

  /** Where to go next: to the leader that was named, else to the next node in order. A client of one node stays with it. */
  #redirect(from: NodeId, leader: string): void {
    const { target, nodes } = this.#config;
    if (target !== "any" && target !== "leader") return;
    if (leader !== "" && leader !== from) this.#target = leader as NodeId;
    else this.#target = nodes[(nodes.indexOf(this.#target) + 1) % nodes.length] as NodeId;
  }

  #end(outcome: Outcome, value: Plain): void {
    const current = this.#operation as Operation;
    this.#operation = undefined;
    this.#attemptsBefore = this.#attempts;
    this.#attemptEnd.cancel();
    this.#retry.cancel();
    this.#env.observer.complete(current.id, outcome, value);
    const now = this.#now();
    this.#nextAtMs += this.#config.intervalMs;
    // An operation that took longer than the interval does not lead to a burst afterwards.
    if (this.#nextAtMs < now) this.#nextAtMs = now;
    this.#next.arm(this.#nextAtMs - now);
  }

  #now(): number {
    return this.#env.clock.monotonic();
  }
}
