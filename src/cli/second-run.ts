import { writeFile } from "node:fs/promises";
import { encodeTrace } from "../trace/codec.ts";
import { runScenario } from "../lab/explore/drawn.ts";
import type { SecondRun } from "../lab/run/verify.ts";
import { loadFile } from "./scenario-files.ts";

/** The process in which `--verify` runs a scenario again: takes a {@link SecondRun} and a file for the trace, prints the digest. */
const request = JSON.parse(process.argv[2] ?? "{}") as SecondRun & { readonly file: string };
const loaded = (await loadFile(request.path, request.checks)).find(
  ({ scenario }) => scenario.name === request.scenarioName,
);
if (loaded === undefined) throw new Error(`${request.path} holds no scenario called "${request.scenarioName}".`);
const { result, trace } = await runScenario(loaded, { seed: request.seed, keepTrace: true });
if (trace !== undefined) await writeFile(request.file, encodeTrace(trace));
process.stdout.write(JSON.stringify({ digest: result.digest }));
