import { Rng } from "../kernel/rng.ts";
import { shapeGroups, shapeOf, type ShapeSpec } from "./partition.ts";
import { faultSchema, type FaultSpec } from "./registry.ts";
import { formatHearing, hearingMatrix } from "./shapes.ts";
import { resolveTargets, type NodeId, type TargetNode, type TargetWorld } from "./targets.ts";

/** A node for an example: its name, and the program it runs. */
export interface ExampleNode {
  readonly id: string;
  readonly program: string;
}

/** Who hears whom while a partition lasts. */
export interface Hearing {
  /** One line a listener, `x` where it hears the speaker of the column. */
  readonly matrix: string;
  /** Whom roles mean in it: an example, if there are any; in a run they are resolved when the fault starts. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

/**
 * Who hears whom while a fault cuts links, among the members of a cluster; were its first node to lead, and all others to follow.
 *
 * @returns `undefined` for faults that are no partition, and for shapes this cluster has too few nodes for.
 */
export function hearingOf(fault: FaultSpec, nodes: readonly ExampleNode[]): Hearing | undefined {
  const spec = shapeSpecOf(fault);
  if (spec === undefined) return undefined;
  const targets = resolveTargets(shapeGroups(spec), exampleWorld(nodes), new Rng("example").stream("faults"));
  if (targets === undefined) return undefined;
  const ids = nodes.map(({ id }) => id);
  const shape = shapeOf(spec, targets.groups);
  return { matrix: formatHearing(hearingMatrix(shape, ids), ids), roles: targets.roles };
}

/** The matrix of a fault as it is written, in a cluster of n1 … n5; for the reference. */
export function exampleHearing(written: unknown): string | undefined {
  const nodes = ["n1", "n2", "n3", "n4", "n5"].map((id) => ({ id, program: "ha-node" }));
  return hearingOf(faultSchema.parse(written), nodes)?.matrix;
}

function shapeSpecOf(fault: FaultSpec): ShapeSpec | undefined {
  if (fault.kind === "partition") return fault;
  return fault.kind === "flap" ? fault.shape : undefined;
}

function exampleWorld(nodes: readonly ExampleNode[]): TargetWorld {
  const all = nodes.map(({ id, program }): TargetNode => ({ id: id as NodeId, role: "node", state: "up", program }));
  // A client that is named hears whatever it hears: partitions cut members alone.
  const other = (id: string): TargetNode => ({ id: id as NodeId, role: "client", state: "up", program: "" });
  return {
    nodes: all,
    node: (id) => all.find((node) => node.id === id) ?? other(id),
    board: {
      get: (node, key) => {
        if (key !== "role") return undefined;
        return { value: node === all[0]?.id ? "leader" : "follower", fields: {} };
      },
    },
  };
}
