import { FaultlineError } from "../../ports/errors.ts";

/**
 * How a mock OFD behaves. `failing`: every registration fails, nothing is accepted. `timeout-after-accept`: what is accepted is not
 * answered. `slow`: it begins with a registration only `byMs` after that arrived. `duplicate-delivery`: every registration is handled
 * twice at once, as behind a proxy that repeats requests; the first one's answer is given.
 */
export type OfdMode =
  | { readonly mode: "success" | "failing" | "timeout-after-accept" | "duplicate-delivery" }
  | { readonly mode: "slow"; readonly byMs: number };

export const OFD_SUCCESS: OfdMode = { mode: "success" };

const BY_MS_MAX = 86_400_000;

/**
 * Reads a mode as it comes from outside (`{"mode": "slow", "byMs": 500}`).
 *
 * @throws {FaultlineError} `OFD_MODE` for anything else.
 */
export function parseOfdMode(given: unknown): OfdMode {
  const { mode, byMs } = (given ?? {}) as { readonly mode?: unknown; readonly byMs?: unknown };
  switch (mode) {
    case "success":
    case "failing":
    case "timeout-after-accept":
    case "duplicate-delivery":
      return { mode };
    case "slow":
      if (typeof byMs === "number" && Number.isSafeInteger(byMs) && byMs >= 1 && byMs <= BY_MS_MAX)
        return { mode, byMs };
      throw wrongMode(`byMs of mode "slow" is ${String(byMs)}; expected an integer, 1…${String(BY_MS_MAX)}`);
    default:
      throw wrongMode(
        `"${String(mode)}" is no mode of an OFD; expected success, failing, timeout-after-accept, slow or duplicate-delivery`,
      );
  }
}

function wrongMode(text: string): FaultlineError {
  return new FaultlineError("OFD_MODE", `${text}.`, {});
}
