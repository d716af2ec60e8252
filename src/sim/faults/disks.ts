import type { DiskEffect } from "../disk/disk-effect.ts";
import { endAll, type FaultContext } from "./fault.ts";

/** Puts an effect on the disks of the fault's nodes. @returns Takes it away again. */
export function affectDisks<Spec>(
  context: FaultContext<Spec>,
  effect: Omit<DiskEffect, "fault" | "touch">,
): () => void {
  const { id: fault, cluster, groups, touch } = context;
  return endAll((groups[0] ?? []).map((id) => cluster.node(id).disk.addEffect({ ...effect, fault, touch })));
}
