import { parseSeeds, type SeedList } from "../../lab/explore/seeds.ts";
import { ScenarioError } from "../../lab/scenario/problems.ts";
import { hashText } from "../../trace/hash.ts";

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

/** Where fast-check begins. */
export interface Beginning {
  readonly seed: number;
  readonly path?: string;
}

const BEGINNING = /^(-?\d{1,10})(?::(\d+(?::\d+)*))?$/;

/**
 * Where a search of plans begins: `FAULTLINE_EXPLORE` (`1234`, `1234:5:0:1` or `random`), else what the test says, else what its name
 * gives, so that a test that passes today passes tomorrow.
 *
 * @throws {ScenarioError} `EXPLORE` for a variable that is neither.
 */
export function beginningOf(given: Partial<Beginning>, name: string, env: Env): Beginning {
  const text = env["FAULTLINE_EXPLORE"] ?? "";
  if (text === "random") return { seed: Math.floor(Math.random() * 2 ** 32) | 0 };
  if (text !== "") {
    const [, seed, path] = BEGINNING.exec(text) ?? [];
    if (seed !== undefined) return { seed: Number(seed), ...(path === undefined ? {} : { path }) };
    throw new ScenarioError([
      {
        code: "EXPLORE",
        path: [],
        file: "FAULTLINE_EXPLORE",
        message: "This is no place to begin at.",
        expected: "random, a seed of fast-check, or its seed and path as a failure prints them: 1234:5:0:1",
        got: JSON.stringify(text),
      },
    ]);
  }
  const { path } = given;
  return { seed: given.seed ?? hashText(`explore/${name}`)[0] | 0, ...(path === undefined ? {} : { path }) };
}
