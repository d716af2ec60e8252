import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { javascriptOf } from "./javascript.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/**
 * Compiles the production wing, and these test files, into a directory: real processes run on Node 20, which reads no
 * TypeScript, and must run the sources of now, not the build of yesterday.
 *
 * @returns The path of the compiled file of a source.
 */
export function compileSystem(out: string, extra: readonly string[] = []): (source: string) => string {
  const system = join(ROOT, "src", "system");
  const entries = readdirSync(system, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts"),
  );
  const files = [
    ...entries.map((entry) => join(entry.parentPath, entry.name)),
    ...extra.map((file) => join(ROOT, file)),
  ];
  const outOf = (source: string): string => join(out, relative(ROOT, join(ROOT, source)).replace(/\.ts$/, ".js"));
  for (const file of files) {
    const target = outOf(relative(ROOT, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, javascriptOf(file, readFileSync(file, "utf8")));
  }
  writeFileSync(join(out, "package.json"), `{ "type": "module" }\n`);
  return outOf;
}

/** One line of a process's standard output: an observation, or a word about the process itself. */
export interface Line {
  readonly kind: string;
  readonly name?: string;
  readonly key?: string;
  readonly value?: unknown;
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  readonly [more: string]: unknown;
}

/** A node in a process of its own, watched through its output. */
export class LiveProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: Line[] = [];
  readonly exited: Promise<number | null>;
  #errors = "";
  #onLine: () => void = () => undefined;

  constructor(script: string, config: unknown) {
    this.child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: "pipe" });
    this.exited = once(this.child, "close").then(([code]) => code as number | null);
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#onLine();
    });
    void this.exited.then(() => this.#onLine());
  }

  get errors(): string {
    return this.#errors;
  }

  /**
   * The first line from `start` on of which `test` is true, now or later.
   *
   * @throws {Error} with the last lines when it has not come within `limitMs`, or cannot come any more.
   */
  async line(
    what: string,
    test: (line: Line) => boolean,
    options: { start?: number; limitMs?: number } = {},
  ): Promise<Line> {
    const { start = 0, limitMs = 60_000 } = options;
    const fail = (why: string): Error =>
      new Error(
        `${why}: ${what}\n${this.lines
          .slice(-15)
          .map((line) => JSON.stringify(line))
          .join("\n")}\n${this.errors}`,
      );
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => settle(() => reject(fail(`Not seen within ${String(limitMs)} ms`))), limitMs);
      const before = this.#onLine;
      const settle = (end: () => void): void => {
        clearTimeout(deadline);
        this.#onLine = before;
        end();
      };
      const look = (): void => {
        before();
        const found = this.lines.slice(start).find(test);
        if (found !== undefined) settle(() => resolve(found));
        else if (this.child.exitCode !== null) settle(() => reject(fail("The process ended without")));
      };
      this.#onLine = look;
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async destroy(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      // A stopped process dies of this too.
      this.child.kill("SIGKILL");
      await this.exited;
    }
  }
}

/** Loopback addresses that were free a moment ago. */
export async function freeAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const addresses = servers.map((server) => `127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return addresses;
}
