import type { NodeId } from "../../ports/node-id.ts";
import type { Plain } from "../../ports/transport.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import type { BufferPropose, BufferResult } from "./buffer-messages.ts";
import type { ReceiptAnswer } from "./receipt-command.ts";

/** A call as its proposer names it. */
export interface Proposal {
  readonly session: string;
  readonly id: number;
  readonly attempt: number;
  readonly command: Plain;
}

export type ProposalResult = Pick<BufferResult, "outcome" | "value">;

export interface ProposalDeskOptions {
  readonly raft: () => Pick<RaftNode, "propose">;
  /** The answer to a call that has taken effect already. */
  answerTo(session: string, id: number): ReceiptAnswer | undefined;
  send(to: NodeId, message: BufferResult): void;
}

/**
 * Where proposals of a replicated buffer arrive: at most one entry of a call is under way here, and a refused attempt stays refused,
 * however late the network brings its copy.
 */
export class ProposalDesk {
  readonly #options: ProposalDeskOptions;
  readonly #newest = new Map<string, { readonly id: number; readonly attempt: number }>();
  readonly #underWay = new Map<string, number>();

  constructor(options: ProposalDeskOptions) {
    this.#options = options;
  }

  receive(from: NodeId, message: BufferPropose): void {
    const { session, id, attempt } = message;
    const newest = this.#newest.get(session);
    if (newest !== undefined && (id < newest.id || (id === newest.id && attempt <= newest.attempt))) return;
    this.#newest.set(session, { id, attempt });
    this.propose(message, (result) => {
      this.#options.send(from, { type: "buffer.result", session, id, attempt, ...result });
    });
  }

  /** `done` is called at most once: not when the call is under way already, whose first proposer is told. */
  propose({ session, id, command }: Proposal, done: (result: ProposalResult) => void): void {
    const answer = this.#options.answerTo(session, id);
    if (answer !== undefined) {
      done({ outcome: "ok", value: answer as unknown as Plain });
      return;
    }
    if (this.#underWay.get(session) === id) return;
    this.#underWay.set(session, id);
    this.#options.raft().propose({ command, client: session, seq: id }, (outcome) => {
      if (this.#underWay.get(session) === id) this.#underWay.delete(session);
      if (outcome.status === "committed") done({ outcome: "ok", value: outcome.result });
      else done({ outcome: outcome.status, value: null });
    });
  }
}
