import type { FaultContext, NodesSpec } from "./fault.ts";
import { orderNodes, servicesOf } from "./orders.ts";
import type { Target } from "./targets.ts";

/** What every kind that acts on a mock OFD counts. */
export const OFD_TOUCH = "A registration that arrived at the OFD in this mode.";

/** Whom it acts on. */
export function ofdsOf(spec: NodesSpec): readonly (readonly Target[])[] {
  return [servicesOf(spec, "ofd")];
}

/** Puts the OFDs of a fault into a mode, and back at its end. */
export function orderOfd<Spec>(
  context: FaultContext<Spec>,
  mode: { readonly mode: string; readonly byMs?: number },
): () => void {
  return orderNodes(context, {
    order: { type: "ofd.mode", ...mode },
    normal: { type: "ofd.mode", mode: "success" },
    point: "ofd.attempt",
    // The order may have been given but not heard yet: the process is paused.
    isTouch: (record) => record.fields["mode"] === mode.mode,
  });
}
