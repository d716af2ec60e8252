import { FaultlineError } from "../ports/errors.ts";
import type { Plain } from "../ports/transport.ts";

/** How deep a message may be, counted in lists and objects. The simulator's limit too. */
const LEVELS_MAX = 64;

/**
 * JSON of plain data, exactly: what is read back is equal to what was given.
 *
 * @throws {FaultlineError} `MESSAGE_NOT_PLAIN`, naming the place, for what JSON would drop or change without a word (`undefined`,
 *   `NaN`, a date, a class instance), and for what is more than 64 levels deep or holds itself.
 */
export function encodePlain(value: Plain): string {
  checkPlain(value, "", 0);
  return JSON.stringify(value);
}

function checkPlain(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (Number.isFinite(value)) return;
      break;
    case "object":
      if (value === null) return;
      if (depth >= LEVELS_MAX) throw notPlain(path, `more than ${String(LEVELS_MAX)} levels deep`);
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) checkPlain(value[i], `${path}[${String(i)}]`, depth + 1);
        return;
      }
      if (isRecord(value)) {
        for (const key of Object.keys(value)) checkPlain(value[key], `${path}.${key}`, depth + 1);
        return;
      }
      break;
    default:
      break;
  }
  throw notPlain(path, describe(value));
}

function notPlain(path: string, what: string): FaultlineError {
  const expected = "expected text, a finite number, a boolean, null, a list or an object of these";
  return new FaultlineError("MESSAGE_NOT_PLAIN", `message${path} is ${what}; ${expected}.`, { path });
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `an instance of ${value.constructor.name}`;
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}
