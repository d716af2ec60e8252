import type { FromWorker, ToWorker } from "./worker-protocol.ts";
import { runUnit, type RunSource } from "./run-unit.ts";
import type { SweepPlan } from "./plan.ts";

/**
 * The life of a worker process: takes a plan, then units, one at a time, until its parent lets go of it.
 *
 * @param open  Loads what the plan names.
 */
export function serveUnits(open: (plan: SweepPlan) => Promise<RunSource>): void {
  const controller = new AbortController();
  let source: Promise<RunSource> | undefined;
  // A signal from the terminal reaches the whole group; the parent decides what ends.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message: ToWorker) => {
    void answer(message).catch((error: unknown) => {
      const name = error instanceof Error ? error.name : "";
      say({ type: "broken", name, message: error instanceof Error ? error.message : String(error) });
      process.disconnect();
    });
  });

  async function answer(message: ToWorker): Promise<void> {
    if (message.type === "plan") {
      source = open(message.plan);
      await source;
      say({ type: "ready" });
    } else if (message.type === "stop") {
      controller.abort(130);
    } else {
      if (source === undefined) throw new Error("A unit came before the plan.");
      const part = await runUnit(await source, message.unit, {
        signal: controller.signal,
        onStart: (place) => {
          say({ type: "start", place });
        },
        onRun: (run) => {
          say({ type: "run", run });
        },
      });
      say({ type: "done", part });
    }
  }
}

function say(message: FromWorker): void {
  process.send?.(message);
}
