import type { SweepPlan } from "../../lab/explore/plan.ts";
import type { LoadedScenario } from "../../lab/scenario/model.ts";
import { BullmqQueue } from "./bullmq-queue.ts";
import { loadPackages, probe } from "./connect.ts";
import { FleetExecutor } from "./fleet-executor.ts";
import { parseAddress } from "./redis-address.ts";
import { orderOf } from "./sweep-order.ts";

export interface FleetSweep {
  /** URL of the Redis. */
  readonly queue: string;
  readonly plan: SweepPlan;
  readonly scenarios: readonly LoadedScenario[];
  /** The name of a sweep that was cut short, to go on with its units. */
  readonly sweep?: string | undefined;
  /** The name of one that is begun anew: nobody waits for its units any more. */
  readonly abandoned?: string | undefined;
  readonly say: (text: string) => void;
}

/**
 * Puts a sweep's units on the queue of a fleet.
 *
 * @throws {ScenarioError} `FLEET_…` when there is no such queue.
 */
export async function openFleet(
  options: FleetSweep,
): Promise<{ readonly fleet: FleetExecutor; readonly sweep: string }> {
  const { plan, scenarios, say } = options;
  const address = parseAddress(options.queue);
  const packages = await loadPackages();
  for (const warning of await probe(address, packages)) say(warning);
  const order = orderOf(plan, scenarios, options.sweep);
  const queue = new BullmqQueue(address, packages);
  await queue.ready();
  if (options.abandoned !== undefined) await queue.abandon(options.abandoned);
  const workerLine = `Start one: faultline worker --queue ${address.text}`;
  return { fleet: new FleetExecutor({ queue, order, say, workerLine }), sweep: order.sweep };
}
