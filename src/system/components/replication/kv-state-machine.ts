import type { Plain } from "../../ports/transport.ts";
import { START, type Position } from "./position.ts";
import type { StateMachine } from "./state-machine.ts";
import type { Transaction } from "./transaction.ts";

/** Changes of one transaction of a {@link KvStateMachine}. */
export interface KvChanges {
  readonly operation: "write";
  readonly key: string;
  readonly value: Plain;
  /** Who asked, `""` for nobody, and the number of what was asked: each takes effect once, however often it is tried. */
  readonly client: string;
  readonly seq: number;
  readonly [key: string]: Plain;
}

type Session = readonly [seq: number, result: Plain];

/** A {@link StateMachine} of keys and values in memory. */
export class KvStateMachine implements StateMachine {
  readonly isDurable = false;
  #position = START;
  #values = new Map<string, Plain>();
  #sessions = new Map<string, Session>();

  get position(): Position {
    return this.#position;
  }
  /** The value of a key; `null` when it has none. */
  get(key: string): Plain {
    return this.#values.get(key) ?? null;
  }

  refusal(changes: Plain): string | undefined {
    const { operation, key, client, seq } = (changes ?? {}) as Partial<KvChanges>;
    const isWrite = operation === "write" && typeof key === "string";
    return isWrite && typeof client === "string" && Number.isSafeInteger(seq)
      ? undefined
      : `changes of a key-value store are { operation: "write", key, value, client, seq }; got ${JSON.stringify(changes)}.`;
  }

  apply({ changes, position }: Transaction): Plain {
    const { key, value, client, seq } = changes as KvChanges;
    this.#position = position;
    const session = client === "" ? undefined : this.#sessions.get(client);
    if (session !== undefined && seq <= session[0])
      return seq === session[0] ? session[1] : { ok: false, error: "superseded" };
    const result: Plain = { ok: true };
    this.#values.set(key, value);
    if (client !== "") this.#sessions.set(client, [seq, result]);
    return result;
  }

  snapshot(): Plain {
    return { values: [...this.#values], sessions: [...this.#sessions] };
  }

  restore(snapshot: Plain, position: Position): void {
    const { values, sessions } = snapshot as { values: [string, Plain][]; sessions: [string, Session][] };
    this.#values = new Map(values);
    this.#sessions = new Map(sessions);
    this.#position = position;
  }
}
