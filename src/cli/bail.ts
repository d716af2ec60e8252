import { ScenarioError } from "../lab/scenario/problems.ts";

/**
 * How many failing runs `--bail` allows: 1 when it stands alone, 0 for no limit when it is not there.
 *
 * @throws {ScenarioError} `BAIL` when it is no number.
 */
export function bailOf(given: string | undefined): number {
  if (given === undefined) return 0;
  if (given === "") return 1;
  const count = /^[0-9]+$/.test(given) ? Number(given) : 0;
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new ScenarioError([
    {
      code: "BAIL",
      path: [],
      file: "--bail",
      message: "This is no number of failures.",
      expected: "1 or more",
      got: JSON.stringify(given),
    },
  ]);
}
