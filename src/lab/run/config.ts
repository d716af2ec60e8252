import { parseDuration } from "../../trace/units.ts";
import type { PlainConfig } from "../scenario/model.ts";

type PlainObject = Readonly<Record<string, PlainConfig>>;

/**
 * Settings as a program gets them: text that is a duration under key `x`, or a list of such texts, becomes `xMs`, integer ms rounded
 * down; everything else stays. So scenarios carry units and components whole milliseconds.
 */
export function programConfig(config: PlainObject): PlainObject {
  const converted: Record<string, PlainConfig> = {};
  for (const [key, value] of Object.entries(config)) {
    const ms = Array.isArray(value) && value.length > 0 ? allMilliseconds(value) : milliseconds(value);
    if (ms === undefined) converted[key] = isObject(value) ? programConfig(value) : value;
    else converted[`${key}Ms`] = ms;
  }
  return converted;
}

function milliseconds(value: PlainConfig): number | undefined {
  const micros = typeof value === "string" ? parseDuration(value) : undefined;
  return micros === undefined ? undefined : Math.floor(micros / 1_000);
}

function allMilliseconds(values: readonly PlainConfig[]): number[] | undefined {
  const all = values.map(milliseconds).filter((ms) => ms !== undefined);
  return all.length === values.length ? all : undefined;
}

function isObject(value: PlainConfig): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
