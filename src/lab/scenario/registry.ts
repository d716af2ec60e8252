import { ScenarioError } from "./problems.ts";

/** Code that a scenario may name: what it is, structurally, is known to those who run it. */
export interface NamedCode {
  readonly name: string;
}

export type CodeKind = "program" | "workload" | "checker" | "probe";

const registered: Readonly<Record<CodeKind, Map<string, NamedCode>>> = {
  program: new Map(),
  workload: new Map(),
  checker: new Map(),
  probe: new Map(),
};

/**
 * Makes code known under its name, for scenarios of this process.
 *
 * @throws {ScenarioError} `SCENARIO_DUPLICATE_NAME` when another object already has the name.
 */
export function registerCode(kind: CodeKind, code: NamedCode): void {
  const known = registered[kind].get(code.name);
  if (known !== undefined && known !== code) {
    throw new ScenarioError([
      {
        code: "SCENARIO_DUPLICATE_NAME",
        path: [],
        message: `Two different ${kind}s are called "${code.name}".`,
        expected: "one name each",
      },
    ]);
  }
  registered[kind].set(code.name, code);
}

/** What was registered so far, by name. */
export function registeredCode(kind: CodeKind): ReadonlyMap<string, NamedCode> {
  return registered[kind];
}
