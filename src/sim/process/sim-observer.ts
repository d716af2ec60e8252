import { assert } from "../../system/ports/errors.ts";
import type { Observer, OperationCall, Outcome } from "../../system/ports/observer.ts";
import type { Fields, Plain } from "../../system/ports/transport.ts";
import type { TraceWriter } from "../../trace/trace-writer.ts";
import type { NameId } from "../../trace/trace.ts";

interface Remembered {
  readonly value: string;
  readonly fields: Fields | undefined;
}

/** {@link Observer} of one incarnation: writes what a program claims as records of origin `program`. */
export class SimObserver implements Observer {
  readonly #trace: TraceWriter;
  readonly #node: string;
  /** Its number in the trace. */
  readonly #nameId: NameId;
  readonly #states = new Map<string, Remembered>();
  readonly #operations = new Set<number>();
  #isOpen = true;

  constructor(options: { trace: TraceWriter; node: string }) {
    this.#trace = options.trace;
    this.#node = options.node;
    this.#nameId = options.trace.name(options.node);
  }

  state(key: string, value: string, fields?: Fields): void {
    if (!this.#isOpen) return;
    const before = this.#states.get(key);
    if (before?.value === value && areEqual(before.fields, fields)) return;
    // A copy: the caller may use its object again for the next state.
    const own = fields === undefined ? undefined : { ...fields };
    this.#states.set(key, { value, fields: own });
    this.#trace.state(0, this.#node, key, value, own);
  }

  point(name: string, fields?: Fields): void {
    if (this.#isOpen) this.#trace.pointAt(0, this.#nameId, name, fields);
  }

  invoke(call: OperationCall): number {
    if (!this.#isOpen) return -1;
    const operation = this.#trace.invoke(this.#node, call.name, call.key ?? "", call.value);
    this.#operations.add(operation);
    return operation;
  }

  complete(operation: number, outcome: Outcome, value?: Plain): void {
    if (!this.#isOpen) return;
    assert(this.#operations.delete(operation), "an operation completes once, in the process that invoked it", {
      node: this.#node,
      operation,
    });
    this.#trace.complete(this.#node, operation, outcome, value);
  }

  /** The process ended: it says nothing more. */
  close(): void {
    this.#isOpen = false;
  }
}

function areEqual(a: Fields | undefined, b: Fields | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
