import type { Argv } from "yargs";
import { settingsFor } from "../config/from-argv.ts";
import * as options from "../options.ts";
import { UsageError } from "../usage-error.ts";

/** Verbs of a fleet of machines: `worker`. */
export function addFleetVerbs(parser: Argv, end: (code: number) => void): Argv {
  return parser.command(
    "worker",
    "run units of the sweeps that others put on a queue",
    (command) =>
      command.options({
        config: options.CONFIG,
        queue: options.QUEUE,
        workers: { type: "number", requiresArg: true, describe: "processes; default one a processor" },
        idle: { type: "string", requiresArg: true, describe: "end when nothing came for so long, as 60s" },
        lock: {
          type: "string",
          default: "15s",
          requiresArg: true,
          describe: "how long others wait for a unit when this worker vanishes",
        },
      }),
    async (argv) => {
      const { queue, workers } = await settingsFor(argv);
      if (queue === undefined) throw new UsageError("Name the queue: faultline worker --queue redis://host:6379");
      const { workerCommand } = await import("../worker.ts");
      end(await workerCommand({ queue, workers, idle: argv.idle, lock: argv.lock }));
    },
  );
}
