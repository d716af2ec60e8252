import { isEdnList, isEdnMap, printEdn, readEdn, type Edn } from "./edn.ts";
import { HistoryFormatError } from "./history-format-error.ts";
import type { MutexOp } from "./lock-models.ts";
import type { MicroOp, TransactionOp } from "./multi-register-model.ts";
import type { Operation, Value } from "./operation.ts";
import { ProcessCalls } from "./process-calls.ts";
import type { RegisterOp } from "./register-model.ts";

/** An operation of any of the data types whose histories can be read. */
export type KnossosOp = RegisterOp | MutexOp | TransactionOp;

/** What a history is one of. */
export type KnossosType = "register" | "mutex" | "multi-register";

interface Event {
  readonly f: string;
  readonly value: Edn;
}

/**
 * A history as Jepsen and knossos write it: maps with `:process`, `:type`, `:f` and `:value`, in a vector, a list or one after the
 * other.
 *
 * `:fail` did not happen; `:info`, or no completion, may have. A read whose value is `nil` may have found anything. Only the order of
 * the events counts, not their `:time`.
 *
 * @param type  What to expect; by the first operation when absent.
 * @throws {HistoryFormatError} for an operation of another type.
 */
export function importKnossos(text: string, type?: KnossosType): Operation<KnossosOp>[] {
  const values = readEdn(text);
  const [first] = values;
  const events = values.length === 1 && isEdnList(first) ? first : values;
  const calls = new ProcessCalls<Event, KnossosOp>();
  let expected = type;
  for (const event of events) {
    if (!isEdnMap(event)) throw new HistoryFormatError(0, `an event is a map; got ${printEdn(event)}`);
    const client = printEdn(event.get(":process") ?? null);
    const kind = printEdn(event.get(":type") ?? null);
    // The nemesis is no client of the data.
    if (client === ":nemesis") continue;
    const own = { f: printEdn(event.get(":f") ?? null), value: event.get(":value") ?? null };
    if (kind === ":invoke") {
      const found = typeOf(own.f);
      if (found !== (expected ??= found))
        throw new HistoryFormatError(0, `${printEdn(event)} is no operation of a ${expected}`);
      calls.invoke(client, own);
    } else if (kind === ":ok") calls.complete(client, 0, (asked) => completed(asked, own.value));
    else if (kind === ":fail") calls.complete(client, 0, () => undefined);
    else if (kind === ":info") calls.crash(client);
    else throw new HistoryFormatError(0, `:type is :invoke, :ok, :fail or :info in ${printEdn(event)}`);
  }
  return calls.end(open);
}

function typeOf(f: string): KnossosType {
  if (f === ":read" || f === ":write" || f === ":cas") return "register";
  if (f === ":acquire" || f === ":release") return "mutex";
  if (f === ":txn") return "multi-register";
  throw new HistoryFormatError(0, `:f is :read, :write, :cas, :acquire, :release or :txn; got ${f}`);
}

/** What is known at the end: the result if there is one, else what was asked for. */
function completed(asked: Event, result: Edn): KnossosOp {
  const op = opOf({ f: asked.f, value: result ?? asked.value });
  return op.f === "cas" ? { ...op, isOk: true } : op;
}

function open(asked: Event): KnossosOp | undefined {
  const op = opOf(asked);
  if (op.f === "read") return undefined;
  if (op.f !== "txn") return op;
  // What it read was never seen; what is asked for may stand where a value would.
  return {
    f: "txn",
    accesses: op.accesses.map((access) => (access.f === "read" ? { f: "read", key: access.key } : access)),
  };
}

function opOf({ f, value }: Event): KnossosOp {
  switch (f) {
    case ":read":
      return value === null ? { f: "read" } : { f: "read", value: valueOf(value) };
    case ":write":
      return { f: "write", value: valueOf(value) };
    case ":cas": {
      const [from, to] = isEdnList(value) ? value : [];
      if (from === undefined || to === undefined)
        throw new HistoryFormatError(0, `a :cas has two values, like [1 2]; got ${printEdn(value)}`);
      return { f: "cas", from: valueOf(from), to: valueOf(to) };
    }
    case ":txn":
      if (!isEdnList(value)) throw new HistoryFormatError(0, `a :txn is a vector of accesses; got ${printEdn(value)}`);
      return { f: "txn", accesses: value.map(accessOf) };
    default:
      return { f: f === ":acquire" ? "acquire" : "release" };
  }
}

function accessOf(access: Edn): MicroOp {
  const [kind, key, value = null] = isEdnList(access) ? access : [];
  const f = printEdn(kind ?? null);
  if (key === undefined || (f !== ":read" && f !== ":write" && f !== ":r" && f !== ":w"))
    throw new HistoryFormatError(0, `an access is [:read key value] or [:write key value]; got ${printEdn(access)}`);
  const name = nameOf(key);
  if (f === ":write" || f === ":w") return { f: "write", key: name, value: valueOf(value) };
  return value === null ? { f: "read", key: name } : { f: "read", key: name, value: valueOf(value) };
}

/** The name of a register: a keyword is called by its name. */
function nameOf(key: Edn): string {
  if (typeof key === "string") return key;
  return printEdn(key).replace(/^:/, "");
}

/** Numbers, texts and the like as they are; anything else by what it looks like. */
function valueOf(value: Edn): Value {
  return typeof value === "object" && value !== null ? printEdn(value) : value;
}
