import type { Fields } from "../../trace/plain.ts";
import type { CompleteRecord, Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, needsHaNode, type CheckerContext, type CheckerFold } from "./checker.ts";
import { CLIENT_CALL_TRIGGERS, ClientCalls, needsQuorum, valueOf, type ClientCall } from "./client-calls.ts";
import { watchClockRate } from "./lease-disjointness.ts";
import { describeValue } from "./linear/model.ts";
import type { Value } from "./linear/operation.ts";
import { intOf, textOf } from "./views/fields.ts";

/** Commits remembered for each key. An older value is older than any that a correct node may still read. */
const REMEMBERED = 4_096;

/** A write that a client knows to have happened. */
interface Acked {
  /** Its place in the log; 0 for none. */
  readonly index: number;
  readonly value: Value;
  readonly client: string;
  readonly record: RecordId;
  readonly time: Micros;
}

interface Key {
  /** Log index at which each value was committed last. */
  readonly indexOf: Map<Value, number>;
  /** The newest in the log of the writes that were acknowledged. */
  acked: Acked;
}

const NOTHING: Acked = { index: 0, value: null, client: "", record: -1, time: 0 };

/** Writes are compared by their place in the log, as the stores recorded it, never by what clients or leaders say is newer. */
export const noStaleRead = defineChecker("no-stale-read", {
  invariant: "I19",
  unexercised: "no read succeeded",
  title: "No read of an overwritten value",
  rule: "A read gives the value of the latest write to its key that was acknowledged before the read began, or of a later one.",
  triggers: [...CLIENT_CALL_TRIGGERS, "point:store.commit", "state:clock"],
  premises: (run, cluster) => needsHaNode(run, cluster) ?? needsQuorum(run, cluster),
  create: (context) => new NoStaleRead(context),
});

class NoStaleRead implements CheckerFold {
  readonly #context: CheckerContext;
  /** Each call remembers what was acknowledged when it began. */
  readonly #calls: ClientCalls<Acked>;
  readonly #keys = new Map<string, Key>();
  #committedMax = 0;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#calls = new ClientCalls(context.run);
  }

  on(record: TraceRecord): void {
    if (record.kind === "invoke") {
      this.#calls.begin(record, (key) => this.#keys.get(key)?.acked ?? NOTHING);
      return;
    }
    if (record.kind === "point") this.#committed(record.fields);
    else if (record.kind === "complete") {
      const call = this.#calls.end(record);
      if (call === undefined || record.outcome !== "ok") return;
      if (call.isWrite) this.#acknowledged(call, record);
      else this.#judge(call, record);
    } else watchClockRate(this.#context, record);
  }

  /** Every store commits in the order of the log, so an entry is new when the first of them has it. */
  #committed(fields: Fields): void {
    const index = intOf(fields["index"]);
    if (index <= this.#committedMax) return;
    this.#committedMax = index;
    const { indexOf } = this.#key(textOf(fields["key"]));
    indexOf.set(fields["value"] ?? null, index);
    if (indexOf.size > REMEMBERED) indexOf.delete(indexOf.keys().next().value as Value);
  }

  #acknowledged(call: ClientCall<Acked>, answer: CompleteRecord): void {
    const key = this.#key(call.key);
    const index = key.indexOf.get(call.value) ?? 0;
    if (index <= key.acked.index) return;
    key.acked = { index, value: call.value, client: call.client, record: answer.id, time: answer.time };
  }

  #judge(call: ClientCall<Acked>, read: CompleteRecord): void {
    const { note: acked, client } = call;
    this.#context.judged();
    const value = valueOf(read.value);
    const index = value === null ? 0 : (this.#keys.get(call.key)?.indexOf.get(value) ?? 0);
    if (index >= acked.index) return;
    const got = `${describeValue(value)}${index > 0 ? `, entry ${String(index)}` : ""}`;
    const wanted = `${describeValue(acked.value)}, entry ${String(acked.index)}`;
    this.#context.violated({
      record: read.id,
      time: read.time,
      nodes: [client],
      message: `${client} read ${describeValue(value)} from "${call.key}" at ${formatSeconds(read.time)}, having asked at ${formatSeconds(call.time)}, when ${describeValue(acked.value)} had been acknowledged to ${acked.client} since ${formatSeconds(acked.time)}`,
      expected: `${wanted}, or later`,
      observed: got,
      related: [acked.record],
      facts: { key: call.key, index, acknowledged: acked.index },
    });
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = { indexOf: new Map<Value, number>(), acked: NOTHING }));
    return key;
  }
}
