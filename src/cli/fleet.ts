import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetExecutor } from "../integrations/bullmq/fleet-executor.ts";
import type { SweepPlan } from "../lab/explore/plan.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import type { Progress } from "./progress.ts";
import { writing } from "./reports-folder.ts";

export interface FleetArguments {
  readonly queue: string;
  readonly plan: SweepPlan;
  readonly scenarios: readonly LoadedScenario[];
  readonly resume: boolean;
  readonly report: boolean;
  /** Where the sweep is written. */
  readonly directory: string;
  readonly progress: Progress;
}

/** Holds the name under which a sweep's units are known, until the sweep is whole. */
export function fleetFile(directory: string): string {
  return join(directory, "fleet.json");
}

/** Opens the queue of a fleet for a sweep: for the units of an earlier one when it is resumed, else in place of them. */
export async function openFleetFor(args: FleetArguments): Promise<FleetExecutor> {
  // BullMQ and a client of Redis are loaded by whoever has a fleet.
  const { openFleet } = await import("../integrations/bullmq/open-fleet.ts");
  const { queue, plan, scenarios, directory, progress } = args;
  const earlier = args.report ? readName(fleetFile(directory)) : undefined;
  const { fleet, sweep } = await openFleet({
    queue,
    plan,
    scenarios,
    ...(args.resume ? { sweep: earlier } : { abandoned: earlier }),
    say: (text) => {
      progress.say(text);
    },
  });
  const file = fleetFile(directory);
  try {
    if (args.report) await writing(file, () => writeWhole(file, `${JSON.stringify({ sweep })}\n`));
    return fleet;
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

function readName(file: string): string | undefined {
  try {
    const { sweep } = JSON.parse(readFileSync(file, "utf8")) as { sweep?: unknown };
    return typeof sweep === "string" && /^[a-z0-9-]+$/.test(sweep) ? sweep : undefined;
  } catch {
    // None, or a torn one: its units are run again.
    return undefined;
  }
}
