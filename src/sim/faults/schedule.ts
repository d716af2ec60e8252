import type { FaultOutcome } from "../../trace/result.ts";
import type { Cluster } from "../cluster.ts";
import { ActiveFault } from "./active-fault.ts";
import type { Contradiction } from "./fault.ts";
import { findContradictions, kindOf, withFaultIds, type FaultSpec } from "./registry.ts";
import { isRole } from "./targets.ts";

/** Faults that cannot run on this cluster. The scenario loader finds all of this earlier, with its place in the file. */
export class FaultError extends Error {
  override name = "FaultError";
  readonly code: "FAULT_CONTRADICTION" | "FAULT_UNKNOWN_NODE";
  readonly problems: readonly Contradiction[];
  constructor(code: FaultError["code"], problems: readonly Contradiction[]) {
    super(
      problems
        .map(({ path, message, expected }) => `faults[${path.join(".")}]: ${message} Expected ${expected}.`)
        .join("\n"),
    );
    this.code = code;
    this.problems = problems;
  }
}

/** The faults of one run. */
export interface FaultRun {
  /** What each did so far, in the order of the list. */
  outcomes(): FaultOutcome[];
  /** Heals everything at this moment: ends what is active, and nothing starts any more. */
  stopAll(): void;
}

/**
 * Puts faults on a cluster's timetable.
 *
 * @throws {FaultError} when they contradict each other or name a node that is not there.
 */
export function scheduleFaults(options: { cluster: Cluster; faults: readonly FaultSpec[] }): FaultRun {
  const { cluster, faults } = options;
  const contradictions = findContradictions(faults);
  if (contradictions.length > 0) throw new FaultError("FAULT_CONTRADICTION", contradictions);
  const strangers = findStrangers(cluster, faults);
  if (strangers.length > 0) throw new FaultError("FAULT_UNKNOWN_NODE", strangers);
  const active = withFaultIds(faults).map((spec) => new ActiveFault({ cluster, spec, kind: kindOf(spec) }));
  for (const fault of active) fault.schedule();
  return {
    outcomes: () => active.map((fault) => fault.outcome()),
    stopAll: () => {
      for (const fault of active) fault.stop();
    },
  };
}

function findStrangers(cluster: Cluster, faults: readonly FaultSpec[]): Contradiction[] {
  const known = cluster.nodes.map((node) => node.id as string);
  return faults.flatMap((spec, i) =>
    [...new Set(kindOf(spec).groups(spec).flat())]
      .filter((target) => !isRole(target) && !known.includes(target))
      .map((target) => ({
        path: [i],
        message: `There is no node "${target}" in the cluster.`,
        expected: `one of ${known.join(", ")}`,
      })),
  );
}
