import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Message, Plain, Transport } from "../../ports/transport.ts";
import type { WriteGate } from "../../components/failover/write-gate.ts";
import type { KvReply, KvRequest } from "../kv/protocol.ts";
import type { GuardedFront } from "./guarded-front.ts";
import type { ReplicaWrites, StoreBackend } from "./store-backend.ts";

/** What a server needs of its node. */
export interface KvServerOptions {
  readonly transport: Transport;
  readonly observer: Observer;
  readonly store: StoreBackend;
  readonly gate: WriteGate;
  /** Of the leadership for which writes are let in now. */
  epoch(): number;
  /** Where a client is sent that came to the wrong node; `""` for nowhere. */
  leader(): string;
  /** Whether this node follows the leader on the leader's chain, whatever it was before. */
  isFollowing(): boolean;
  /** What admits requests before they come here, when there is such a thing. */
  front(): GuardedFront | undefined;
}

/**
 * Serves reads and writes of the replicated store.
 *
 * A write passes the gate twice: when it is accepted and when it is committed. What was accepted and is not acknowledged is
 * `info`: the store may take it still.
 */
export class KvServer {
  readonly #options: KvServerOptions;
  readonly #observer: Observer;
  readonly #store: StoreBackend;
  readonly #gate: WriteGate;
  /** The newest attempt of each client: a second copy of a refused one must not be let in later. */
  readonly #attempts = new Map<string, number>();
  /** Writes that were let in and are without an answer. */
  #inFlight = 0;
  #onDrained: (() => void)[] = [];

  constructor(options: KvServerOptions) {
    this.#options = options;
    this.#observer = options.observer;
    this.#store = options.store;
    this.#gate = options.gate;
  }

  receive(from: NodeId, message: Message): void {
    const request = message as KvRequest;
    if (request.id <= (this.#attempts.get(request.client) ?? 0)) return;
    this.#attempts.set(request.client, request.id);
    const front = this.#options.front();
    if (front === undefined) {
      this.#serve(from, request);
      return;
    }
    void front.admit(request).then((error) => {
      if (error === undefined) this.#serve(from, request);
      else this.#reply(from, request, "fail", null, error);
    });
  }

  #serve(from: NodeId, request: KvRequest): void {
    if (request.operation === "write") this.#write(from, request);
    else this.#read(from, request);
  }

  /** Resolves when every write that was let in has its answer. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#inFlight === 0) resolve();
      else this.#onDrained.push(resolve);
    });
  }

  #read(from: NodeId, request: KvRequest): void {
    if (this.#store.confirmRead === undefined) this.#answer(from, request, this.#store.canRead);
    else
      this.#store.confirmRead((isConfirmed) => {
        this.#answer(from, request, isConfirmed);
      });
  }

  #answer(from: NodeId, request: KvRequest, isConfirmed: boolean): void {
    if (isConfirmed) this.#reply(from, request, "ok", this.#store.get(request.key));
    else this.#reply(from, request, "fail", null, "not-leader");
  }

  #write(from: NodeId, request: KvRequest): void {
    const { client, seq, key, value } = request;
    const epoch = this.#options.epoch();
    const refusal = this.#gate.refusal();
    // A fence stands in the way of commits here. One that is posted is the primary's.
    const isReplica = refusal === "not-leader" || refusal === "fenced";
    if (isReplica && this.#store.replicaWrites?.isOpen === true && this.#options.isFollowing()) {
      this.#writeAsReplica(from, request, this.#store.replicaWrites);
      return;
    }
    if (refusal !== undefined) {
      this.#observer.point("store.refuse", {
        epoch,
        maxEpoch: this.#store.maxEpoch,
        reason: refusal,
        client,
        seq,
        at: "accept",
      });
      this.#reply(from, request, "fail", null, refusal);
      return;
    }
    this.#observer.point("store.accept", { epoch, client, seq, key });
    this.#inFlight++;
    this.#store.write({ key, value, client, seq, epoch }, (outcome) => {
      if (outcome.status === "refused") {
        this.#reply(from, request, "fail", null, "not-leader");
      } else if (outcome.status === "unknown") {
        this.#reply(from, request, "info", null, "leadership-lost");
      } else {
        this.#acknowledge(from, request, epoch, outcome);
      }
      this.#ended();
    });
  }

  /** The primary's gate decides on it. */
  #writeAsReplica(from: NodeId, request: KvRequest, writes: ReplicaWrites): void {
    const { client, seq, key, value } = request;
    this.#inFlight++;
    writes.write({ key, value, client, seq }, (outcome) => {
      if (outcome.status === "refused") this.#reply(from, request, "fail", null, "not-leader");
      else if (outcome.status === "unknown") this.#reply(from, request, "info", null, "leadership-lost");
      else this.#answerDone(from, request, outcome);
      this.#ended();
    });
  }

  #ended(): void {
    if (--this.#inFlight === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #acknowledge(
    from: NodeId,
    request: KvRequest,
    epoch: number,
    result: { readonly ok: boolean; readonly error: string },
  ): void {
    const refusal = this.#options.epoch() === epoch ? this.#gate.refusal() : "old-epoch";
    if (refusal !== undefined) {
      const { client, seq } = request;
      this.#observer.point("store.refuse", {
        epoch,
        maxEpoch: this.#store.maxEpoch,
        reason: refusal,
        client,
        seq,
        at: "commit",
      });
      this.#reply(from, request, "info", null, refusal);
    } else this.#answerDone(from, request, result);
  }

  #answerDone(from: NodeId, request: KvRequest, result: { readonly ok: boolean; readonly error: string }): void {
    if (result.ok) this.#reply(from, request, "ok", null);
    // The write had no effect, but an earlier attempt of the same operation may have had.
    else this.#reply(from, request, "info", null, result.error);
  }

  #reply(to: NodeId, request: KvRequest, outcome: KvReply["outcome"], value: Plain, error = ""): void {
    const leader = this.#options.leader();
    this.#options.transport.send(to, { type: "kv.reply", id: request.id, outcome, value, error, leader });
  }
}
