import type { RunResult } from "./result.ts";

/** A word of a command line: where it holds more than a shell takes for one word, in quotes, of which most shells know the double ones. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+,=~-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}

/** The command that runs a scenario with a seed; `checks` as `--checks` writes them, for rules other than the scenario's own. */
export function runLine({ path, seed, checks }: { path: string; seed: string; checks?: string | undefined }): string {
  const rules = checks === undefined ? "" : ` --checks ${shellWord(checks)}`;
  return `faultline run ${shellWord(path)} --seed ${shellWord(seed)}${rules}`;
}

/** The command that makes a run again. */
export function replayLine({ source, scenarioName, seed }: RunResult): string {
  return runLine({ path: source?.path ?? scenarioName, seed, checks: source?.checks });
}
