import { nearest } from "./nearest.ts";
import type { Path, Problem } from "./problems.ts";

/** A name that nothing has: with the names that would do, and the nearest of them. */
export function unknownName(
  code: string,
  path: Path,
  message: string,
  got: string,
  names: readonly string[],
  others: readonly string[],
): Problem {
  const near = nearest(got, [...names, ...others]);
  const shown = names.length > 12 ? [...names.slice(0, 12), "…"] : names;
  const list = [...shown, ...others].join(", ");
  const expected = list === "" ? "none: nothing of the kind is in this scenario" : `one of ${list}`;
  return { code, path, message, expected, got: `"${got}"`, ...(near === undefined ? {} : { nearest: near }) };
}
