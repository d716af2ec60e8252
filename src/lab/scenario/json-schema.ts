import { z } from "zod";
import { scenarioSchema } from "./model.ts";

/** JSON Schema (draft 2020-12) of scenario files, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: "input" });
}
