import type { NodeClock } from "../clock/node-clock.ts";
import { endAll, type FaultContext } from "./fault.ts";
import { watchReads } from "./clock-reads.ts";

/** What counts as a touch of a kind that moves wall clocks. */
export const WALL_READ = "A reading of a wall clock that the fault moved.";

/** Moves the wall clocks of the fault's nodes by µs. @returns Moves them back. */
export function offsetWalls<Spec>(context: FaultContext<Spec>, delta: number): () => void {
  return endAll((context.groups[0] ?? []).map((id) => offsetWall(context, context.cluster.node(id).clock, delta)));
}

/** Moves one wall clock by µs and counts who reads it. @returns Moves it back; calling it twice is the same as once. */
export function offsetWall<Spec>(context: FaultContext<Spec>, clock: NodeClock, delta: number): () => void {
  const { kernel } = context.cluster;
  clock.addOffset(kernel.now, delta);
  const endWatch = watchReads(clock, context.touch);
  let isMoved = true;
  return () => {
    if (!isMoved) return;
    isMoved = false;
    endWatch();
    clock.addOffset(kernel.now, -delta);
  };
}
