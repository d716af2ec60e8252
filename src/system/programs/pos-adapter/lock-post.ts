import type { NodeId } from "../../ports/node.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import type { LockAnswer, LockRequest, LockTable } from "../../components/raft/lock-table.ts";
import { LockProposalError, proposeLock } from "../../components/raft/raft-lock.ts";
import type { RaftNode } from "../../components/raft/raft-node.ts";

/** A request for the group's lock on its way to the leader. */
interface LockAsk extends Message {
  readonly type: "lock.ask";
  /** Names the asker's life: `id` counts within it. */
  readonly session: string;
  readonly id: number;
  readonly request: LockRequest & Message["request"];
}

/** The leader's answer; without an `outcome` the request was not taken, `definite` or not. */
interface LockReply extends Message {
  readonly type: "lock.reply";
  readonly session: string;
  readonly id: number;
  readonly outcome: LockAnswer["outcome"] | "";
  readonly fencing: string;
  readonly definite: boolean;
}

interface Pending {
  readonly timer: Timer;
  readonly settle: (answer: LockAnswer | LockProposalError) => void;
}

/** Well below a third of the shortest sensible grant: a lost question costs one renewal, not the lock. */
const ANSWER_MS = 500;

export interface LockPostOptions {
  readonly raft: () => RaftNode;
  readonly table: LockTable;
  readonly timers: Timers;
  /** A name that no earlier life of this node had. */
  readonly session: string;
  send(to: NodeId, message: Message): void;
}

/** Brings lock requests to whoever leads the group, and serves those of others while this node does. */
export class LockPost {
  readonly #parts: LockPostOptions;
  readonly #pending = new Map<number, Pending>();
  #asked = 0;

  constructor(parts: LockPostOptions) {
    this.#parts = parts;
  }

  /** For `RaftLockOptions.propose`. */
  propose(request: LockRequest): Promise<LockAnswer> {
    const { timers, session } = this.#parts;
    const raft = this.#parts.raft();
    return new Promise((resolve, reject) => {
      const id = ++this.#asked;
      const settle = (answer: LockAnswer | LockProposalError): void => {
        this.#pending.delete(id);
        timer.cancel();
        if (answer instanceof LockProposalError) reject(answer);
        else resolve(answer);
      };
      const timer = timers.create("lock answer", () =>
        settle(new LockProposalError("no answer in time", { definite: false })),
      );
      timer.arm(ANSWER_MS);
      this.#pending.set(id, { timer, settle });
      if (raft.isLeader || raft.leader === "") this.#atLeader(request).then(settle, settle);
      else this.#parts.send(raft.leader as NodeId, { type: "lock.ask", session, id, request: { ...request } });
    });
  }

  /** Takes `lock.ask` and `lock.reply`. */
  receive(from: NodeId, message: Message): void {
    if (message.type === "lock.ask") {
      const { session, id, request } = message as LockAsk;
      const reply = (answer: Pick<LockReply, "outcome" | "fencing" | "definite">): void =>
        this.#parts.send(from, { type: "lock.reply", session, id, ...answer });
      this.#atLeader(request).then(
        ({ outcome, fencing }) => reply({ outcome, fencing, definite: true }),
        (error: unknown) => {
          const definite = error instanceof LockProposalError && error.definite;
          reply({ outcome: "", fencing: "", definite });
        },
      );
    } else if (message.type === "lock.reply") {
      const { session, id, outcome, fencing, definite } = message as LockReply;
      if (session !== this.#parts.session) return;
      const refusal = new LockProposalError("the node that was asked does not lead", { definite });
      this.#pending.get(id)?.settle(outcome === "" ? refusal : { outcome, fencing });
    }
  }

  #atLeader(request: LockRequest): Promise<LockAnswer> {
    return proposeLock({ raft: this.#parts.raft(), table: this.#parts.table }, request);
  }
}
