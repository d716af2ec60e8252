import { pathToFileURL } from "node:url";
import { isAbsolute, resolve } from "node:path";
import { FailStopError, FaultlineError } from "../ports/errors.ts";
import type { Program } from "../ports/node.ts";
import { jsonLines, ObserverLog } from "./observer-log.ts";
import { EXIT_FAIL_STOP, runLive } from "./run-live.ts";

/** What one process is told, as JSON in its first argument or in `FAULTLINE_LIVE`. */
interface ProcessConfig {
  /** File or package that exports the program; a relative path starts at the working directory. */
  readonly module: string;
  readonly export: string;
  readonly config: unknown;
  readonly id: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly listen?: string;
  readonly dataDir: string;
  readonly watchdog?: boolean;
  /** Ends the process when its standard input ends: it then never outlives the one who started it. */
  readonly untilStdinEnds?: boolean;
}

const print = (line: string): void => void process.stdout.write(line);
const printObject = (value: unknown): void => print(`${JSON.stringify(value)}\n`);

function readConfig(): ProcessConfig {
  const text = process.argv[2] ?? process.env["FAULTLINE_LIVE"];
  if (text === undefined)
    throw new FaultlineError("LIVE_CONFIG", "Expected a JSON configuration as first argument or in FAULTLINE_LIVE.");
  const value = JSON.parse(text) as Partial<ProcessConfig>;
  for (const key of ["module", "export", "id", "dataDir"] as const) {
    if (typeof value[key] !== "string")
      throw new FaultlineError("LIVE_CONFIG", `"${key}" is missing; expected a text.`, { key });
  }
  if (typeof value.peers !== "object")
    throw new FaultlineError("LIVE_CONFIG", `"peers" is missing; expected { id: "host:port" }.`, { key: "peers" });
  return value as ProcessConfig;
}

async function loadProgram(config: ProcessConfig): Promise<Program> {
  const isFile = config.module.startsWith(".") || isAbsolute(config.module);
  const module = (await import(isFile ? pathToFileURL(resolve(config.module)).href : config.module)) as Record<
    string,
    unknown
  >;
  const program = module[config.export] as Partial<Program> | undefined;
  if (typeof program?.start !== "function") {
    throw new FaultlineError("LIVE_CONFIG", `"${config.module}" exports no program "${config.export}".`, {
      exports: Object.keys(module),
    });
  }
  return program as Program;
}

/** One node in one process: observations as JSON lines on standard output, an orderly end at SIGTERM and SIGINT. */
async function main(): Promise<void> {
  const config = readConfig();
  const program = await loadProgram(config);
  const node = await runLive({
    program,
    config: config.config,
    id: config.id,
    peers: config.peers,
    dataDir: config.dataDir,
    ...(config.watchdog === undefined ? {} : { watchdog: config.watchdog }),
    ...(config.listen === undefined ? {} : { listen: config.listen }),
    observer: ({ id, incarnation, clock }) => new ObserverLog({ node: id, incarnation, clock, sink: jsonLines(print) }),
    onExit: ({ code, error }) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      printObject({
        kind: "exit",
        node: config.id,
        code,
        error: error instanceof Error ? error.message : String(error),
      });
    },
  });
  const end = (): void => {
    void node.stop().then(() => {
      printObject({ kind: "stopped", node: config.id });
      process.exit(0);
    });
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  if (config.untilStdinEnds === true) process.stdin.once("end", end).resume();
  // Last of all: who reads it may send a signal at once.
  printObject({ kind: "started", node: node.env.id, incarnation: node.env.incarnation, address: node.address });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof FailStopError ? EXIT_FAIL_STOP : 2);
}
