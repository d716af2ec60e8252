import type { Observer } from "../../ports/observer.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { Applied } from "../raft/replicated-log.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { observeChange, ReceiptTable } from "./receipt-table.ts";

interface Session {
  readonly seq: number;
  readonly answer: ReceiptAnswer;
}

/**
 * The receipt table as a state machine of a replicated log: each (client, seq) takes effect once, whoever proposes it again.
 *
 * A client has one call under way; a number below its last one is of a call that was given up, and has no effect any more.
 */
export class ReceiptMachine {
  readonly table: ReceiptTable;
  readonly #sessions = new Map<string, Session>();

  constructor(options: { readonly observer: Observer }) {
    this.table = new ReceiptTable({
      onChange: (change) => {
        observeChange(options.observer, change);
      },
    });
  }

  apply({ client, seq, command }: LogEntry): Applied & { readonly answer: ReceiptAnswer } {
    const session = this.#sessions.get(client);
    if (session !== undefined && seq <= session.seq) {
      const answer: ReceiptAnswer = seq === session.seq ? session.answer : { is: "superseded" };
      return { answer, result: answer as unknown as Plain, hasEffect: false };
    }
    const before = this.table.version;
    const answer = this.table.step(command as unknown as ReceiptCommand);
    this.#sessions.set(client, { seq, answer });
    return { answer, result: answer as unknown as Plain, hasEffect: this.table.version !== before };
  }

  /** The answer of a call that has taken effect here and was its client's last. */
  answerTo(client: string, seq: number): ReceiptAnswer | undefined {
    const session = this.#sessions.get(client);
    return session?.seq === seq ? session.answer : undefined;
  }
}
