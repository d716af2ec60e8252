import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import pc from "picocolors";
import { ScenarioError } from "../../lab/scenario/problems.ts";
import { ownScript } from "../own-script.ts";
import { scenarioFiles } from "../scenario-files.ts";
import { FileWatch } from "./file-watch.ts";
import { filesBehind } from "./files-behind.ts";
import { onKeys } from "./keys.ts";

export interface WatchArguments {
  /** The command line that is run again and again, without `--watch`. */
  readonly args: readonly string[];
  /** Scenario files and folders. */
  readonly paths: readonly string[];
  /** The config file. */
  readonly config?: string | undefined;
}

/**
 * Runs scenarios now, and again whenever they or what they import has changed, each time in a process of its own: nothing of the
 * old code is left. A change during a run ends it.
 *
 * @returns 0 after `q`, 130 or 143 after a signal, once what ran has ended.
 */
export async function watchCommand({ args, paths, config }: WatchArguments): Promise<number> {
  let files: readonly string[] = filesBehind([...scenarioFiles(paths), ...(config === undefined ? [] : [config])]);
  const list = (): readonly string[] => {
    try {
      files = filesBehind([...scenarioFiles(paths), ...(config === undefined ? [] : [config])]);
    } catch (error) {
      // A file that is gone for a moment, as between two branches: the run says so.
      if (!(error instanceof ScenarioError)) throw error;
    }
    return files;
  };
  const session = new Session(args, list);
  const onSignal = { SIGINT: () => session.end(130), SIGTERM: () => session.end(143) } as const;
  process.on("SIGINT", onSignal.SIGINT).on("SIGTERM", onSignal.SIGTERM);
  const releaseKeys = onKeys(process.stdin, {
    quit: () => session.end(0),
    again: () => session.again(),
    interrupt: () => session.end(130),
  });
  try {
    return await session.run();
  } finally {
    releaseKeys();
    process.removeListener("SIGINT", onSignal.SIGINT).removeListener("SIGTERM", onSignal.SIGTERM);
  }
}

/** What runs now, and what comes after it. */
class Session {
  readonly #args: readonly string[];
  readonly #watch: FileWatch;
  #child: ChildProcess | undefined;
  #isWanted = false;
  #endsWith: number | undefined;
  #onEnd: (code: number) => void = () => undefined;

  constructor(args: readonly string[], list: () => readonly string[]) {
    this.#args = args;
    this.#watch = new FileWatch(list, () => {
      process.stderr.write(pc.dim("Something has changed.\n"));
      this.again();
    });
  }

  /** @returns the code it ends with. */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.again();
    });
  }

  /** Runs once more, after what runs now has been ended. */
  again(): void {
    if (this.#endsWith !== undefined) return;
    if (this.#child !== undefined) {
      this.#isWanted = true;
      this.#child.kill("SIGTERM");
      return;
    }
    this.#isWanted = false;
    const count = this.#watch.begin();
    const script = ownScript("main");
    const execArgv = script.endsWith(".ts") ? ["--import", "jiti/register"] : [];
    // A group of its own: a terminal's Ctrl-C comes to the session, which ends the run once.
    const options: SpawnOptions = { stdio: ["ignore", "inherit", "inherit"], detached: true };
    const child = spawn(process.execPath, [...execArgv, script, ...this.#args], options);
    this.#child = child;
    child.on("close", () => {
      this.#child = undefined;
      if (this.#endsWith !== undefined) this.#finish(this.#endsWith);
      else if (this.#isWanted) this.again();
      else process.stderr.write(pc.dim(`Waiting for changes in ${files(count)}.${hint()}\n`));
    });
  }

  /** Ends what runs, then the session; at once when asked twice. */
  end(code: number): void {
    const isSecond = this.#endsWith !== undefined;
    this.#endsWith = code;
    this.#watch.close();
    if (this.#child === undefined) this.#finish(code);
    else this.#child.kill(isSecond ? "SIGKILL" : "SIGTERM");
  }

  #finish(code: number): void {
    this.#watch.close();
    this.#onEnd(code);
  }
}

function files(count: number): string {
  return `${String(count)} ${count === 1 ? "file" : "files"}`;
}

function hint(): string {
  return process.stdin.isTTY ? " Enter runs again, q ends." : "";
}
