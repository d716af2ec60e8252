import type { Micros, StateRecord, TraceRecord } from "../../trace/record.ts";
import type { ExpectOutcome } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { formatDuration, formatSeconds } from "../../trace/units.ts";
import type { ExpectSpec } from "../scenario/model.ts";
import { parseMoment } from "../scenario/targets.ts";
import { FaultTargets } from "./expect-targets.ts";

/** An {@link ExpectOutcome}, and whether the run was too short (or its fault never came) to decide it. */
export interface JudgedExpect {
  readonly outcome: ExpectOutcome;
  readonly undecided: boolean;
}

interface Open {
  readonly spec: ExpectSpec;
  /** Keys and the values each may have; names stand in keys once the window is open. */
  wanted: readonly (readonly [key: string, values: readonly string[]])[];
  /** −1 until the event it waits for. */
  from: Micros;
  until: Micros;
  names: readonly string[];
  /** When the current stretch of the wanted state began; −1 while it does not hold. */
  since: Micros;
  result: { readonly held: boolean; readonly at: Micros } | undefined;
}

/**
 * Judges the story a scenario expects, on state records alone, while the run goes on.
 *
 * A wanted state counts from the moment at which all its keys have their values at one node, also when that moment lies before
 * the window and the state still lasts. The states of a process end with it.
 */
export class ExpectJudge implements TraceListener {
  readonly triggers: readonly string[];
  readonly #open: readonly Open[];
  readonly #targets: FaultTargets;
  readonly #states = new Map<string, Map<string, string>>();

  /** @param nodes The cluster's nodes, whom `all` means. */
  constructor(expects: readonly ExpectSpec[], nodes: readonly string[]) {
    this.#targets = new FaultTargets(nodes);
    this.#open = expects.map((spec) => ({
      spec,
      wanted: [],
      from: -1,
      until: -1,
      names: [],
      since: -1,
      result: undefined,
    }));
    for (const open of this.#open) if (open.spec.after === undefined) this.#begin(open, 0, open.spec.by ?? Infinity);
    const keys = new Set(expects.flatMap((spec) => Object.keys(spec.state ?? {}).map(triggerOf)));
    keys.delete("state:process");
    this.triggers = expects.length === 0 ? [] : ["fault", "state:process", ...keys];
  }

  on(record: TraceRecord): void {
    if (record.kind === "fault") {
      if (record.phase === "touch") return;
      if (record.phase === "start") this.#targets.remember(record);
      for (const open of this.#open) this.#anchor(open, record.fault, record.phase, record.time);
    } else if (record.kind === "state") {
      this.#remember(record);
      for (const open of this.#open) this.#look(open, record.time);
    }
  }

  #remember(record: StateRecord): void {
    let states = this.#states.get(record.node);
    if (record.key === "process" && record.origin === "world" && record.value === "down") states?.clear();
    if (states === undefined) this.#states.set(record.node, (states = new Map<string, string>()));
    states.set(record.key, record.value);
  }

  #anchor(open: Open, fault: string, phase: "start" | "stop", time: Micros): void {
    const moment = open.spec.after === undefined ? undefined : parseMoment(open.spec.after);
    if (moment?.fault !== fault || moment.phase !== phase || open.from >= 0) return;
    this.#begin(open, time, time + (open.spec.within ?? Infinity));
  }

  #begin(open: Open, from: Micros, until: Micros): void {
    const { spec } = open;
    open.from = from;
    open.until = until;
    const who = spec.node ?? spec["some-of"] ?? spec["all-of"] ?? [];
    open.names = (typeof who === "string" ? [who] : who).flatMap((name) => this.#targets.resolve(name));
    const named = (text: string): string =>
      text.replace(/\{([^}]*)\}/g, (_, target: string) => this.#targets.resolve(target).join(" "));
    open.wanted = Object.entries(spec.state ?? {}).map(([key, value]) => [
      named(key),
      (typeof value === "string" ? [value] : value).map(named),
    ]);
    this.#look(open, from);
  }

  #look(open: Open, time: Micros): void {
    if (open.from < 0 || open.result !== undefined) return;
    const holds = this.#holds(open);
    if (open.since < 0) {
      if (holds && time <= open.until) open.since = Math.max(time, open.from);
      else if (time > open.until) open.result = { held: open.spec.never, at: open.until };
    } else if (!holds) {
      // The stretch ended: long enough, or a later one may do.
      if (time - open.since >= (open.spec.lasting ?? 0)) this.#decide(open);
      else open.since = -1;
    }
    if (open.since >= 0 && open.spec.lasting === undefined) this.#decide(open);
  }

  #decide(open: Open): void {
    open.result = { held: !open.spec.never, at: open.since };
  }

  #holds(open: Open): boolean {
    const matches = (node: string): boolean =>
      open.wanted.every(([key, values]) => values.includes(this.#states.get(node)?.get(key) ?? ""));
    if (open.names.length === 0) return false;
    return open.spec["some-of"] === undefined ? open.names.every(matches) : open.names.some(matches);
  }

  /** Call it once, at the end of the run. */
  finish(endTime: Micros): JudgedExpect[] {
    return this.#open.map((open) => {
      const text = describe(open);
      if (open.from < 0) {
        return {
          undecided: true,
          outcome: { text, held: false, at: endTime, reason: `${open.spec.after ?? ""} never came.` },
        };
      }
      if (open.result === undefined && open.since >= 0 && endTime - open.since >= (open.spec.lasting ?? 0))
        this.#decide(open);
      // A window without an end of its own ends with the run.
      if (open.until === Infinity) open.until = endTime;
      if (open.result === undefined && open.since < 0 && endTime >= open.until)
        open.result = { held: open.spec.never, at: open.until };
      if (open.result === undefined) {
        const held = open.spec.never;
        return {
          undecided: !held,
          outcome: {
            text,
            held,
            at: endTime,
            ...(held ? {} : { reason: `The run ended at ${formatSeconds(endTime)}, before its window did.` }),
          },
        };
      }
      const { held, at } = open.result;
      return { undecided: false, outcome: { text, held, at, ...(held ? {} : { reason: this.#reason(open, at) }) } };
    });
  }

  #reason(open: Open, at: Micros): string {
    if (open.spec.never) return `It happened at ${formatSeconds(at)}.`;
    if (open.names.length === 0) return "It is about nobody: the fault meant no such node.";
    const keys = open.wanted.map(([key]) => key);
    const seen = open.names.map(
      (node) => `${node} ${keys.map((key) => `${key}=${this.#states.get(node)?.get(key) ?? "?"}`).join(" ")}`,
    );
    return `Not reached by ${formatSeconds(at)}; at the end: ${seen.join(", ")}.`;
  }
}

/** Keys with a name yet to come are listened to by what stands before it. */
function triggerOf(key: string): string {
  const brace = key.indexOf("{");
  return brace < 0 ? `state:${key}` : `state:${key.slice(0, brace)}*`;
}

function describe({ spec, names, wanted }: Open): string {
  const written = spec.node ?? spec["some-of"] ?? spec["all-of"] ?? "";
  const who = typeof written === "string" ? written : written.join(", ");
  const quantifier = spec["some-of"] !== undefined ? "some of " : spec["all-of"] !== undefined ? "all of " : "";
  const shown = names.length > 8 ? `${names.slice(0, 8).join(" ")} …` : names.join(" ");
  const resolved = names.length === 0 || names.join(", ") === who ? "" : ` (${shown})`;
  const state = wanted.map(([key, values]) => `${key}=${values.join("|")}`);
  const lasting = spec.lasting === undefined ? "" : ` for ${formatDuration(spec.lasting)}`;
  return `${quantifier}${who}${resolved} ${spec.never ? "never " : ""}${state.join(" ")}${lasting}${windowText(spec)}`;
}

/** ` within 2s of cut.start`, ` by 30s`, ` after cut.start`, or nothing for the whole run. */
export function windowText(spec: ExpectSpec): string {
  if (spec.within !== undefined) return ` within ${formatDuration(spec.within)} of ${spec.after ?? ""}`;
  if (spec.by !== undefined) return ` by ${formatDuration(spec.by)}`;
  return spec.after === undefined ? "" : ` after ${spec.after}`;
}
