import { endAll, type FaultContext } from "./fault.ts";
import { watchReads } from "./clock-reads.ts";

/** What counts as a touch of a kind that moves wall clocks. */
export const WALL_READ = "A reading of a wall clock that the fault moved.";

/** Moves the wall clocks of the fault's nodes by µs. @returns Moves them back. */
export function offsetWalls<Spec>(context: FaultContext<Spec>, delta: number): () => void {
  const { cluster, groups, touch } = context;
  const kernel = cluster.kernel;
  return endAll(
    (groups[0] ?? []).map((id) => {
      const { clock } = cluster.node(id);
      clock.addOffset(kernel.now, delta);
      const endWatch = watchReads(clock, touch);
      return () => {
        endWatch();
        clock.addOffset(kernel.now, -delta);
      };
    }),
  );
}
