import type { Plain } from "../../trace/plain.ts";
import type { Micros } from "../../trace/record.ts";
import type { RunResult } from "../../trace/result.ts";
import { CATALOGUE } from "../checkers/catalogue.ts";
import type { Checker } from "../checkers/checker.ts";
import type { CheckerSet } from "../checkers/checker-set.ts";
import type { Scenario } from "../scenario/model.ts";
import { registerCode, registeredCode } from "../scenario/registry.ts";

type Request = ConstructorParameters<typeof CheckerSet>[0];

/** Makes a checker known to scenarios of this process under its name, and returns it. */
export function registerChecker(checker: Checker): Checker {
  registerCode("checker", checker);
  return checker;
}

/** Names that `checks` may hold. */
export function checkerNames(): string[] {
  return [...CATALOGUE.map((checker) => checker.name), ...registeredCode("checker").keys()];
}

/**
 * What a scenario asks of the checkers. A list that holds `all` asks for every checker of the package, and those it names beside.
 */
export function checkerRequest(scenario: Scenario, nodes: RunResult["nodes"]): Request {
  const entries = scenario.checks === "all" ? ["all"] : scenario.checks;
  const bounds: Record<string, { bound: Micros }> = {};
  const names: string[] = [];
  for (const entry of entries) {
    if (typeof entry === "string") {
      names.push(entry);
      continue;
    }
    for (const [name, given] of Object.entries(entry)) {
      names.push(name);
      if (typeof given["bound"] === "number") bounds[name] = { bound: given["bound"] };
    }
  }
  const own = [...registeredCode("checker").values()] as unknown as Checker[];
  const named = own.filter((checker) => names.includes(checker.name));
  return {
    checks: names.includes("all") ? "all" : names,
    catalogue: [...CATALOGUE, ...named],
    run: {
      nodes,
      faults: scenario.faults.map((fault) => ({
        id: fault.id ?? fault.kind,
        kind: fault.kind,
        spec: fault as unknown as Plain,
      })),
      endTime: scenario.duration,
      bounds,
      network: { latencyUsHigh: highLatency(scenario.network.latency), lossPpm: scenario.network.loss },
    },
  };
}

/** What all but one in a hundred messages stay below. */
function highLatency(latency: Scenario["network"]["latency"]): Micros {
  if ("constant" in latency) return latency.constant;
  if ("uniform" in latency) return latency.uniform.max;
  if ("logNormal" in latency) return latency.logNormal.p99;
  return latency.heavyTail.max;
}
