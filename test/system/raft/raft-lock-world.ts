import { LockTable, type LockAnswer, type LockRequest } from "../../../src/system/components/raft/lock-table.ts";
import { LockProposalError, proposeLock, RaftLock } from "../../../src/system/components/raft/raft-lock.ts";
import { RaftNode } from "../../../src/system/components/raft/raft-node.ts";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";

const TIMEOUT_MS = 500;

interface Question extends Message {
  readonly type: "test.lock";
  readonly id: number;
  readonly request: LockRequest & Message["request"];
}

/** A node of a group that keeps locks: Raft, the table, and a lock whose requests go to whoever leads. */
export class LockMember {
  readonly lock: RaftLock;
  readonly raft: RaftNode;
  readonly #env: NodeEnv;
  readonly #table: LockTable;
  readonly #pending = new Map<number, (answer: LockAnswer | LockProposalError) => void>();
  #nextId = 1;

  constructor(env: NodeEnv) {
    this.#env = env;
    const { transport } = env;
    this.#table = new LockTable(env);
    this.raft = new RaftNode({
      ...env,
      send: (to, message) => transport.send(to, message),
      apply: (entry) => this.#table.apply(entry),
    });
    this.lock = new RaftLock({ ...env, propose: (request) => this.#propose(request) });
    transport.subscribe((from, message) => this.#receive(from, message));
    void this.raft.open();
  }

  /** Another user of the same locks on this node. */
  otherLock(): RaftLock {
    return new RaftLock({ ...this.#env, propose: (request) => this.#propose(request) });
  }

  #propose(request: LockRequest): Promise<LockAnswer> {
    const { raft } = this;
    if (raft.isLeader || raft.leader === "") return this.#inTime(proposeLock({ raft, table: this.#table }, request));
    const id = this.#nextId++;
    const leader = raft.leader as NodeId;
    this.#env.transport.send(leader, { type: "test.lock", id, request: { ...request } });
    return this.#inTime(
      new Promise((resolve, reject) => {
        this.#pending.set(id, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
    );
  }

  #inTime(asked: Promise<LockAnswer>): Promise<LockAnswer> {
    return new Promise((resolve, reject) => {
      const timer = this.#env.timers.create("lock answer", () =>
        reject(new LockProposalError("no answer in time", { definite: false })),
      );
      timer.arm(TIMEOUT_MS);
      void asked.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  #receive(from: NodeId, message: Message): void {
    if (message.type === "test.lock") {
      const { id, request } = message as Question;
      const reply = (fields: object): void =>
        this.#env.transport.send(from, { type: "test.lock-reply", id, ...fields });
      void proposeLock({ raft: this.raft, table: this.#table }, request).then(
        (answer) => reply({ answer: { ...answer } }),
        (error: unknown) => reply({ definite: error instanceof LockProposalError && error.definite }),
      );
    } else if (message.type === "test.lock-reply") {
      const settle = this.#pending.get(message["id"] as number);
      this.#pending.delete(message["id"] as number);
      const answer = message["answer"] as LockAnswer | undefined;
      settle?.(answer ?? new LockProposalError("refused", { definite: message["definite"] === true }));
    } else this.raft.receive(from, message);
  }
}
