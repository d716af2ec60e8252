import type { NodeEnv, NodeId } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import { RaftNode } from "../../components/raft/raft-node.ts";
import { ReplicatedReceiptBuffer } from "../../components/receipts/replicated-receipt-buffer.ts";
import { given } from "./adapter.ts";
import type { PosAdapterConfig } from "./config.ts";

/** This adapter's member of the group that keeps the shared buffer. */
export class ReplicatedBufferHost {
  readonly buffer: ReplicatedReceiptBuffer;
  readonly #raft: RaftNode;

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
    const { electionTimeoutMs, heartbeatMs, leaseMs } = config;
    this.#raft = new RaftNode({
      ...env,
      send,
      config: given({ electionTimeoutMs, heartbeatMs, leaseMs }),
      apply: (entry) => this.buffer.apply(entry),
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
  }
}
