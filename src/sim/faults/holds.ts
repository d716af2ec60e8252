import type { Cluster } from "../cluster.ts";
import { endAll, type FaultContext } from "./fault.ts";
import type { NodeId } from "./targets.ts";

/** Ways to end the holds that stand, by link. */
const standing = new WeakMap<Cluster, Map<string, Set<() => void>>>();

function holdsOn(cluster: Cluster, from: NodeId, to: NodeId): Set<() => void> {
  let links = standing.get(cluster);
  if (links === undefined) standing.set(cluster, (links = new Map<string, Set<() => void>>()));
  const link = `${from}>${to}`;
  let holds = links.get(link);
  if (holds === undefined) links.set(link, (holds = new Set<() => void>()));
  return holds;
}

/** Holds links for a fault, which is over when the last of them was released. @returns Lets go of all that are left. */
export function holdLinks<Spec>(
  { id: fault, cluster, touch, finish }: FaultContext<Spec>,
  links: readonly (readonly [NodeId, NodeId])[],
): () => void {
  let left = links.length;
  return endAll(
    links.map(([from, to]) => {
      const letGo = cluster.network.addEffect(from, to, { fault, touch, hold: true });
      const holds = holdsOn(cluster, from, to);
      const release = (): void => {
        if (!holds.delete(release)) return;
        letGo();
        left--;
        if (left === 0) finish();
      };
      holds.add(release);
      return release;
    }),
  );
}

/** Ends every hold on a link. @returns how many there were. */
export function releaseLink(cluster: Cluster, from: NodeId, to: NodeId): number {
  const holds = [...holdsOn(cluster, from, to)];
  for (const release of holds) release();
  return holds.length;
}
