import { faultSchema, type FaultText } from "../../../src/sim/faults/registry.ts";
import { scheduleFaults, type FaultRun } from "../../../src/sim/faults/schedule.ts";
import type { NodeId } from "../../../src/system/ports/node.ts";
import type { FaultOutcome } from "../../../src/trace/result.ts";
import { TestWorld, type Body, type WorldOptions } from "../world.ts";

export const id = (name: string): NodeId => name as NodeId;

/** Every millisecond sends a numbered message to every peer; never reads its wall clock. */
export const chatter: Body = (env) => {
  let n = 0;
  const timer = env.timers.create("chat", () => {
    n++;
    for (const peer of env.peers) env.transport.send(peer, { type: "test.chat", n });
    timer.arm(1);
  });
  timer.arm(1);
};

/** Says that it leads term 1, and follows otherwise. */
export const leads: Body = (env) => env.observer.state("role", "leader", { term: 1 });
export const follows: Body = (env) => env.observer.state("role", "follower", { term: 1 });

/** `count` nodes n1… that run the same. */
export function nodes(count: number, body: Body): Record<string, Body> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${String(i + 1)}`, body]));
}

/** A world in which faults, as they are written, are on the timetable. */
export class FaultWorld extends TestWorld {
  readonly faults: FaultRun;

  constructor(bodies: Readonly<Record<string, Body>>, faults: readonly FaultText[], options: WorldOptions = {}) {
    super(bodies, options);
    this.faults = scheduleFaults({ cluster: this.cluster, faults: faults.map((fault) => faultSchema.parse(fault)) });
  }

  get outcome(): FaultOutcome {
    return this.faults.outcomes()[0] as FaultOutcome;
  }

  /** Directed links that are cut now, as `n1>n2`, in the order of the nodes. */
  get cuts(): string[] {
    const ids = this.cluster.nodes.map((node) => node.id);
    return ids.flatMap((from) =>
      ids.filter((to) => from !== to && !this.cluster.network.isUp(from, to)).map((to) => `${from}>${to}`),
    );
  }

  /** What `look` sees at each of the times, in ms. */
  async watch<T>(times: readonly number[], look: () => T): Promise<T[]> {
    const seen: T[] = [];
    for (const time of times) {
      await this.run(time);
      seen.push(look());
    }
    return seen;
  }
}
