import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Applied, StateMachinePort } from "./state-machine-port.ts";

/** What a lock's client asks the group for. A plain value, to be sent to the leader as it is. */
export interface LockRequest {
  readonly operation: "lock.acquire" | "lock.extend" | "lock.release" | "lock.take-over";
  readonly key: string;
  readonly token: string;
  /** Integer ms; 0 for a release. */
  readonly ttlMs: number;
  /** Whose grant is taken over, by its token. */
  readonly from?: string;
}

/** The command that a request puts into the log. */
export interface LockCommand extends LockRequest {
  /** Of an acquisition: index of the entry from which the time of the grant counts that its leader saw end; 0 for none. */
  readonly over: number;
}

/** What a request came to; `fencing` is a decimal text, `""` unless granted. */
export interface LockAnswer {
  readonly outcome: "granted" | "busy" | "done" | "lost";
  readonly fencing: string;
}

/** A grant as all members have it. */
interface StoredGrant {
  readonly token: string;
  /** Index of the entry that granted it: its fencing number. */
  readonly index: number;
  /** Index of the entry from which its time counts. */
  readonly since: number;
  readonly ttlMs: number;
}

interface Grant extends StoredGrant {
  /** When this node applied that entry, ms of its monotonic clock: no part of the replicated state. */
  readonly seenMs: number;
}

const OPERATIONS: ReadonlySet<string> = new Set<LockRequest["operation"]>([
  ...(["lock.acquire", "lock.extend", "lock.release", "lock.take-over"] as const),
]);
const BUSY: LockAnswer = { outcome: "busy", fencing: "" };
const DONE: LockAnswer = { outcome: "done", fencing: "" };
const LOST: LockAnswer = { outcome: "lost", fencing: "" };

/**
 * Locks as a replicated state machine: who has which, by the log alone. The fencing number of a grant is the index of its entry.
 *
 * No clock decides what an entry does. A leader that has seen the time of a grant end by its own clock says so in the next acquisition
 * ({@link LockTable.prepare}), which takes effect only if that grant was not extended meanwhile: the log's order decides.
 *
 * @remarks Why no leader has to wait when it takes office: a holder counts its time from before it proposes, and every node applies the
 * entry after that. So on any node the time since it applied the entry is shorter than the time since the holder began to count, and when
 * the one is longer than the TTL (and 1 % and 2 ms more, for two clocks that differ) the holder has let go. A node that restarts applies
 * its log again and counts anew, as does one that goes on from a snapshot, which only errs on the late side.
 */
export class LockTable implements StateMachinePort {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #grants = new Map<string, Grant>();

  constructor(options: { clock: Clock; observer: Observer }) {
    this.#clock = options.clock;
    this.#observer = options.observer;
  }

  /** What a leader proposes for a request; `undefined` when it would be busy, which needs no entry. */
  prepare(request: LockRequest): LockCommand | undefined {
    const grant = this.#grants.get(request.key);
    if (request.operation !== "lock.acquire" || grant === undefined || grant.token === request.token)
      return { ...request, over: 0 };
    return this.#isOver(grant) ? { ...request, over: grant.since } : undefined;
  }

  /** Whether an entry is one of this state machine's. */
  static isLockCommand(command: Plain): boolean {
    const operation = (command as Partial<LockCommand> | null)?.operation;
    return operation !== undefined && OPERATIONS.has(operation);
  }

  /** Applies a committed command, whose result is a {@link LockAnswer}. */
  apply({ index, command }: LogEntry): Applied {
    const request = command as unknown as LockCommand;
    const grant = this.#grants.get(request.key);
    const isOwn = grant?.token === request.token;
    switch (request.operation) {
      case "lock.acquire":
        // Its own grant once more: the first answer was lost.
        if (grant !== undefined && isOwn) return this.#extend(grant, request, index, granted(grant.index));
        if (grant !== undefined && grant.since !== request.over) return applied(BUSY, false);
        this.#put(request, { index, since: index });
        this.#observe("grant", request, index, index);
        return applied(granted(index), true);
      case "lock.take-over":
        if (grant !== undefined && isOwn) return this.#extend(grant, request, index, granted(grant.index));
        if (grant === undefined || grant.token !== request.from) return applied(BUSY, false);
        this.#put(request, { index, since: index });
        this.#observe("grant", request, index, index);
        return applied(granted(index), true);
      case "lock.extend":
        return grant !== undefined && isOwn ? this.#extend(grant, request, index, DONE) : applied(LOST, false);
      case "lock.release":
        if (grant === undefined || !isOwn) return applied(LOST, false);
        this.#grants.delete(request.key);
        this.#observe("release", request, index, grant.index);
        return applied(DONE, true);
    }
  }

  snapshot(): Plain {
    const grants = [...this.#grants].map(([key, { token, index, since, ttlMs }]) => [
      key,
      { token, index, since, ttlMs },
    ]);
    return grants;
  }

  restore(state: Plain): void {
    const seenMs = this.#clock.monotonic();
    this.#grants.clear();
    for (const [key, grant] of state as unknown as readonly (readonly [string, StoredGrant])[])
      this.#grants.set(key, { ...grant, seenMs });
  }

  #extend(grant: Grant, request: LockCommand, index: number, answer: LockAnswer): Applied {
    this.#put(request, { index: grant.index, since: index });
    this.#observe("extend", request, index, grant.index);
    return applied(answer, true);
  }

  #put({ key, token, ttlMs }: LockCommand, at: { index: number; since: number }): void {
    this.#grants.set(key, { token, ttlMs, ...at, seenMs: this.#clock.monotonic() });
  }

  #isOver({ seenMs, ttlMs }: Grant): boolean {
    return this.#clock.monotonic() - seenMs >= ttlMs + Math.ceil(ttlMs / 100) + 2;
  }

  #observe(what: "grant" | "extend" | "release", request: LockCommand, index: number, fencing: number): void {
    const { key, token, ttlMs } = request;
    this.#observer.point("lock.apply", { index, what, key, token, fencing: String(fencing), ttlMs });
  }
}

function granted(index: number): LockAnswer {
  return { outcome: "granted", fencing: String(index) };
}

function applied(answer: LockAnswer, hasEffect: boolean): Applied {
  return { result: answer as unknown as Plain, hasEffect };
}
