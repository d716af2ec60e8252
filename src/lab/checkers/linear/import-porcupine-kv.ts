import { isEdnMap, printEdn, readEdn, type Edn, type EdnMap } from "./edn.ts";
import { HistoryFormatError } from "./history-format-error.ts";
import type { KvOp } from "./kv-model.ts";
import type { Operation } from "./operation.ts";
import { ProcessCalls } from "./process-calls.ts";

type Asked = { readonly f: "get"; readonly key: string } | Extract<KvOp, { f: "put" | "append" }>;

/**
 * The logs of porcupine's key-value store: a map a line, `{:process 0, :type :invoke, :f :append, :key "1", :value "x 0 0 y"}`, with
 * `get`, `put` and `append` of texts. A key without a value is got as `""`: judge it with `kv("")`.
 */
export function importPorcupineKv(text: string): Operation<KvOp>[] {
  const calls = new ProcessCalls<Asked, KvOp>();
  for (const [i, line] of text.split("\n").entries()) {
    const [event] = line.includes("{") ? readEdn(line) : [];
    if (event === undefined) continue;
    const number = i + 1;
    if (!isEdnMap(event)) throw new HistoryFormatError(number, "a line holds one map");
    const client = printEdn(event.get(":process") ?? null);
    const type = printEdn(event.get(":type") ?? null);
    if (type === ":invoke") calls.invoke(client, asked(event, number));
    else if (type === ":ok")
      calls.complete(client, number, (call) =>
        call.f === "get" ? { ...call, value: textOf(event.get(":value"), number) } : call,
      );
    else if (type === ":fail") calls.complete(client, number, () => undefined);
    else if (type === ":info") calls.crash(client);
    else throw new HistoryFormatError(number, `:type is :invoke, :ok, :fail or :info; got ${type}`);
  }
  return calls.end((call) => (call.f === "get" ? undefined : call));
}

function asked(event: EdnMap, line: number): Asked {
  const key = textOf(event.get(":key"), line);
  const f = printEdn(event.get(":f") ?? null);
  if (f === ":get") return { f: "get", key };
  if (f === ":put" || f === ":append")
    return { f: f === ":put" ? "put" : "append", key, value: textOf(event.get(":value"), line) };
  throw new HistoryFormatError(line, `:f is :get, :put or :append; got ${f}`);
}

function textOf(value: Edn | undefined, line: number): string {
  if (typeof value === "string") return value;
  throw new HistoryFormatError(line, `keys and values are texts; got ${printEdn(value ?? null)}`);
}
