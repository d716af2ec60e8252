import yargs from "yargs";
import { addFleetVerbs } from "../../src/cli/verbs/fleet-verbs.ts";
import { addProjectVerbs } from "../../src/cli/verbs/project-verbs.ts";
import { addResultVerbs } from "../../src/cli/verbs/result-verbs.ts";
import { addScenarioVerbs } from "../../src/cli/verbs/scenario-verbs.ts";

/** What the command line has no verb or no option for in a line that calls it; nothing for a good one. */
export async function strangersIn(args: readonly string[]): Promise<string[]> {
  const [verb = "", ...rest] = args;
  const known = await flagsOf(verb);
  if (known === undefined) return [verb];
  return rest
    .flatMap((arg) => /^--([a-z][\w-]*)/.exec(arg)?.[1] ?? [])
    .filter((flag) => !known.has(flag) && !known.has(flag.replace(/^no-/, "")));
}

/** Options of a verb; `undefined` when there is no such verb. */
export async function flagsOf(verb: string): Promise<ReadonlySet<string> | undefined> {
  const bare = yargs([]).scriptName("faultline").exitProcess(false).wrap(null);
  const parser = [addScenarioVerbs, addResultVerbs, addFleetVerbs, addProjectVerbs].reduce(
    (some, add) => add(some, () => undefined),
    bare,
  );
  const help = await new Promise<string>((resolve) => {
    void parser.parse([verb, "--help"], {}, (_error: unknown, _argv: unknown, output: string) => {
      resolve(output);
    });
  });
  if (!help.startsWith(`faultline ${verb}`)) return undefined;
  return new Set([...help.matchAll(/--([a-z][\w-]*)/g)].map(([, name = ""]) => name));
}
