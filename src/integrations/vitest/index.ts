import { expect } from "vitest";
import { matchers } from "./matchers.ts";
import "./matcher-types.ts";

// Whoever imports the module has the matchers.
expect.extend(matchers);

export { matchers } from "./matchers.ts";
export { assertHolds } from "./assert-holds.ts";
export { explore } from "./explore.ts";
export type { Explore, ExploreOptions } from "./explore.ts";
export type { JudgedRun } from "./judged-run.ts";
export { ScenarioFailure } from "./scenario-failure.ts";
export type { ScenarioSource } from "./scenario-source.ts";
export { simTest } from "./sim-test.ts";
export type { SimRun, SimTest, SimTestBody, SimTestOptions } from "./sim-test.ts";
