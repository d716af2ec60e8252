import type { Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import { CLIENT_CALL_TRIGGERS, ClientCalls, needsQuorum, valueOf } from "./client-calls.ts";
import { watchClockRate } from "./lease-disjointness.ts";
import { checkLinearizable } from "./linear/check.ts";
import { describeValue } from "./linear/model.ts";
import type { Operation, Value } from "./linear/operation.ts";
import { register, type RegisterOp } from "./linear/register-model.ts";
import type { LinearizabilityResult } from "./linear/result.ts";

/** Operations that are kept to be judged: about 100 MB. */
const OPERATIONS_MAX = 1 << 20;
/** Operations that a violation shows. */
const SHOWN_MAX = 10;

/** Times are ids of records, which are a stricter order than virtual time: what happened at one moment has an order here too. */
interface ClientOperation extends Operation<RegisterOp> {
  readonly call: RecordId;
  readonly return?: RecordId;
  readonly from: Micros;
  readonly until: Micros;
}

/**
 * Judged once, at the end, key by key: the values written in a run are distinct, so each history takes O(n log n).
 *
 * An operation that ended `fail` did not happen: the client says so only when no attempt can have. What ended `info`, or not at all,
 * may have happened at any time since its call.
 */
export const linearizable = defineChecker("linearizable", {
  invariant: "I12",
  unexercised: "no operation of a client succeeded",
  title: "One copy of each key, to all clients",
  rule: "Reads and writes of a key go as if there were one copy of it, each at one moment between its call and its answer.",
  triggers: [...CLIENT_CALL_TRIGGERS, "state:clock"],
  premises: (run, cluster) => needsHaNode(run, cluster) ?? needsQuorum(run, cluster),
  create: (context) => new Linearizable(context),
});

class Linearizable implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #calls: ClientCalls<undefined>;
  readonly #histories = new Map<string, ClientOperation[]>();
  #count = 0;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#calls = new ClientCalls(context.run);
  }

  on(record: TraceRecord): void {
    if (record.kind === "invoke") {
      this.#calls.begin(record, () => undefined);
      return;
    }
    if (record.kind !== "complete") {
      // An old leader with too slow a clock takes its lease to be valid for too long, and reads what is old.
      watchClockRate(this.#context, record);
      return;
    }
    const call = this.#calls.end(record);
    if (call === undefined || record.outcome === "fail") return;
    const { client, isWrite, key, record: begun, time: from } = call;
    const until = record.time;
    if (record.outcome === "info") {
      if (isWrite) this.#keep(key, { client, op: { f: "write", value: call.value }, call: begun, from, until });
      return;
    }
    const op: RegisterOp = isWrite ? { f: "write", value: call.value } : { f: "read", value: valueOf(record.value) };
    this.#keep(key, { client, op, call: begun, from, until, return: record.id });
    this.#context.judged();
  }

  #keep(key: string, operation: ClientOperation): void {
    if (++this.#count > OPERATIONS_MAX) {
      this.#context.inconclusive(`there were more than ${String(OPERATIONS_MAX)} operations, which are not all kept`);
      return;
    }
    const history = this.#histories.get(key);
    if (history === undefined) this.#histories.set(key, [operation]);
    else history.push(operation);
  }

  end(endTime: Micros): void {
    for (const { client, isWrite, key, value, record, time } of this.#calls.open())
      if (isWrite) this.#keep(key, { client, op: { f: "write", value }, call: record, from: time, until: endTime });
    let first: Wrong | undefined;
    let undecided: string | undefined;
    for (const [key, history] of this.#histories) {
      const result = checkLinearizable(history, register(), { withOrders: this.#context.isKept });
      if (this.#context.isKept && result.verdict !== "unknown") this.#tell(key, history, result);
      if (result.verdict === "unknown") undecided ??= `"${key}" is ${String(result.reason)}`;
      const wrong = wrongOf(key, history, result);
      if (wrong !== undefined && (first === undefined || wrong.record < first.record)) first = wrong;
    }
    if (first !== undefined) this.#violated(first);
    else if (undecided !== undefined) this.#context.inconclusive(undecided);
  }

  /** Hands over in what order the operations on a key can have taken effect. */
  #tell(key: string, history: readonly ClientOperation[], { orders, counterexample }: LinearizabilityResult): void {
    const callOf = (place: number): RecordId => (history[place] as ClientOperation).call;
    const order = counterexample?.order ?? orders?.[0] ?? [];
    const misfit = counterexample === undefined ? -1 : callOf(counterexample.operation);
    this.#context.ordered({ key, calls: order.map(callOf), misfit });
  }

  #violated({ key, operation, record, shrunk, states }: Wrong): void {
    const { client, op, from, until } = operation;
    const shown = shrunk.slice(-SHOWN_MAX);
    const what =
      op.f === "read"
        ? `read ${valueText(op.value)} from`
        : `wrote ${valueText(op.f === "write" ? op.value : null)} to`;
    const left = shrunk.length - shown.length;
    this.#context.violated({
      record,
      time: until,
      nodes: [client],
      message: `${client} ${what} "${key}" between ${formatSeconds(from)} and ${formatSeconds(until)}, and no order of all operations on "${key}" up to then explains it: ${shown.map(describe).join("; ")}${left > 0 ? ` (and ${String(left)} before)` : ""}`,
      expected: `an order of the operations on "${key}" in which each takes effect between its call and its answer`,
      observed: `none; before it the value could be ${states.length === 0 ? "none" : states.join(" or ")}`,
      related: shrunk.map((one) => one.return ?? one.call).filter((id) => id !== record),
      facts: { key, operations: shrunk.length },
    });
  }
}

interface Wrong {
  readonly key: string;
  readonly operation: ClientOperation;
  readonly record: RecordId;
  readonly shrunk: readonly ClientOperation[];
  readonly states: readonly string[];
}

function wrongOf(key: string, history: readonly ClientOperation[], result: LinearizabilityResult): Wrong | undefined {
  const { counterexample } = result;
  if (counterexample === undefined) return undefined;
  const operation = history[counterexample.operation] as ClientOperation;
  return {
    key,
    operation,
    record: operation.return ?? operation.call,
    shrunk: counterexample.shrunk.map((place) => history[place] as ClientOperation),
    states: counterexample.states,
  };
}

function valueText(value: Value | undefined): string {
  return value === undefined ? "?" : describeValue(value);
}

function describe({ client, op, from, until, return: end }: ClientOperation): string {
  const what = op.f === "cas" ? "cas" : `${op.f === "read" ? "read" : "write of"} ${valueText(op.value)}`;
  return `${what} by ${client}, ${formatSeconds(from)}–${end === undefined ? "unknown" : formatSeconds(until)}`;
}
