import type { CompleteRecord, InvokeRecord, Micros, RecordId, TraceRecord } from "../../../trace/record.ts";
import type { Plain } from "../../../trace/plain.ts";
import type { RunFacts } from "../facts.ts";
import { configEntry } from "./ofd-health.ts";

/** A `put` or `get` of a session that has ended. */
export interface SessionCall {
  readonly key: string;
  readonly isRead: boolean;
  readonly invoke: RecordId;
  /**
   * Place of the value among those of its key, in the order of their `put`s, from 0; −1 for none, or one that nobody wrote; `Infinity`
   * for one that has no place.
   */
  readonly version: number;
  readonly value: Plain;
}

/** Records that the rules about sessions are judged on. */
export const SESSION_TRIGGERS: readonly string[] = ["invoke:put", "invoke:get", "complete", "state:process"];

/** For how long a session's cookie is good: five minutes, by a clock that may be fast. */
const COOKIE_TIME: Micros = 270_000_000;

/** A version of a key that a session must not be shown anything older than. */
export interface Floor {
  readonly version: number;
  readonly value: Plain;
  readonly record: RecordId;
  readonly time: Micros;
}

/** What each session must see from now on, by its node and the key. Each key has one writer, and its `put`s order its values. */
export class SessionBook {
  readonly #open = new Map<RecordId, InvokeRecord>();
  readonly #versions = new Map<string, Map<Plain, number>>();
  readonly #floors = new Map<string, Map<string, Floor>>();

  /**
   * Takes the next record.
   *
   * @returns the session's call that it ends well, if it ends one.
   */
  take(record: TraceRecord): SessionCall | undefined {
    if (record.kind === "invoke") this.#onInvoke(record);
    else if (record.kind === "state" && record.value === "down") this.#onDown(record.node);
    else if (record.kind === "complete") return this.#onComplete(record);
    return undefined;
  }

  /** What this session was told, or shown, of a key; `undefined` when it has no claim to anything. */
  floor(node: string, key: string, now: Micros): Floor | undefined {
    const floor = this.#floors.get(node)?.get(key);
    return floor !== undefined && now - floor.time <= COOKIE_TIME ? floor : undefined;
  }

  /** From now on, nothing older than this. */
  raise({ node, id, time }: CompleteRecord, { key, version, value }: SessionCall): void {
    let floors = this.#floors.get(node);
    if (floors === undefined) this.#floors.set(node, (floors = new Map<string, Floor>()));
    if (version === Infinity) floors.delete(key);
    else floors.set(key, { version, value, record: id, time });
  }

  /** A client that starts again has no cookies, and what its former life was writing may come before or after anything. */
  #onDown(node: string): void {
    this.#floors.delete(node);
    for (const [id, invoke] of this.#open) {
      if (invoke.node !== node) continue;
      this.#open.delete(id);
      if (invoke.name === "put") this.#versions.get(invoke.key)?.set(written(invoke), Infinity);
    }
  }

  #onInvoke(record: InvokeRecord): void {
    this.#open.set(record.id, record);
    if (record.name !== "put") return;
    let versions = this.#versions.get(record.key);
    if (versions === undefined) this.#versions.set(record.key, (versions = new Map<Plain, number>()));
    versions.set(written(record), versions.size);
  }

  #onComplete(record: CompleteRecord): SessionCall | undefined {
    const invoke = this.#open.get(record.invoke);
    this.#open.delete(record.invoke);
    if (invoke === undefined) return undefined;
    if (record.outcome !== "ok") {
      // Told that what it wrote or saw is lost, a session begins anew.
      const status = (record.value as { readonly status?: unknown } | null)?.status;
      if (status === 409) this.#floors.delete(record.node);
      return undefined;
    }
    const isRead = invoke.name === "get";
    const value = isRead ? record.value : written(invoke);
    const version = this.#versions.get(invoke.key)?.get(value) ?? -1;
    return { key: invoke.key, isRead, invoke: invoke.id, version, value };
  }
}

function written({ value }: InvokeRecord): Plain {
  return (value as { readonly value?: Plain } | null)?.value ?? null;
}

/** Premise of rules about sessions: a proxy stands before every application, and nothing passes it by. */
export function needsProxy({ nodes }: RunFacts): string | undefined {
  const proxies = nodes.filter(({ program }) => program === "ryw-proxy");
  if (proxies.length === 0) return "no node runs ryw-proxy";
  const passes = proxies.some(({ config }) => listLength(proxySetting(config, "passthrough")) > 0);
  return passes ? "some paths pass the proxy by (passthrough)" : undefined;
}

/** A setting of the proxy of a `ryw-proxy`. */
export function proxySetting(config: Plain, key: string): Plain | undefined {
  return configEntry(configEntry(config, "proxy"), key) as Plain | undefined;
}

function listLength(value: Plain | undefined): number {
  return Array.isArray(value) ? value.length : 0;
}
