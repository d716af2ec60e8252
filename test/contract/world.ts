import type { NodeEnv } from "../../src/system/ports/node.ts";
import type { Timers } from "../../src/system/ports/timers.ts";

/** What a body may do beyond its ports. */
export interface Control {
  /** Ends another node's process and starts it again, soon after the current event. */
  restart(id: string): void;
  /** Lets no sync of a file of `n1` succeed that is not there yet, where the world can do so. Gives the way to end it. */
  failSyncs?(path: string): Promise<() => void>;
}

/** Program code of one node. It runs at each start of the node, and touches nothing but its ports. */
export type Body<T = void> = (env: NodeEnv, control: Control) => Promise<T>;

/**
 * A place in which program code runs: this machine, or the simulator.
 *
 * A contract suite speaks only to this, so that one test is judged on both. Live, time passes and events come by themselves;
 * simulated, `run` drives the kernel until the body has settled.
 */
export interface World {
  /** Runs `main` on node `n1`, and the others beside it, until `main` settles; gives what it gave. */
  run<T>(main: Body<T>, others?: Readonly<Record<string, Body>>): Promise<T>;
}

export type MakeWorld = () => Promise<World> | World;

/** Resolves when the node's own timer has fired. */
export function sleep(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.create("sleep", resolve).arm(ms));
}

/** Resolves once `condition` holds, looking every `everyMs`; rejects when it has not held after about `limitMs`. */
export async function until(timers: Timers, condition: () => boolean, limitMs = 60_000, everyMs = 5): Promise<void> {
  for (let waited = 0; !condition(); waited += everyMs) {
    if (waited > limitMs) throw new Error(`Not so after ${String(limitMs)} ms: ${condition.toString()}`);
    await sleep(timers, everyMs);
  }
}

/** A body that has nothing to do but be there. */
export const idle: Body = async () => undefined;
