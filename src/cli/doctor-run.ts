import { writeFileSync } from "node:fs";
import type { ElsewhereAnswer, ElsewhereRequest } from "../lab/explore/doctor-process.ts";
import { runScenario } from "../lab/explore/drawn.ts";
import { WriterOf } from "../lab/run/checkup.ts";
import { encodeTrace } from "../trace/codec.ts";
import { actAsAnotherMachine } from "./other-machine.ts";
import { loadFile } from "./scenario-files.ts";

/** The process in which `doctor` runs a scenario once more: takes an {@link ElsewhereRequest}, answers on its fourth pipe. */
const request = JSON.parse(process.argv[2] ?? "{}") as ElsewhereRequest;
const { path, scenarioName, seed, inside, file } = request;
// What the scenario will import is loaded by then: its own reads are to be held up, not those of modules.
await import("../index.ts");
actAsAnotherMachine(inside);
const loaded = (await loadFile(path)).find(({ scenario }) => scenario.name === scenarioName);
if (loaded === undefined) throw new Error(`${path} holds no scenario called "${scenarioName}".`);
const writer = new WriterOf(request.writerOf ?? -1);
const { result, trace } = await runScenario(loaded, {
  seed,
  keepTrace: true,
  ...(request.writerOf === undefined ? {} : { listeners: [writer] }),
  ...(inside.drain === undefined ? {} : { drain: inside.drain }),
});
if (trace !== undefined) writeFileSync(file, encodeTrace(trace));
const answer: ElsewhereAnswer = { digest: result.digest, frames: writer.frames };
writeFileSync(3, JSON.stringify(answer));
// Whatever the program left behind (a server, an interval) is not waited for.
process.exit(0);
