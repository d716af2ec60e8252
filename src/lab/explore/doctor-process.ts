import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTrace } from "../../trace/codec.ts";
import type { Trace } from "../../trace/trace.ts";
import { environmentIn, insideOf, type Inside, type Surroundings } from "./doctor-surroundings.ts";

/** A Node to run in. */
export interface Runtime {
  /** `v22.1.0`. */
  readonly version: string;
  readonly path: string;
}

/** How to run a scenario once more, somewhere else. */
export interface Elsewhere {
  readonly path: string;
  /** A file may hold several scenarios. */
  readonly scenarioName: string;
  readonly seed: string;
  readonly script: string;
  /** Without it, the Node that runs this. */
  readonly runtime?: Runtime | undefined;
  readonly surroundings?: readonly Surroundings[] | undefined;
  /** A record whose writer is wanted. */
  readonly writerOf?: number;
}

/** What the script is told, as JSON in its first argument. */
export interface ElsewhereRequest extends Pick<Elsewhere, "path" | "scenarioName" | "seed" | "writerOf"> {
  readonly inside: Inside;
  /** Where the records go. */
  readonly file: string;
}

/** What the script answers, as JSON. */
export interface ElsewhereAnswer {
  readonly digest: string;
  /** Frames of the writer that was asked for. */
  readonly frames: readonly string[];
}

/**
 * Runs a scenario in another process.
 *
 * @throws {Error} with what the process wrote to stderr when it fails.
 */
export async function runElsewhere(run: Elsewhere): Promise<ElsewhereAnswer & { readonly trace: Trace }> {
  const directory = await mkdtemp(join(tmpdir(), "faultline-doctor-"));
  try {
    const file = join(directory, "trace.bin");
    const { path, scenarioName, seed, script, runtime, surroundings = [], writerOf } = run;
    const inside = insideOf(surroundings);
    const request: ElsewhereRequest = {
      ...{ path, scenarioName, seed, inside, file },
      ...(writerOf === undefined ? {} : { writerOf }),
    };
    const args = [
      ...surroundings.flatMap(({ flags }) => flags ?? []),
      ...(script.endsWith(".ts") ? ["--import", "jiti/register"] : []),
      script,
      JSON.stringify(request),
    ];
    const environment = environmentIn(surroundings, process.env);
    const output = await outputOf(runtime?.path ?? process.execPath, args, environment);
    return { ...(JSON.parse(output) as ElsewhereAnswer), trace: decodeTrace(await readFile(file)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function outputOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "pipe"], env });
    let output = "";
    let errors = "";
    // Its own pipe: a program that writes to the console would spoil an answer there.
    child.stdio[3]?.on("data", (bytes: Buffer) => (output += bytes.toString("utf8")));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`The other process ended with ${String(code ?? signal)}: ${lastLines(errors)}`));
    });
  });
}

function lastLines(text: string): string {
  const lines = text.trim().split("\n");
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? "").slice(0, 400);
}
