import type { TraceRecord } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";

/** Something that should happen in at least one run of a sweep; where it never does, the sweep has not been where it should. */
export interface Probe {
  /** What happened, in words: `a leader was fenced`. */
  readonly name: string;
  /** As those of a {@link TraceListener}. */
  readonly triggers: readonly string[];
  /** Watches one run. @returns whether it has happened with this record; `undefined` while it could not have. */
  watch(): (record: TraceRecord) => boolean | undefined;
}

/** A probe that a single record decides. */
function onRecord(name: string, triggers: readonly string[], happens: (record: TraceRecord) => boolean): Probe {
  return { name, triggers, watch: () => happens };
}

/** A component that has a name claims its states with it: `breaker>ofd`. */
function triggersOf(key: string): string[] {
  return [`state:${key}`, `state:${key}>*`];
}

/** A state that a node takes with this value. */
function onState(name: string, key: string, value: string): Probe {
  return onRecord(name, triggersOf(key), (record) => record.kind === "state" && record.value === value);
}

/** Two states of one node at one moment. */
function onStates(name: string, wanted: Readonly<Record<string, string>>): Probe {
  const keys = Object.keys(wanted);
  return {
    name,
    triggers: keys.flatMap(triggersOf),
    watch() {
      const held = new Map<string, Set<string>>();
      // A node whose program has no fence is not one that was never fenced.
      const known = new Set<string>();
      return (record) => {
        if (record.kind !== "state") return false;
        const own = held.get(record.node) ?? new Set();
        held.set(record.node, own);
        const key = record.key.split(">")[0] as string;
        known.add(key);
        if (record.value === wanted[key]) own.add(key);
        else own.delete(key);
        return known.size < keys.length ? undefined : own.size === keys.length;
      };
    },
  };
}

/** What every sweep looks for. Only those count whose records the programs can write: see {@link ProbeSet.happened}. */
export const PROBES: readonly Probe[] = [
  onState("a node led", "role", "leader"),
  onState("a node was fenced", "fence", "fenced"),
  onStates("a node that still led was fenced", { role: "leader", fence: "fenced" }),
  onState("a breaker opened", "breaker", "open"),
  onState("a breaker probed", "breaker", "half-open"),
  onStates("a breaker was open while its node held the lock", { breaker: "open", lock: "held" }),
  onRecord("an operation's outcome stayed unknown", ["complete:info"], () => true),
  onRecord("an operation was refused", ["complete:fail"], () => true),
  onRecord("a node went down", ["state:process"], (record) => record.kind === "state" && record.value === "down"),
];

/** The probes of one run. */
export class ProbeSet {
  readonly listeners: readonly TraceListener[];
  readonly #seen = new Map<string, boolean>();
  readonly #own: ReadonlySet<string>;

  /** @param own  Probes of the scenario, which are asked of every run; those of the package give way to one of the same name. */
  constructor(own: readonly Probe[] = []) {
    this.#own = new Set(own.map(({ name }) => name));
    for (const name of this.#own) this.#seen.set(name, false);
    this.listeners = [...own, ...PROBES.filter(({ name }) => !this.#own.has(name))].map((probe) => {
      const happens = probe.watch();
      return {
        triggers: probe.triggers,
        on: (record) => {
          if (this.#seen.get(probe.name) === true) return;
          const happened = happens(record);
          if (happened !== undefined) this.#seen.set(probe.name, happened);
        },
      };
    });
  }

  /** Each probe whose records there were, and whether it happened: a program without a breaker is not asked about one. */
  happened(): Readonly<Record<string, boolean>> {
    return Object.fromEntries([...this.#seen].filter(([name]) => !this.#own.has(name)));
  }

  /** Each probe of the scenario, and whether it happened. */
  ownHappened(): Readonly<Record<string, boolean>> {
    return Object.fromEntries([...this.#seen].filter(([name]) => this.#own.has(name)));
  }
}
