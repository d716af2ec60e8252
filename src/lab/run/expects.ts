import type { Micros, StateRecord, TraceRecord } from "../../trace/record.ts";
import type { ExpectOutcome } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/trace.ts";
import { formatDuration, formatSeconds } from "../../trace/units.ts";
import type { ExpectSpec } from "../scenario/model.ts";
import { parseMoment, parseWho } from "../scenario/targets.ts";

/** An {@link ExpectOutcome}, and whether the run was too short (or its fault never came) to decide it. */
export interface JudgedExpect {
  readonly outcome: ExpectOutcome;
  readonly undecided: boolean;
}

interface StartedFault {
  readonly groups: readonly (readonly string[])[];
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

interface Open {
  readonly spec: ExpectSpec;
  readonly wanted: readonly (readonly [key: string, values: readonly string[]])[];
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
  readonly #nodes: readonly string[];
  readonly #states = new Map<string, Map<string, string>>();
  readonly #faults = new Map<string, StartedFault>();

  /** @param nodes The cluster's nodes, whom `all` means. */
  constructor(expects: readonly ExpectSpec[], nodes: readonly string[]) {
    this.#nodes = nodes;
    this.#open = expects.map((spec) => ({
      spec,
      wanted: Object.entries(spec.state).map(
        ([key, value]) => [key, typeof value === "string" ? [value] : value] as const,
      ),
      from: spec.by === undefined ? -1 : 0,
      until: spec.by ?? -1,
      names: spec.by === undefined ? [] : this.#resolve(spec),
      since: -1,
      result: undefined,
    }));
    const keys = new Set(this.#open.flatMap((open) => open.wanted.map(([key]) => key)));
    this.triggers =
      expects.length === 0
        ? []
        : ["fault", "state:process", ...[...keys].filter((key) => key !== "process").map((key) => `state:${key}`)];
  }

  on(record: TraceRecord): void {
    if (record.kind === "fault") {
      if (record.phase === "touch") return;
      if (record.phase === "start") this.#faults.set(record.fault, readTargets(record.fields));
      for (const open of this.#open) this.#anchor(open, record.fault, record.phase, record.time);
    } else if (record.kind === "state") {
      this.#remember(record);
      for (const open of this.#open) this.#look(open, record.time);
    }
  }

  #remember(record: StateRecord): void {
    let states = this.#states.get(record.node);
    if (record.key === "process" && record.origin === "world" && record.value === "down") states?.clear();
    if (states === undefined) this.#states.set(record.node, (states = new Map()));
    states.set(record.key, record.value);
  }

  #anchor(open: Open, fault: string, phase: "start" | "stop", time: Micros): void {
    const moment = open.spec.after === undefined ? undefined : parseMoment(open.spec.after);
    if (moment?.fault !== fault || moment.phase !== phase || open.from >= 0) return;
    open.from = time;
    open.until = time + (open.spec.within ?? 0);
    open.names = this.#resolve(open.spec);
    this.#look(open, time);
  }

  #resolve(spec: ExpectSpec): readonly string[] {
    const value = spec.node ?? spec["some-of"] ?? spec["all-of"] ?? [];
    return (typeof value === "string" ? [value] : value).flatMap((name): readonly string[] => {
      const who = parseWho(name);
      if (who.kind === "all") return this.#nodes;
      if (who.kind === "node") return [who.node];
      const fault = this.#faults.get(who.fault);
      return (who.kind === "group" ? fault?.groups[who.index] : fault?.roles[who.role]) ?? [];
    });
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
      const text = describe(open.spec, open.names);
      if (open.from < 0) {
        return {
          undecided: true,
          outcome: { text, held: false, at: endTime, reason: `${open.spec.after ?? ""} never came.` },
        };
      }
      if (open.result === undefined && open.since >= 0 && endTime - open.since >= (open.spec.lasting ?? 0))
        this.#decide(open);
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

function readTargets(fields: Readonly<Record<string, string | number | boolean>>): StartedFault {
  const groups = typeof fields["groups"] === "string" ? (JSON.parse(fields["groups"]) as string[][]) : [];
  const roles = typeof fields["roles"] === "string" ? (JSON.parse(fields["roles"]) as Record<string, string[]>) : {};
  return { groups, roles };
}

function describe(spec: ExpectSpec, names: readonly string[]): string {
  const written = spec.node ?? spec["some-of"] ?? spec["all-of"] ?? "";
  const who = typeof written === "string" ? written : written.join(", ");
  const quantifier = spec["some-of"] !== undefined ? "some of " : spec["all-of"] !== undefined ? "all of " : "";
  const resolved =
    names.length === 0 || names.join(", ") === who
      ? ""
      : ` (${names.length > 8 ? `${names.slice(0, 8).join(" ")} …` : names.join(" ")})`;
  const state = Object.entries(spec.state).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : value.join("|")}`,
  );
  const lasting = spec.lasting === undefined ? "" : ` for ${formatDuration(spec.lasting)}`;
  const window =
    spec.within === undefined
      ? `by ${formatDuration(spec.by ?? 0)}`
      : `within ${formatDuration(spec.within)} of ${spec.after ?? ""}`;
  return `${quantifier}${who}${resolved} ${spec.never ? "never " : ""}${state.join(" ")}${lasting} ${window}`;
}
