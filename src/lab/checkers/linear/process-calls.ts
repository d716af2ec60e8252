import { HistoryFormatError } from "./history-format-error.ts";
import type { Operation } from "./operation.ts";

/** A call that has not ended yet. */
interface Pending<Call> {
  readonly call: number;
  readonly asked: Call;
}

/**
 * Pairs the events of processes, each of which does one thing at a time, to operations. Event numbers are the times.
 *
 * Operations come out in the order of their calls.
 */
export class ProcessCalls<Call, Op> {
  readonly #operations: (Operation<Op> | undefined)[] = [];
  readonly #places = new Map<Pending<Call>, number>();
  readonly #pending = new Map<string, Pending<Call>>();
  readonly #crashed: [client: string, pending: Pending<Call>][] = [];
  #events = 0;

  /** A process begins a call. One that it had under way has no end any more. */
  invoke(client: string, asked: Call): void {
    this.crash(client);
    const pending = { call: this.#events++, asked };
    this.#pending.set(client, pending);
    this.#places.set(pending, this.#operations.push(undefined) - 1);
  }

  /**
   * Its call ended.
   *
   * @param op  The operation with its result; `undefined` when it did not happen.
   * @throws {HistoryFormatError} when it had none under way.
   */
  complete(client: string, line: number, op: (asked: Call) => Op | undefined): void {
    const pending = this.#pending.get(client);
    if (pending === undefined)
      throw new HistoryFormatError(line, `process ${client} ends a call without having begun one`);
    this.#pending.delete(client);
    const done = op(pending.asked);
    const end = this.#events++;
    if (done !== undefined) this.#set(pending, { client, op: done, call: pending.call, return: end });
  }

  /** Nobody knows whether its call happened. Of a process without a call it means nothing. */
  crash(client: string): void {
    const pending = this.#pending.get(client);
    if (pending === undefined) return;
    this.#pending.delete(client);
    this.#crashed.push([client, pending]);
  }

  /** @param open  The operation that a call without a known end may have been; `undefined` for one that leaves no trace. */
  end(open: (asked: Call) => Op | undefined): Operation<Op>[] {
    for (const [client, pending] of [...this.#crashed, ...this.#pending]) {
      const op = open(pending.asked);
      if (op !== undefined) this.#set(pending, { client, op, call: pending.call });
    }
    return this.#operations.filter((operation) => operation !== undefined);
  }

  #set(pending: Pending<Call>, operation: Operation<Op>): void {
    this.#operations[this.#places.get(pending) as number] = operation;
  }
}
