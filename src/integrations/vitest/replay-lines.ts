import type { LoadedScenario } from "../../lab/scenario/model.ts";
import { shellWord } from "../../trace/replay-line.ts";
import type { RunningTest } from "./declare-test.ts";

export interface Replayed {
  readonly test: Pick<RunningTest, "file" | "name">;
  /** What makes the test run this alone: `FAULTLINE_SEED=7`. */
  readonly variable: string;
  /** Where it is a file, the command line can run it too. */
  readonly loaded?: LoadedScenario;
  readonly seed?: string;
}

/** The lines that run a failure again. */
export function replayLines({ test: { file, name }, variable, loaded, seed }: Replayed): string[] {
  const own = `${variable} npx vitest run ${shellWord(file)} -t ${shellWord(patternOf(name))}`;
  if (loaded?.source === undefined || seed === undefined) return [`replay  ${own}`];
  return [`replay  ${own}`, `        npx faultline run ${shellWord(loaded.source.path)} --seed ${seed}`];
}

/** Vitest takes a name as a regular expression; a full stop means itself too. */
function patternOf(name: string): string {
  return name.replace(/[\\^$*+?()[\]{}|]/g, "\\$&");
}
