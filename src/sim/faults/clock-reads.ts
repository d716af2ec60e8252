import type { NodeClock } from "../clock/node-clock.ts";

type Moment = "onRead" | "onBoot";

const watchers = {
  onRead: new WeakMap<NodeClock, Set<() => void>>(),
  onBoot: new WeakMap<NodeClock, Set<() => void>>(),
};

/** Calls `onRead` at each `wall()` of a clock, beside whoever else watches it. @returns Ends it. */
export function watchReads(clock: NodeClock, onRead: () => void): () => void {
  return watch(clock, "onRead", onRead);
}

/** Calls `onBoot` at each boot of a clock's machine, beside whoever else watches it. @returns Ends it. */
export function watchBoots(clock: NodeClock, onBoot: () => void): () => void {
  return watch(clock, "onBoot", onBoot);
}

function watch(clock: NodeClock, moment: Moment, listener: () => void): () => void {
  let listeners = watchers[moment].get(clock);
  if (listeners === undefined) watchers[moment].set(clock, (listeners = new Set()));
  const all = listeners;
  const own = (): void => {
    listener();
  };
  all.add(own);
  clock[moment] = () => {
    for (const other of all) other();
  };
  return () => {
    all.delete(own);
    if (all.size === 0) clock[moment] = undefined;
  };
}
