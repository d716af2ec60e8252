import { FaultlineError } from "../../system/ports/errors.ts";
import type { Message } from "../../system/ports/transport.ts";

const DEPTH_MAX = 64;

/**
 * Freezes messages in depth and refuses what a wire could not carry. Parts it has seen are not walked again: a log entry is
 * sent many times.
 */
export class PlainCheck {
  readonly #seen = new WeakSet();

  /**
   * @throws {FaultlineError} `MESSAGE_NOT_PLAIN` for `undefined`, a function, symbol or bigint, NaN or an infinity, an instance of
   * a class, or what holds itself; names the path.
   */
  freeze(message: Message): void {
    this.#freeze(message, message.type, 0);
  }

  #freeze(value: unknown, path: string, depth: number): void {
    if (typeof value === "string" || typeof value === "boolean" || value === null) return;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) throw notPlain(path, String(value));
      return;
    }
    if (typeof value !== "object") throw notPlain(path, typeof value);
    const object = value;
    if (this.#seen.has(object)) return;
    if (depth > DEPTH_MAX)
      throw notPlain(path, `more than ${String(DEPTH_MAX)} levels, or an object that holds itself`);
    if (Array.isArray(object)) {
      for (let i = 0; i < object.length; i++) this.#freeze(object[i], `${path}[${String(i)}]`, depth + 1);
    } else {
      const prototype: unknown = Object.getPrototypeOf(object);
      if (prototype !== Object.prototype && prototype !== null)
        throw notPlain(path, `an instance of ${nameOf(object)}`);
      for (const key of Object.keys(object))
        this.#freeze((object as Record<string, unknown>)[key], `${path}.${key}`, depth + 1);
    }
    Object.freeze(object);
    this.#seen.add(object);
  }
}

function nameOf(object: object): string {
  const constructor: unknown = (object as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function notPlain(path: string, got: string): FaultlineError {
  const message = `A message holds ${got} at ${path}. Only strings, finite numbers, booleans, null, arrays and plain objects can be sent.`;
  return new FaultlineError("MESSAGE_NOT_PLAIN", message, { path, got });
}
