/** How node code is run to quiescence: `tick` inside the same macrotask, `turn` by a real turn of the event loop. */
export type DrainMode = "tick" | "turn";

interface ProcessWithTick {
  _tickCallback?: () => void;
}

/** The runtime's own turn, taken before anything is trapped. */
const realImmediate = setImmediate;
/** Read once: on the process it is a getter. */
const tick = (process as ProcessWithTick)._tickCallback;

/**
 * Runs every pending nextTick and microtask. Works only below a macrotask: inside a microtask it does nothing.
 *
 * `process._tickCallback` is undocumented (DEP0134), so this is its only use, {@link chooseDrain} tests it first, and `turn` gives
 * equal digests at a microsecond an event.
 */
export function drainTicks(): void {
  tick?.();
}

/**
 * Runs `work` up to `count` times, each time as a macrotask of its own, and once more `last`. The runtime drains ticks and microtasks
 * between neighbours; timers, messages and sockets of the process get no turn before the last has run.
 *
 * @param work Returns false when it need not run again.
 */
export function inTurns(count: number, work: () => boolean, last: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let goesOn = true;
    const guarded = (run: () => void) => () => {
      try {
        run();
      } catch (error) {
        goesOn = false;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const one = guarded(() => {
      if (goesOn) goesOn = work();
    });
    for (let i = 0; i < count; i++) realImmediate(one);
    realImmediate(
      guarded(() => {
        last();
        resolve();
      }),
    );
  });
}

/** Runs `work` as a macrotask of its own: in a microtask, as after an `await`, nothing below it would drain. */
export function inTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    realImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

let chosen: DrainMode | undefined;

/** Picks the drain that works on this runtime, once a process. Call it from a macrotask. */
export function chooseDrain(): DrainMode {
  chosen ??= selfTest() ? "tick" : "turn";
  return chosen;
}

function selfTest(): boolean {
  if (typeof tick !== "function") return false;
  let reached = 0;
  void (async () => {
    await null;
    reached++;
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    await null;
    reached++;
  })();
  drainTicks();
  return reached === 2;
}
