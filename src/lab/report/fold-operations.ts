import type { CompleteRecord, InvokeRecord, Micros, RecordId } from "../../trace/record.ts";
import type { Operations } from "./model.ts";
import { operationWords } from "./words.ts";

const OUTCOMES = ["ok", "fail", "info"] as const;
const NEVER_RETURNED = 3;

interface Operation {
  readonly call: Micros;
  readonly node: string;
  readonly name: string;
  readonly words: number;
  readonly record: RecordId;
  end: Micros;
  outcome: number;
  cause: RecordId;
}

/** Collects the operations of all clients. */
export class OperationFold {
  readonly #operations = new Map<RecordId, Operation>();
  readonly #places = new Map<string, number>();
  /** Words on the bars, each once. */
  readonly words: string[] = [];

  invoke(record: InvokeRecord): void {
    const text = operationWords(record.name, record.key, record.value);
    let words = this.#places.get(text);
    if (words === undefined) {
      words = this.words.push(text) - 1;
      this.#places.set(text, words);
    }
    const { time, node, name, id } = record;
    this.#operations.set(id, {
      call: time,
      node,
      name,
      words,
      record: id,
      end: -1,
      outcome: NEVER_RETURNED,
      cause: -1,
    });
  }

  /** @param cause The message that brought it, by record; −1 for none. */
  complete(record: CompleteRecord, cause: RecordId): void {
    const operation = this.#operations.get(record.invoke);
    if (operation === undefined) return;
    operation.end = record.time;
    operation.outcome = OUTCOMES.indexOf(record.outcome);
    operation.cause = cause;
  }

  /** Operations called at one node, ordered by call. */
  of(node: string, endTime: Micros): Operations {
    const mine = [...this.#operations.values()].filter((operation) => operation.node === node);
    return {
      call: mine.map((operation) => operation.call),
      end: mine.map((operation) => (operation.end < 0 ? endTime : operation.end)),
      outcome: mine.map((operation) => operation.outcome),
      words: mine.map((operation) => operation.words),
      record: mine.map((operation) => operation.record),
      cause: mine.map((operation) => operation.cause),
    };
  }

  /** Names of nodes that made a call. */
  callers(): ReadonlySet<string> {
    return new Set([...this.#operations.values()].map((operation) => operation.node));
  }

  /** Return times of acknowledged writes, in order; of all acknowledged operations when nothing writes. */
  acknowledged(): Micros[] {
    const ok = [...this.#operations.values()].filter((operation) => operation.outcome === 0);
    const writes = ok.filter((operation) => operation.name !== "read");
    return (writes.length > 0 ? writes : ok).map((operation) => operation.end).sort((a, b) => a - b);
  }
}
