import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";

export const diskFsyncFails = defineFault({
  kind: "disk-fsync-fails",
  about:
    "Lets every sync of a file or directory that begins while it lasts fail (EIO). Of the writes that a sync of a file should have made " +
    "durable a seeded prefix is; the others stay in the page cache for everybody to read, and no later sync writes them, as in ext4 and XFS: a " +
    "power loss takes them. To the process that was told, later syncs of that file fail too until it writes the whole file; one that starts " +
    "afterwards is told nothing. Names whose sync failed become durable with a later one. Its end lets syncs that begin from then on " +
    "succeed; what was given up stays so.",
  touches: "A sync that failed.",
  schema: z
    .strictObject({ kind: z.literal("disk-fsync-fails"), ...commonFields, ...nodeFields })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: ({ id: fault, cluster, groups, touch, stream }) =>
    endAll((groups[0] ?? []).map((id) => cluster.node(id).disk.addEffect({ fault, touch, failingSyncs: stream(id) }))),
});
