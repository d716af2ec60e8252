import { parseSeeds, type SeedList } from "../../lab/explore/seeds.ts";
import { ScenarioError } from "../../lab/scenario/problems.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The seeds a test runs: `FAULTLINE_SEED` (one), else `FAULTLINE_SEEDS`, else those of the test, else `"1"`.
 *
 * @throws {ScenarioError} `SEEDS`, which names where the text stands that is no list of seeds.
 */
export function seedsOf(given: string | readonly string[] | undefined, env: Env): SeedList {
  const [place, text] =
    (["FAULTLINE_SEED", "FAULTLINE_SEEDS"] as const)
      .map((name) => [name, env[name] ?? ""] as const)
      .find(([, value]) => value !== "") ??
    (["seeds", typeof given === "string" ? given : (given ?? ["1"]).join(",")] as const);
  try {
    return parseSeeds(text);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(
      error.problems.map((problem) => ({ ...problem, file: place })),
      { cause: error },
    );
  }
}

/** Where reports go: `FAULTLINE_REPORTS`, else what the test says, else `reports`. `undefined` when nobody wants them. */
export function reportsOf(given: string | false | undefined, env: Env): string | undefined {
  if (given === false || ["false", "0"].includes(env["FAULTLINE_REPORT"] ?? "")) return undefined;
  const folder = env["FAULTLINE_REPORTS"] ?? "";
  return folder === "" ? (given ?? "reports") : folder;
}
