import type { CompleteRecord, InvokeRecord, Micros, RecordId } from "../../trace/record.ts";
import type { Plain } from "../../trace/plain.ts";
import type { Value } from "./linear/operation.ts";
import type { Cluster } from "./cluster.ts";
import type { RunFacts } from "./facts.ts";

/** Records of operations of the key-value store's clients. */
export const CLIENT_CALL_TRIGGERS = ["invoke:read", "invoke:write", "complete"] as const;

/** A client's operation that has begun. */
export interface ClientCall<Note> {
  readonly client: string;
  readonly isWrite: boolean;
  readonly key: string;
  /** What is written; `null` for a read. */
  readonly value: Value;
  readonly record: RecordId;
  readonly time: Micros;
  /** What the checker wanted to remember. */
  readonly note: Note;
}

/** Pairs the records of the clients of a key-value store to operations. */
export class ClientCalls<Note> {
  readonly #clients: ReadonlySet<string>;
  readonly #pending = new Map<RecordId, ClientCall<Note>>();

  constructor(run: RunFacts) {
    this.#clients = new Set(run.nodes.filter(({ program }) => program === "kv-client").map(({ id }) => id));
  }

  /** An operation begins, if it is one of these. */
  begin(record: InvokeRecord, note: (key: string) => Note): void {
    const { node: client, key, id, time } = record;
    if (!this.#clients.has(client) || (record.name !== "read" && record.name !== "write")) return;
    const isWrite = record.name === "write";
    const value = isWrite ? valueOf((record.value as { readonly value?: Plain } | null)?.value ?? null) : null;
    this.#pending.set(id, { client, isWrite, key, value, record: id, time, note: note(key) });
  }

  /** The operation that ends; `undefined` when it is none of these. */
  end(record: CompleteRecord): ClientCall<Note> | undefined {
    const call = this.#pending.get(record.invoke);
    this.#pending.delete(record.invoke);
    return call;
  }

  /** Operations that have not ended. */
  open(): Iterable<ClientCall<Note>> {
    return this.#pending.values();
  }
}

/** A value as it is compared: structures by their text. */
export function valueOf(value: Plain): Value {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** Premise of rules about what clients may see: one disk's word is not a quorum's. */
export function needsQuorum(_run: RunFacts, cluster: Cluster): string | undefined {
  return cluster.isAsync ? "one disk is enough here (durability: async)" : undefined;
}
