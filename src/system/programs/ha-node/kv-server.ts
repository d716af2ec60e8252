import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Message, Plain, Transport } from "../../ports/transport.ts";
import type { WriteGate } from "../../components/failover/write-gate.ts";
import type { RaftNode } from "../../components/raft/raft-node.ts";
import type { KvStore, KvWrite } from "../../components/replication/kv-store.ts";
import type { KvReply, KvRequest } from "../kv/protocol.ts";

/**
 * Serves reads and writes of the replicated store.
 *
 * A write passes the gate twice: when it is accepted and when it is committed. What was accepted and is not acknowledged is
 * `info`: the log may still commit it.
 */
export class KvServer {
  readonly #transport: Transport;
  readonly #observer: Observer;
  readonly #raft: RaftNode;
  readonly #store: KvStore;
  readonly #gate: WriteGate;
  /** The newest attempt of each client: a second copy of a refused one must not be let in later. */
  readonly #attempts = new Map<string, number>();

  constructor(options: { transport: Transport; observer: Observer; raft: RaftNode; store: KvStore; gate: WriteGate }) {
    this.#transport = options.transport;
    this.#observer = options.observer;
    this.#raft = options.raft;
    this.#store = options.store;
    this.#gate = options.gate;
  }

  receive(from: NodeId, message: Message): void {
    const request = message as KvRequest;
    if (request.id <= (this.#attempts.get(request.client) ?? 0)) return;
    this.#attempts.set(request.client, request.id);
    if (request.operation === "write") this.#write(from, request);
    else this.#read(from, request);
  }

  /** A lease read: while the lease is valid nobody else can have committed anything newer. */
  #read(from: NodeId, request: KvRequest): void {
    if (this.#raft.hasLease && this.#raft.isReady) this.#reply(from, request, "ok", this.#store.get(request.key));
    else this.#reply(from, request, "fail", null, "not-leader");
  }

  #write(from: NodeId, request: KvRequest): void {
    const { client, seq, key, value } = request;
    const epoch = this.#raft.term;
    const refusal = this.#gate.refusal();
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
    const command: KvWrite = { operation: "write", key, value, epoch };
    this.#raft.propose({ command: command as unknown as Plain, client, seq }, (outcome) => {
      if (outcome.status === "refused") {
        this.#reply(from, request, "fail", null, "not-leader");
      } else if (outcome.status === "unknown") {
        this.#reply(from, request, "info", null, "leadership-lost");
      } else {
        this.#acknowledge(from, request, epoch, outcome.result as { ok: boolean; error?: string });
      }
    });
  }

  #acknowledge(
    from: NodeId,
    request: KvRequest,
    epoch: number,
    result: { readonly ok: boolean; readonly error?: string },
  ): void {
    const refusal = this.#raft.term === epoch ? this.#gate.refusal() : "old-epoch";
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
    } else if (result.ok) {
      this.#reply(from, request, "ok", null);
    } else {
      // The entry had no effect, but an earlier attempt of the same operation may have had.
      this.#reply(from, request, "info", null, result.error ?? "refused");
    }
  }

  #reply(to: NodeId, request: KvRequest, outcome: KvReply["outcome"], value: Plain, error = ""): void {
    const leader = this.#raft.leader;
    this.#transport.send(to, { type: "kv.reply", id: request.id, outcome, value, error, leader });
  }
}
