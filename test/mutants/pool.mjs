// Work spread over processes: as many at a time as there are processors, told in the order of the tasks, whichever ends first.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** Whether this process does the work that another hands out. */
export const isWorker = process.send !== undefined;

/**
 * Gives each task to a process that runs `module`, which calls `serve`.
 *
 * @param {string} module  URL of the script.
 * @param {readonly object[]} tasks
 * @param {(result: any, task: any) => void} onResult  Called in the order of the tasks.
 */
export function spread(module, tasks, onResult) {
  return new Promise((resolve, reject) => {
    const done = new Map();
    let begun = 0;
    let told = 0;
    let open = Math.min(availableParallelism(), tasks.length);
    if (open === 0) resolve();
    for (let i = open; i > 0; i--) {
      const worker = fork(fileURLToPath(module), { serialization: "advanced" });
      let place;
      const next = () => {
        place = begun++;
        if (place < tasks.length) worker.send(tasks[place]);
        else worker.disconnect();
      };
      worker.on("message", ({ error, result }) => {
        if (error !== undefined) return reject(new Error(`${JSON.stringify(tasks[place])}: ${error}`));
        done.set(place, result);
        for (; done.has(told); told++) {
          onResult(done.get(told), tasks[told]);
          done.delete(told);
        }
        next();
      });
      worker.on("exit", (code, signal) => {
        if (code !== 0) reject(new Error(`A worker ended with ${code ?? signal} in ${JSON.stringify(tasks[place])}.`));
        else if (--open === 0) resolve();
      });
      next();
    }
  });
}

/**
 * Does what is handed out, one task at a time.
 *
 * @param {(task: any) => Promise<unknown>} work
 */
export function serve(work) {
  // Nobody listens any more where another worker's task has failed.
  const tell = (message) => process.connected && process.send(message);
  process.on("message", (task) => {
    work(task).then(
      (result) => tell({ result }),
      (error) => tell({ error: String(error.stack ?? error) }),
    );
  });
}
