import { parseDuration } from "../../trace/units.ts";
import type { PlainConfig } from "../scenario/model.ts";

type PlainObject = Readonly<Record<string, PlainConfig>>;

/**
 * Settings as a program gets them: text that is a duration under key `x` becomes `xMs`, integer ms rounded down; everything else
 * stays. So scenarios carry units and components whole milliseconds.
 */
export function programConfig(config: PlainObject): PlainObject {
  const converted: Record<string, PlainConfig> = {};
  for (const [key, value] of Object.entries(config)) {
    const micros = typeof value === "string" ? parseDuration(value) : undefined;
    if (micros === undefined) converted[key] = isObject(value) ? programConfig(value) : value;
    else converted[`${key}Ms`] = Math.floor(micros / 1_000);
  }
  return converted;
}

function isObject(value: PlainConfig): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
