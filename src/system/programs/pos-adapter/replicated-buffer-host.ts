import type { NodeEnv, NodeId } from "../../ports/node.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import type { LockPort } from "../../components/lock/lock-port.ts";
import { LockTable } from "../../components/raft/lock-table.ts";
import { RaftLock } from "../../components/raft/raft-lock.ts";
import { RaftNode } from "../../components/raft/raft-node.ts";
import { ReplicatedReceiptBuffer } from "../../components/receipts/replicated-receipt-buffer.ts";
import { given } from "./adapter.ts";
import type { PosAdapterConfig } from "./config.ts";
import { LockPost } from "./lock-post.ts";

/** This adapter's member of the group that keeps the shared buffer and, where Redis does not, the lock. */
export class ReplicatedBufferHost {
  readonly buffer: ReplicatedReceiptBuffer;
  /** The group's own lock. */
  readonly lock: LockPort;
  readonly #raft: RaftNode;
  readonly #post: LockPost;

  constructor(env: NodeEnv, config: PosAdapterConfig) {
    const { id, timers, random, observer, transport } = env;
    const send = (to: NodeId, message: Message): void => {
      transport.send(to, message);
    };
    this.buffer = new ReplicatedReceiptBuffer({
      ...{ id, timers, random, observer, send },
      raft: () => this.#raft,
      ...given({ capacity: config.capacity }),
    });
    const table = new LockTable(env);
    const session = `${id}/${String(env.incarnation)}.${random.uint32().toString(16)}`;
    this.#post = new LockPost({ raft: () => this.#raft, table, timers, session, send });
    this.lock = new RaftLock({ ...env, propose: (request) => this.#post.propose(request) });
    const { electionTimeoutMs, heartbeatMs, leaseMs, snapshotEntries } = config;
    this.#raft = new RaftNode({
      ...env,
      send,
      config: given({ electionTimeoutMs, heartbeatMs, leaseMs, snapshotEntries }),
      apply: (entry) => (LockTable.isLockCommand(entry.command) ? table.apply(entry) : this.buffer.apply(entry)),
      snapshot: () => [table.snapshot(), this.buffer.snapshot()],
      restore: (state) => {
        const [locks, receipts] = state as [Plain, Plain];
        table.restore(locks);
        this.buffer.restore(receipts);
      },
    });
  }

  async open(): Promise<void> {
    await this.#raft.open();
  }

  stop(): void {
    this.#raft.demote("stopped");
  }

  receive(from: NodeId, message: Message): void {
    if (message.type.startsWith("raft.")) this.#raft.receive(from, message);
    else if (message.type.startsWith("buffer.")) this.buffer.receive(from, message);
    else if (message.type.startsWith("lock.")) this.#post.receive(from, message);
  }
}
