import type { Micros } from "../../trace/record.ts";
import type { Cluster } from "../cluster.ts";
import { certainSpan, nodesOf, type CommonSpec, type NodesSpec, type Outage } from "./fault.ts";
import { isRole, type NodeId } from "./targets.ts";

/** How a process is taken down: with the machine's power, or alone. */
export type Takedown = "crash" | "kill";

/**
 * Takes a node down. @returns The way to start it again, which does nothing when somebody else started it meanwhile; `undefined`
 * when there was nothing to take down.
 */
export function takeDown(cluster: Cluster, id: NodeId, how: Takedown): (() => void) | undefined {
  const node = cluster.node(id);
  const isDown = (): boolean => node.state === "down";
  const wasDown = isDown();
  const did = how === "crash" ? cluster.crash(id) : cluster.kill(id);
  if (!did) return undefined;
  const { incarnation } = node;
  return () => {
    // Who was down before is not ours to start: power comes back, the process does not.
    if (!wasDown && isDown() && node.incarnation === incarnation) cluster.restart(id);
  };
}

/** Outages of the nodes a spec names for sure: its own names, or all. */
export function outagesOf(
  spec: CommonSpec & NodesSpec,
  how: Outage["how"],
  span: { readonly from: Micros; readonly to: Micros } = certainSpan(spec),
): Outage[] {
  const names = nodesOf(spec).filter((target) => target === "all" || !isRole(target));
  return names.map((node) => ({ node, ...span, how }));
}
