import type { z } from "zod";
import type { Message } from "../../trace/plain.ts";
import type { PointRecord, TraceRecord } from "../../trace/record.ts";
import type { Cluster } from "../cluster.ts";
import type { SimNode } from "../process/sim-node.ts";
import { endAll, nodeFields, nodesOf, type FaultContext, type NodesSpec } from "./fault.ts";
import type { Target } from "./targets.ts";

/** Fields of a kind that acts on services: those named, or whoever runs the service's program. */
export const serviceFields = nodeFields;

/** For `superRefine`: at most one of `node` and `nodes`. */
export function maySayNodes(spec: NodesSpec, context: z.RefinementCtx): void {
  if (spec.node === undefined || spec.nodes === undefined) return;
  context.addIssue({ code: "custom", message: "node or nodes, not both", path: ["nodes"] });
}

/** The one group of targets of a kind that acts on services. */
export function servicesOf(spec: NodesSpec, program: string): readonly Target[] {
  const named = nodesOf(spec);
  return named.length > 0 ? named : [`program(${program})`];
}

/** Orders in force at a node, by type, oldest first. */
const standing = new WeakMap<SimNode, Map<string, Message[]>>();

/**
 * Tells a node an order that stands, also over restarts, until the returned function is called. Of several of one type the youngest is in
 * force; when it ends, the one before it is told again, after the last one `normal`.
 */
export function giveOrder(
  node: SimNode,
  order: Message,
  normal: Message,
): { readonly end: () => void; readonly isInForce: () => boolean } {
  let orders = standing.get(node);
  if (orders === undefined) standing.set(node, (orders = new Map<string, Message[]>()));
  let stack = orders.get(order.type);
  if (stack === undefined) orders.set(order.type, (stack = []));
  const all = stack;
  // A copy, so that two faults that say the same can be told apart.
  const own = { ...order };
  all.push(own);
  node.control(own, true);
  return {
    isInForce: () => all.at(-1) === own,
    end: () => {
      const at = all.indexOf(own);
      if (at < 0) return;
      const wasInForce = at === all.length - 1;
      all.splice(at, 1);
      if (!wasInForce) return;
      const before = all.at(-1);
      node.control(before ?? normal, before !== undefined);
    },
  };
}

const watchers = new WeakMap<Cluster, Map<string, Set<(record: PointRecord) => void>>>();

/** Shows every point of a name to `onPoint`, after everybody else has seen it. @returns Ends it. */
export function watchPoints(cluster: Cluster, name: string, onPoint: (record: PointRecord) => void): () => void {
  let names = watchers.get(cluster);
  if (names === undefined) watchers.set(cluster, (names = new Map<string, Set<(record: PointRecord) => void>>()));
  let listeners = names.get(name);
  if (listeners === undefined) {
    const all = new Set<(record: PointRecord) => void>();
    names.set(name, (listeners = all));
    cluster.trace.listen({
      triggers: [`point:${name}`],
      on: (record: TraceRecord) => {
        if (record.kind === "point") for (const listener of all) listener(record);
      },
    });
  }
  const all = listeners;
  const own = (record: PointRecord): void => {
    onPoint(record);
  };
  all.add(own);
  return () => all.delete(own);
}

/**
 * Gives every node of the fault an order for as long as it lasts.
 *
 * @param options.normal    What is told when nothing stands any more.
 * @param options.point     A point that counts as a touch when a node of the fault writes it while the order is in force there…
 * @param options.isTouch   …and this says so; default always.
 */
export function orderNodes<Spec>(
  context: FaultContext<Spec>,
  options: {
    readonly order: Message;
    readonly normal: Message;
    readonly point: string;
    readonly isTouch?: (record: PointRecord) => boolean;
  },
): () => void {
  const { cluster, groups, touch } = context;
  const { order, normal, point, isTouch = () => true } = options;
  return endAll(
    (groups[0] ?? []).flatMap((id) => {
      const given = giveOrder(cluster.node(id), order, normal);
      const unwatch = watchPoints(cluster, point, (record) => {
        if (record.node === id && given.isInForce() && isTouch(record)) touch();
      });
      return [given.end, unwatch];
    }),
  );
}
