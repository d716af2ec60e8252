import type { NodeClock } from "../clock/node-clock.ts";

const watchers = new WeakMap<NodeClock, Set<() => void>>();

/** Calls `onRead` at each `wall()` of a clock, beside whoever else watches it. @returns Ends it. */
export function watchReads(clock: NodeClock, onRead: () => void): () => void {
  let listeners = watchers.get(clock);
  if (listeners === undefined) watchers.set(clock, (listeners = new Set()));
  const all = listeners;
  const own = (): void => {
    onRead();
  };
  all.add(own);
  clock.onRead = () => {
    for (const listener of all) listener();
  };
  return () => {
    all.delete(own);
    if (all.size === 0) clock.onRead = undefined;
  };
}
