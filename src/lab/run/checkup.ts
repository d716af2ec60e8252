import { chooseDrain, inTurn, type DrainMode } from "../../sim/kernel/drain.ts";
import { watchResources } from "../../sim/kernel/escape-resources.ts";
import { running, trapEscapes } from "../../sim/kernel/escapes.ts";
import { RECORD_KINDS, type RecordId, type TraceRecord } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import type { Trace } from "../../trace/trace.ts";
import type { ProgramError } from "../../sim/process/sim-node.ts";
import { recordText } from "../report/text-trace.ts";
import type { LoadedScenario } from "../scenario/model.ts";
import { runScenario, type FinishedRun } from "./run-scenario.ts";
import { placeOf, programFrames } from "./stack-frames.ts";

/** One place at which a program lets something in that no seed decides. */
export interface Leak {
  /**
   * `escape`: a trapped call. `resource`: something real that was begun without one. `outside`: code of a node that ran when no
   * event did. `rejection`: a promise that was rejected unhandled.
   */
  readonly kind: "escape" | "resource" | "outside" | "rejection";
  /** The call, as people write it, or what was rejected. */
  readonly what: string;
  /** `""` when nobody knows. */
  readonly node: string;
  /** Virtual time, µs. */
  readonly timeUs: number;
  /** The record whose handling leaked, −1 for none, and its text. */
  readonly record: RecordId;
  readonly event: string;
  /** `file:line:col`; absent when the stack has no frame of the program's. */
  readonly place?: string;
  readonly stack: readonly string[];
  /** How often the same happened at the same place of the same node. */
  readonly times: number;
}

export interface Checkup {
  readonly leaks: readonly Leak[];
  readonly run: FinishedRun;
}

/** Short, and with a wait after each of the first, so that what is late from the real world finds the run still going on. */
const SLICE_EVENTS = 128;
const WAITS = 20;
const WAIT_MS = 5;
const STACK_FRAMES = 50;

/** Which drain the kernel uses on this runtime. */
export function ownDrain(): Promise<DrainMode> {
  return inTurn(chooseDrain);
}

/** Sets the traps for code that is loaded, too: what it takes from the globals for later is trapped then. @returns ends it. */
export function trapFromNowOn(): () => void {
  return trapEscapes();
}

/**
 * Runs a scenario once to see where its programs leave the simulation. It does not end at the first place: what only reads gets the
 * real value, anything else throws into the program.
 */
export async function checkUp(loaded: LoadedScenario, options: { readonly seed: string }): Promise<Checkup> {
  const found = new Findings();
  let waits = 0;
  const framesBefore = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES;
  const isTick = (await ownDrain()) === "tick";
  const unwatch = isTick ? watchResources() : () => undefined;
  try {
    let rejections: readonly ProgramError[] = [];
    const run = await runScenario(loaded, {
      seed: options.seed,
      keepTrace: true,
      sliceEvents: SLICE_EVENTS,
      listeners: [outsideListener(found)],
      betweenSlices: async () => {
        if (waits++ < WAITS) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      },
      onErrors: (errors) => (rejections = errors.filter(({ isRejection }) => isRejection)),
      onEscape: ({ api, node, timeUs, record, stack }) =>
        found.add({
          kind: / \([A-Za-z0-9]+\)$/.test(api) ? "resource" : "escape",
          what: api,
          node,
          timeUs,
          record,
          stack,
        }),
    });
    for (const { node, time, error, record } of rejections) {
      const what = `${error.name}: ${error.message}`;
      found.add({ kind: "rejection", what, node, timeUs: time, record, stack: error.stack ?? "" });
    }
    return { leaks: found.leaks(run.trace), run };
  } finally {
    unwatch();
    Error.stackTraceLimit = framesBefore;
  }
}

/** Sees what a program says while no event runs. */
function outsideListener(found: Findings): TraceListener {
  return {
    triggers: ["sent", "state", "point", "invoke", "complete"],
    on(record) {
      if (running.node !== undefined || isOfTheWorld(record)) return;
      const { stack = "" } = new Error("Where it was written.");
      const { node, time: timeUs } = record;
      found.add({ kind: "outside", what: recordText(record), node, timeUs, record: -1, stack });
    },
  };
}

function isOfTheWorld(record: TraceRecord): boolean {
  return (record.kind === "state" || record.kind === "point") && record.origin === "world";
}

type Finding = Omit<Leak, "event" | "place" | "stack" | "times"> & { readonly stack: string };

/** Leaks in the order in which they were first seen, each place of a node once. */
class Findings {
  readonly #byPlace = new Map<string, { first: Finding; frames: readonly string[]; times: number }>();

  add(finding: Finding): void {
    const frames = programFrames(finding.stack);
    const key = [finding.kind, finding.kind === "outside" ? "" : finding.what, finding.node, placeOf(frames)].join(
      "\n",
    );
    const known = this.#byPlace.get(key);
    if (known === undefined) this.#byPlace.set(key, { first: finding, frames, times: 1 });
    else known.times++;
  }

  leaks(trace: Trace | undefined): Leak[] {
    return [...this.#byPlace.values()].map(({ first, frames, times }) => {
      const place = placeOf(frames);
      const event = eventText(trace, first.record);
      return { ...first, event, stack: frames, times, ...(place === undefined ? {} : { place }) };
    });
  }
}

/** What a node was handling, as a line; `""` for nothing. */
export function eventText(trace: Trace | undefined, record: RecordId): string {
  return trace === undefined || record < 0 || record >= trace.count ? "" : recordText(trace.record(record));
}

/** Takes down who writes one record: the program's frames, once it is written. */
export class WriterOf implements TraceListener {
  readonly triggers = RECORD_KINDS;
  readonly #record: RecordId;
  #stack = "";

  constructor(record: RecordId) {
    this.#record = record;
  }

  /** Innermost first; none for what the world itself writes. */
  get frames(): readonly string[] {
    return programFrames(this.#stack);
  }

  on(record: TraceRecord): void {
    if (record.id !== this.#record) return;
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = STACK_FRAMES;
    this.#stack = new Error("Where it was written.").stack ?? "";
    Error.stackTraceLimit = before;
  }
}
