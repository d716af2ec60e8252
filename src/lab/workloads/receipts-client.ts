import type { NodeEnv, NodeId, Program, RunningProgram } from "../../system/ports/node.ts";
import type { Timer } from "../../system/ports/timers.ts";
import type { Message } from "../../system/ports/transport.ts";
import type { PosCreated, PosSynced } from "../../system/programs/pos-adapter/protocol.ts";

/** What a client of tills is started with. Times are integer ms. */
export interface ReceiptsClientConfig {
  /** Its place among its workload's clients, from 0, and how many there are. */
  readonly client: number;
  readonly clients: number;
  /** The tills. */
  readonly nodes: readonly string[];
  /** `all`: each client at its own till, in turn; `any`: each receipt at a till drawn anew; or a node's id. */
  readonly target: string;
  /** Between two receipts of one client. */
  readonly intervalMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Receipts that all clients make together at the workload's rate; without it as many as fit, or none where `createAt` says when. */
  readonly receipts?: number;
  /** Moments of receipts besides: each client makes one at each of them. */
  readonly createAtMs?: readonly number[];
  /** Moments of manual syncs: each client asks its till at each of them. */
  readonly syncAtMs?: readonly number[];
}

/** A question that is not answered is asked again after this, and after twice as long each time, under its number. */
const RESEND_MS = 200;
const RESEND_MS_MAX = 2_000;
/** A receipt that is neither stored nor refused after this ends as unknown. */
const GIVE_UP_MS = 30_000;

/**
 * A cashier: makes receipts, one after the other, and asks for manual syncs. Operations: `create` (key = the receipt's name, value of
 * `ok` = its stamp) and `sync` (value of `ok` = `{ result, synced }`).
 *
 * A refused receipt is asked for again, under its name: it is stored at most once, whoever answered.
 */
export const receiptsClient: Program<ReceiptsClientConfig> = {
  name: "receipts-client",
  start(env: NodeEnv, config: ReceiptsClientConfig): RunningProgram {
    new ReceiptsClient(env, config).start();
    return {};
  },
};

/** One question, asked until it is answered or given up. */
interface Question {
  readonly operation: number;
  readonly to: NodeId;
  readonly message: Message;
  readonly giveUpAtMs: number;
  readonly timer: Timer;
  /** Whether the last asking was answered. */
  isAnswered: boolean;
  /** Whether some asking was not answered, or answered "unknown": it may have taken effect. */
  isUnknown: boolean;
}

class ReceiptsClient {
  readonly #env: NodeEnv;
  readonly #config: ReceiptsClientConfig;
  readonly #questions = new Map<number, Question>();
  /** Receipts yet to be made at the workload's rate. */
  #atRate: number;
  #asked = 0;
  #made = 0;

  constructor(env: NodeEnv, config: ReceiptsClientConfig) {
    this.#env = env;
    this.#config = config;
    const { client, clients, receipts = config.createAtMs === undefined ? Infinity : 0 } = config;
    // Receipts that do not divide evenly are the first clients'.
    this.#atRate =
      receipts === Infinity ? Infinity : Math.floor(receipts / clients) + (client < receipts % clients ? 1 : 0);
  }

  start(): void {
    const { transport, timers } = this.#env;
    const { fromMs, intervalMs, client, clients, createAtMs = [], syncAtMs = [] } = this.#config;
    transport.subscribe((_, message) => this.#receive(message));
    const next = timers.create("next receipt", () => {
      if (this.#env.clock.monotonic() >= this.#config.untilMs || this.#atRate-- <= 0) return;
      next.arm(intervalMs);
      this.#create();
    });
    // Clients of one workload are spread over the interval, so that their receipts interleave.
    if (this.#atRate > 0) next.arm(fromMs + Math.floor((client * intervalMs) / clients));
    for (const atMs of createAtMs) timers.create("receipt", () => this.#create()).arm(atMs);
    for (const atMs of syncAtMs) timers.create("manual sync", () => this.#sync()).arm(atMs);
  }

  #create(): void {
    const name = `${this.#env.id}:${String(++this.#made)}`;
    const operation = this.#env.observer.invoke({ name: "create", key: name });
    const payload = `receipt ${name}`;
    this.#ask(this.#till(), operation, { type: "pos.create", receipt: name, payload });
  }

  #sync(): void {
    const to = this.#till();
    this.#ask(to, this.#env.observer.invoke({ name: "sync", key: to }), { type: "pos.sync" });
  }

  #till(): NodeId {
    const { target, nodes, client } = this.#config;
    if (target === "any" || target === "leader") return nodes[this.#env.random.integer(0, nodes.length - 1)] as NodeId;
    return (target === "all" ? nodes[client % nodes.length] : target) as NodeId;
  }

  #ask(to: NodeId, operation: number, body: Message): void {
    const { timers, clock, transport } = this.#env;
    const id = ++this.#asked;
    const message: Message = { ...body, id };
    let pauseMs = RESEND_MS;
    const timer = timers.create("ask again", () => {
      if (clock.monotonic() >= question.giveUpAtMs) {
        this.#end(id, question.isUnknown || !question.isAnswered ? "info" : "fail", null);
        return;
      }
      if (!question.isAnswered) question.isUnknown = true;
      question.isAnswered = false;
      pauseMs = Math.min(2 * pauseMs, RESEND_MS_MAX);
      timer.arm(pauseMs);
      transport.send(to, message);
    });
    const giveUpAtMs = clock.monotonic() + GIVE_UP_MS;
    const question: Question = { operation, to, message, giveUpAtMs, timer, isAnswered: false, isUnknown: false };
    this.#questions.set(id, question);
    timer.arm(pauseMs);
    transport.send(to, message);
  }

  #receive(message: Message): void {
    if (message.type === "pos.created") {
      const { id, outcome, receiptHlc } = message as PosCreated;
      const question = this.#questions.get(id);
      if (question === undefined) return;
      if (outcome === "ok") {
        this.#end(id, "ok", receiptHlc);
        return;
      }
      // Asked again after a while, since the till may be full or its buffer away for now.
      question.isAnswered = true;
      if (outcome === "info") question.isUnknown = true;
    } else if (message.type === "pos.synced") {
      const { id, result, synced } = message as PosSynced;
      this.#end(id, "ok", { result, synced });
    }
  }

  #end(id: number, outcome: "ok" | "fail" | "info", value: string | null | { result: string; synced: number }): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    question.timer.cancel();
    this.#env.observer.complete(question.operation, outcome, value);
  }
}
