import type { Clock } from "../ports/clock.ts";
import type { NodeId } from "../ports/node.ts";
import type { Observer, OperationCall, Outcome } from "../ports/observer.ts";
import type { Fields, Plain } from "../ports/transport.ts";

interface ObservationBase {
  readonly node: NodeId;
  readonly incarnation: number;
  /** The node's wall clock, ms since the epoch. */
  readonly wallMs: number;
  /** The node's monotonic clock, ms. */
  readonly monotonicMs: number;
}

/** One thing a program let be seen, as data. */
export type Observation = ObservationBase &
  (
    | { readonly kind: "state"; readonly key: string; readonly value: string; readonly fields: Fields }
    | { readonly kind: "point"; readonly name: string; readonly fields: Fields }
    | {
        readonly kind: "invoke";
        readonly operation: number;
        readonly name: string;
        readonly key: string;
        readonly value: Plain;
      }
    | { readonly kind: "complete"; readonly operation: number; readonly outcome: Outcome; readonly value: Plain }
  );

type Seen = Observation extends infer One
  ? One extends ObservationBase
    ? Omit<One, keyof ObservationBase>
    : never
  : never;

/**
 * {@link Observer} that hands every observation to a sink, in order: a list in memory, a file, standard output
 * ({@link jsonLines}). A state that repeats its value and fields is handed on once.
 */
export class ObserverLog implements Observer {
  readonly #node: NodeId;
  readonly #incarnation: number;
  readonly #clock: Clock;
  readonly #sink: (observation: Observation) => void;
  readonly #states = new Map<string, string>();
  #operation = 0;

  constructor(options: { node: NodeId; incarnation: number; clock: Clock; sink: (observation: Observation) => void }) {
    this.#node = options.node;
    this.#incarnation = options.incarnation;
    this.#clock = options.clock;
    this.#sink = options.sink;
  }

  state(key: string, value: string, fields: Fields = {}): void {
    const seen = JSON.stringify([value, fields]);
    if (this.#states.get(key) === seen) return;
    this.#states.set(key, seen);
    this.#emit({ kind: "state", key, value, fields });
  }

  point(name: string, fields: Fields = {}): void {
    this.#emit({ kind: "point", name, fields });
  }

  invoke(call: OperationCall): number {
    const operation = ++this.#operation;
    this.#emit({ kind: "invoke", operation, name: call.name, key: call.key ?? "", value: call.value ?? null });
    return operation;
  }

  complete(operation: number, outcome: Outcome, value: Plain = null): void {
    this.#emit({ kind: "complete", operation, outcome, value });
  }

  #emit(seen: Seen): void {
    const base: ObservationBase = {
      node: this.#node,
      incarnation: this.#incarnation,
      wallMs: this.#clock.wall(),
      monotonicMs: this.#clock.monotonic(),
    };
    this.#sink({ ...base, ...seen });
  }
}

/** A sink for {@link ObserverLog}: one JSON text a line. */
export function jsonLines(write: (line: string) => void): (observation: Observation) => void {
  return (observation) => write(`${JSON.stringify(observation)}\n`);
}
