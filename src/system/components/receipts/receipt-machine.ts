import type { Observer } from "../../ports/observer.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { Applied } from "../raft/state-machine-port.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { observeChange, observeRecovery, ReceiptTable, type TableSnapshot } from "./receipt-table.ts";

interface Session {
  readonly seq: number;
  readonly answer: ReceiptAnswer;
}

interface MachineSnapshot {
  readonly table: TableSnapshot;
  readonly sessions: readonly (readonly [client: string, seq: number, answer: ReceiptAnswer])[];
}

/**
 * The receipt table as a state machine of a replicated log: each (client, seq) takes effect once, whoever proposes it again.
 *
 * A client has one call under way; a number below its last one is of a call that was given up, and has no effect any more.
 */
export class ReceiptMachine {
  readonly #observer: Observer;
  #table: ReceiptTable;
  #sessions = new Map<string, Session>();

  constructor(options: { readonly observer: Observer }) {
    this.#observer = options.observer;
    this.#table = this.#newTable();
  }

  /** The table as it is now: a snapshot puts another in its place. */
  get table(): ReceiptTable {
    return this.#table;
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

  snapshot(): Plain {
    const sessions = [...this.#sessions].map(([client, { seq, answer }]) => [client, seq, answer] as const);
    const snapshot: MachineSnapshot = { table: this.table.snapshot(), sessions };
    return snapshot as unknown as Plain;
  }

  /** Every receipt is recorded as read back. */
  restore(state: Plain): void {
    const { table, sessions } = state as unknown as MachineSnapshot;
    this.#table = this.#newTable();
    this.#table.load(table);
    this.#sessions = new Map(sessions.map(([client, seq, answer]) => [client, { seq, answer }]));
    for (const receipt of table.receipts) observeRecovery(this.#observer, receipt);
  }

  /** The answer of a call that has taken effect here and was its client's last. */
  answerTo(client: string, seq: number): ReceiptAnswer | undefined {
    const session = this.#sessions.get(client);
    return session?.seq === seq ? session.answer : undefined;
  }

  #newTable(): ReceiptTable {
    return new ReceiptTable({
      onChange: (change) => {
        observeChange(this.#observer, change);
      },
    });
  }
}
