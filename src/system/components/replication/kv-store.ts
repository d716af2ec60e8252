import type { Observer } from "../../ports/observer.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { StateMachinePort } from "../raft/state-machine-port.ts";

/** The command that a write puts into the log. */
export interface KvWrite {
  readonly operation: "write";
  readonly key: string;
  readonly value: Plain;
  /** Term of the leadership that accepted it. */
  readonly epoch: number;
}

interface Session {
  readonly seq: number;
  readonly result: Plain;
}

/** Everything a store knows: what was written, and what each client was answered last. */
interface KvSnapshot {
  readonly maxEpoch: number;
  readonly values: readonly (readonly [key: string, value: Plain])[];
  readonly sessions: readonly (readonly [client: string, seq: number, result: Plain])[];
}

/**
 * The replicated key-value state machine: the resource whose records the safety verdicts rest on.
 *
 * Each (client, seq) takes effect once, whoever retries it; a write of an epoch older than the newest seen has no effect at all.
 */
export class KvStore implements StateMachinePort {
  readonly #observer: Observer;
  #values = new Map<string, Plain>();
  #sessions = new Map<string, Session>();
  #maxEpoch = 0;

  constructor(options: { observer: Observer }) {
    this.#observer = options.observer;
  }

  /** Largest epoch of any write that took effect here; 0 for none. */
  get maxEpoch(): number {
    return this.#maxEpoch;
  }
  /** The value of a key; `null` when it has none. */
  get(key: string): Plain {
    return this.#values.get(key) ?? null;
  }

  /** Applies a committed entry. The result is `{ ok }`, and the same again for a repeated (client, seq), which has no effect. */
  apply(entry: LogEntry): { readonly result: Plain; readonly hasEffect: boolean } {
    const { client, seq, index } = entry;
    const write = entry.command as unknown as KvWrite;
    const session = client === "" ? undefined : this.#sessions.get(client);
    if (session !== undefined && seq <= session.seq) {
      return { result: seq === session.seq ? session.result : { ok: false, error: "superseded" }, hasEffect: false };
    }
    const isStale = write.epoch < this.#maxEpoch;
    const result: Plain = isStale ? { ok: false, error: "stale-epoch" } : { ok: true };
    if (isStale) {
      this.#observer.point("store.refuse", {
        epoch: write.epoch,
        maxEpoch: this.#maxEpoch,
        reason: "old-epoch",
        client,
        seq,
        at: "commit",
      });
    } else {
      this.#maxEpoch = write.epoch;
      this.#values.set(write.key, write.value);
      this.#observer.point("store.commit", {
        epoch: write.epoch,
        index,
        key: write.key,
        value: textOf(write.value),
        client,
        seq,
        maxEpoch: this.#maxEpoch,
      });
    }
    if (client !== "") this.#sessions.set(client, { seq, result });
    return { result, hasEffect: !isStale };
  }

  snapshot(): Plain {
    const snapshot: KvSnapshot = {
      maxEpoch: this.#maxEpoch,
      values: [...this.#values],
      sessions: [...this.#sessions].map(([client, { seq, result }]) => [client, seq, result]),
    };
    return snapshot as unknown as Plain;
  }

  restore(state: Plain): void {
    const { maxEpoch, values, sessions } = state as unknown as KvSnapshot;
    this.#maxEpoch = maxEpoch;
    this.#values = new Map(values);
    this.#sessions = new Map(sessions.map(([client, seq, result]) => [client, { seq, result }]));
  }
}

function textOf(value: Plain): string | number | boolean {
  return typeof value === "object" ? JSON.stringify(value) : value;
}
