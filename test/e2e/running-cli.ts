import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A command under way. */
export class RunningCli {
  static readonly #all = new Set<RunningCli>();
  /** Its exit code, when it has ended; `null` after a signal. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #stderr = "";
  #onText: () => void = () => undefined;

  private constructor(folder: string, args: readonly string[]) {
    const env = { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" };
    this.#child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#onText();
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => {
        resolve(code);
        this.#onText();
      });
    });
  }

  static start(folder: string, args: readonly string[]): RunningCli {
    const running = new RunningCli(folder, args);
    RunningCli.#all.add(running);
    return running;
  }

  /** After each test: whatever it left. */
  static async endAll(): Promise<void> {
    for (const running of RunningCli.#all) running.signal("SIGKILL");
    await Promise.all([...RunningCli.#all].map(({ ended }) => ended));
    RunningCli.#all.clear();
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when what it wrote to stderr is as it should be; rejects when it ended before. */
  says(wanted: RegExp | ((stderr: string) => boolean)): Promise<void> {
    const isSaid = typeof wanted === "function" ? wanted : (text: string): boolean => wanted.test(text);
    return new Promise((resolve, reject) => {
      this.#onText = () => {
        if (isSaid(this.#stderr)) resolve();
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null)
          reject(new Error(`It ended without ${String(wanted)}:\n${this.#stderr}`));
      };
      this.#onText();
    });
  }
}

afterEach(() => RunningCli.endAll());
