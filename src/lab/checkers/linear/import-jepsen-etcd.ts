import type { Operation, Value } from "./operation.ts";
import { HistoryFormatError } from "./history-format-error.ts";
import { ProcessCalls } from "./process-calls.ts";
import type { RegisterOp } from "./register-model.ts";

const LINE = /\bjepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*?)\s*$/;

/**
 * The log of Jepsen's etcd test, as porcupine keeps them: `INFO jepsen.util - <process> :invoke|:ok|:fail|:info :read|:write|:cas
 * <value>`. Lines of another shape (the nemesis) are passed over.
 *
 * A read of `nil` found no value. `:fail :cas [a b]` is a compare-and-set that was carried out and found another value; every other
 * `:fail` did not happen. What ended `:info`, or not at all, may have happened.
 */
export function importJepsenEtcd(text: string): Operation<RegisterOp>[] {
  const calls = new ProcessCalls<RegisterOp, RegisterOp>();
  for (const [i, line] of text.split("\n").entries()) {
    const [, client = "", type, f, value = ""] = LINE.exec(line) ?? [];
    if (type === undefined) continue;
    const number = i + 1;
    if (type === "invoke") calls.invoke(client, asked(f, value, number));
    else if (type === "info") calls.crash(client);
    else
      calls.complete(client, number, (call) => {
        if (call.f !== f)
          throw new HistoryFormatError(number, `process ${client} ends a ${String(f)} but began a ${call.f}`);
        if (type === "ok") return call.f === "read" ? { f: "read", value: valueOf(value, number) } : succeeded(call);
        return call.f === "cas" && value.startsWith("[") ? { ...call, isOk: false } : undefined;
      });
  }
  return calls.end((call) => (call.f === "read" ? undefined : call));
}

function asked(f: string | undefined, value: string, line: number): RegisterOp {
  if (f === "read") return { f: "read" };
  if (f === "write") return { f: "write", value: valueOf(value, line) };
  const pair = /^\[\s*(\S+?)[\s,]+(\S+?)\s*\]$/.exec(value);
  if (pair === null) throw new HistoryFormatError(line, `a cas has two values, like [1 2]; got "${value}"`);
  return { f: "cas", from: valueOf(pair[1] ?? "", line), to: valueOf(pair[2] ?? "", line) };
}

function succeeded(call: RegisterOp): RegisterOp {
  return call.f === "cas" ? { ...call, isOk: true } : call;
}

function valueOf(text: string, line: number): Value {
  if (text === "nil") return null;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new HistoryFormatError(line, `a value is an integer or nil; got "${text}"`);
}
