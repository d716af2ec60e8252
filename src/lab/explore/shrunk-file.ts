import { relative } from "node:path";
import { byCodeUnit } from "../../trace/plain.ts";
import type { ScenarioInput } from "../scenario/model.ts";

/** Where a shrunk scenario was found, and how it fails: kept with it, so that it needs nothing else. */
export interface Found {
  readonly seed: string;
  readonly fingerprint: string;
  /** Version of this package that last reproduced it. */
  readonly version: string;
  /** What made it pass; absent as long as it fails. */
  readonly fixedBy?: string | undefined;
}

/** `split-2-3-seed-17-election-safety`, in at most 64 of `[a-z0-9-]`. */
export function shrunkName(scenario: string, seed: string, what: string): string {
  const name = `${scenario}-seed-${seed}-${what}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return name.slice(0, 64).replace(/-+$/, "");
}

/** A shrunk scenario under its own name, with where it comes from. */
export function asFound(input: ScenarioInput, name: string, found: Found): ScenarioInput {
  const { $schema: _, name: original, about, expect = [], workload = [], ...rest } = input;
  const ids = (input.faults ?? []).map(({ id }) => id ?? "").toSorted(byCodeUnit);
  const story = `Shrunk from ${original}, seed ${found.seed}: ${ids.length === 0 ? "no fault is needed" : `it needs ${ids.join(", ")}`}.`;
  return {
    name,
    about: about === undefined || about === "" ? story : `${story} ${about}`,
    ...rest,
    ...(workload.length === 0 ? {} : { workload }),
    ...(expect.length === 0 ? {} : { expect }),
    found,
  };
}

/** The text of the file: YAML for scenarios of data, a module that runs the scenario's own code first for others. */
export async function shrunkText(
  input: ScenarioInput,
  options: { readonly codeFile?: string | undefined; readonly folder: string },
): Promise<string> {
  if (options.codeFile !== undefined) {
    const path = relative(options.folder, options.codeFile).replaceAll("\\", "/");
    const from = path.startsWith(".") ? path : `./${path}`;
    return `// What it names is registered by the file it comes from.\nimport ${JSON.stringify(from)};\n\nexport default ${JSON.stringify(input, undefined, 2)};\n`;
  }
  const { stringify } = await import("yaml");
  return stringify(input, { lineWidth: 0, collectionStyle: "any" });
}
