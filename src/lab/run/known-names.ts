import type { KnownNames } from "../scenario/validate.ts";
import { checkerNames } from "./checks.ts";
import { knownPrograms } from "./programs.ts";
import { knownWorkloads } from "./workloads.ts";

/** Every name a scenario of this process may use now. */
export function knownNames(): KnownNames {
  return { programs: knownPrograms(), workloads: knownWorkloads(), checks: checkerNames() };
}
