import { spawn, type ChildProcess } from "node:child_process";
import { FaultlineError } from "../ports/errors.ts";
import type { WatchdogPort } from "../ports/watchdog.ts";

/**
 * What the other process runs: `N` begins the count of N ms anew, `0` ends it. When the time is over, or is found to be over, the
 * watched process is killed. It ends itself when the watched one is gone.
 */
const SCRIPT = `
const target = Number(process.argv[1]);
let timer;
let timeoutMs = 0;
const bite = () => {
  try {
    process.kill(target, "SIGKILL");
  } catch {}
  process.exit(0);
};
let rest = "";
process.stdin.setEncoding("utf8").on("data", (text) => {
  const words = (rest + text).split("\\n");
  rest = words.pop();
  for (const word of words) if (word !== "") timeoutMs = Number(word);
  clearTimeout(timer);
  if (timeoutMs > 0) timer = setTimeout(bite, timeoutMs);
}).on("end", () => process.exit(0));
process.on("SIGINT", () => {});
process.stdout.write("ready");
`;

/**
 * {@link WatchdogPort} on this machine: a process beside this one that kills it when it is not fed.
 *
 * Another process and no thread of this one: who is stopped (`SIGSTOP`, a frozen container) has no thread that runs. It does not
 * help against a machine that stands still as a whole; that takes hardware (`/dev/watchdog`), or the isolation of the host.
 */
export class ProcessWatchdog implements WatchdogPort {
  readonly #child: ChildProcess;
  #timeoutMs = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdin?.on("error", () => undefined);
  }

  /** Starts the other process; resolves when it watches. @param options.pid  Whom it watches; this process by default. */
  static async start(options: { readonly pid?: number } = {}): Promise<ProcessWatchdog> {
    const pid = options.pid ?? process.pid;
    const child = spawn(process.execPath, ["-e", SCRIPT, String(pid)], { stdio: ["pipe", "pipe", "ignore"] });
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new FaultlineError("LIVE_WATCHDOG", `The watchdog's process did not start: ${reason}.`, { pid }));
      };
      child.stdout.once("data", () => {
        resolve();
      });
      child.once("error", (error) => {
        fail(error.message);
      });
      child.once("exit", (code) => {
        fail(`it ended with ${String(code)}`);
      });
    });
    // It must not keep a process alive that has nothing left to do.
    child.unref();
    for (const stream of [child.stdin, child.stdout] as unknown as { unref?: () => void }[]) stream.unref?.();
    return new ProcessWatchdog(child);
  }

  arm(timeoutMs: number): void {
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1)
      throw new FaultlineError("LIVE_WATCHDOG", "A watchdog's timeout is integer ms, from 1.", { timeoutMs });
    this.#timeoutMs = timeoutMs;
    this.#say(timeoutMs);
  }

  feed(): void {
    if (this.#timeoutMs > 0) this.#say(this.#timeoutMs);
  }

  disarm(): void {
    this.#timeoutMs = 0;
    this.#say(0);
  }

  /** Ends the other process; nobody is watched any more. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null) {
        resolve();
        return;
      }
      this.#child.ref();
      this.#child.once("exit", () => {
        resolve();
      });
      this.#child.stdin?.end();
    });
  }

  #say(timeoutMs: number): void {
    this.#child.stdin?.write(`${String(timeoutMs)}\n`);
  }
}
