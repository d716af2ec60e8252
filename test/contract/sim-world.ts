import { nodeId, type NodeEnv, type Program } from "../../src/system/ports/node.ts";
import { Cluster } from "../../src/sim/cluster.ts";
import { Kernel } from "../../src/sim/kernel/kernel.ts";
import { Rng } from "../../src/sim/kernel/rng.ts";
import type { LatencySpec } from "../../src/sim/network/distributions.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";
import type { Body, Control, World } from "./world.ts";

/** Virtual time within which a body settles. */
const LIMIT_US = 600_000_000;

const between = (min: number, max: number): LatencySpec => ({ uniform: { min, max } });

/** Runs a body as a program; what it does is told to `settle`. */
function programOf<T>(
  control: Control,
  body: Body<T>,
  settle: { done(value: T): void; failed(error: unknown): void },
): Program {
  return {
    name: "contract",
    start(env: NodeEnv) {
      body(env, control).then(
        (value) => settle.done(value),
        (error: unknown) => settle.failed(error),
      );
      return {};
    },
  };
}

/** The simulator, without faults: a network and disks with delays of their own. */
export function simWorld(options: { ppm?: number; capacityBytes?: number } = {}): World {
  return {
    async run<T>(main: Body<T>, others: Readonly<Record<string, Body>> = {}): Promise<T> {
      const kernel = new Kernel({ trace: new TraceWriter({ keep: false }) });
      const ids = ["n1", ...Object.keys(others)];
      let result: { readonly value: T } | undefined;
      const fail = (error: unknown): void => {
        kernel.fail(error instanceof Error ? error : new Error(String(error)));
      };
      const control: Control = {
        restart: (id) => {
          cluster.at(kernel.now, () => {
            cluster.kill(nodeId(id));
            cluster.restart(nodeId(id));
          });
        },
        failSyncs: () =>
          Promise.resolve(
            cluster.node("n1").disk.addEffect({
              fault: "fails",
              failingSyncs: cluster.rng.stream("fails"),
              touch: () => undefined,
            }),
          ),
      };
      const programs: Readonly<Record<string, Program>> = {
        n1: programOf(control, main, {
          done: (value) => {
            result = { value };
            kernel.stop();
          },
          failed: fail,
        }),
        ...Object.fromEntries(
          Object.entries(others).map(([id, body]) => [
            id,
            programOf(control, body, { done: () => undefined, failed: fail }),
          ]),
        ),
      };
      const cluster: Cluster = new Cluster({
        kernel,
        rng: new Rng("contract"),
        nodes: ids.map((id) => ({
          id: nodeId(id),
          role: "node" as const,
          program: programs[id] as Program,
          config: null,
          peers: ids.filter((other) => other !== id).map(nodeId),
          clock: { offsetUs: 0, ppm: options.ppm ?? 0 },
        })),
        network: { latency: between(500, 3_000), lossPpm: 0, duplicatePpm: 0, reorderPpm: 0, reorderBy: 0 },
        disk: {
          opLatency: between(20, 200),
          syncLatency: between(1_000, 5_000),
          loseUnsynced: true,
          ...(options.capacityBytes === undefined ? {} : { capacityBytes: options.capacityBytes }),
        },
        strict: true,
      });
      // The one that speaks first comes last: what is sent to a node that has not started is lost.
      for (const id of [...Object.keys(others), "n1"]) cluster.start(nodeId(id));
      await kernel.run(LIMIT_US);
      const [error] = cluster.errors;
      if (error !== undefined) throw error.error;
      if (result === undefined)
        throw new Error(`The body did not settle within ${String(LIMIT_US / 1_000_000)} virtual seconds.`);
      return result.value;
    },
  };
}
