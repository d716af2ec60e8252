import { assert, FaultlineError } from "../../system/ports/errors.ts";
import type { Message } from "../../system/ports/transport.ts";

const DEPTH_MAX = 64;
const RECENT = 8;

/**
 * Freezes messages in depth and refuses what a wire could not carry. Parts checked lately are not walked again: a log entry is
 * sent to one follower after the other.
 */
export class PlainCheck {
  #last: Message | undefined;
  readonly #recent = new Array<object | undefined>(RECENT).fill(undefined);
  #oldest = 0;

  /**
   * @throws {FaultlineError} `MESSAGE_NOT_PLAIN` for `undefined`, a function, symbol or bigint, NaN or an infinity, an instance of
   * a class, or what holds itself; names the path.
   */
  freeze(message: Message): void {
    if (message === this.#last) return;
    if (!this.#isObjectPlain(message, 0)) throw explain(message, message.type, 0);
    this.#last = message;
  }

  #isPlain(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case "string":
      case "boolean":
        return true;
      case "number":
        return Number.isFinite(value);
      case "object":
        if (value === null || this.#recent.includes(value)) return true;
        if (!this.#isObjectPlain(value, depth)) return false;
        this.#recent[this.#oldest] = value;
        this.#oldest = (this.#oldest + 1) % RECENT;
        return true;
      default:
        return false;
    }
  }

  #isObjectPlain(object: object, depth: number): boolean {
    if (depth > DEPTH_MAX) return false;
    const values = Array.isArray(object) ? (object as readonly unknown[]) : Object.values(object);
    if (values !== object && !hasPlainPrototype(object)) return false;
    for (let i = 0; i < values.length; i++) if (!this.#isPlain(values[i], depth + 1)) return false;
    Object.freeze(object);
    return true;
  }
}

function hasPlainPrototype(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

/** Finds the first thing that is not plain in a value that holds one, and says where. */
function explain(value: unknown, path: string, depth: number): FaultlineError {
  const found = firstFlaw(value, path, depth);
  assert(found !== undefined, "what was refused has a flaw", { path });
  return found;
}

function firstFlaw(value: unknown, path: string, depth: number): FaultlineError | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : notPlain(path, String(value));
  if (typeof value !== "object") return notPlain(path, typeof value);
  if (depth > DEPTH_MAX) return notPlain(path, `more than ${String(DEPTH_MAX)} levels, or an object that holds itself`);
  if (!Array.isArray(value) && !hasPlainPrototype(value)) return notPlain(path, `an instance of ${nameOf(value)}`);
  // The entries of a list tell of its holes too.
  const parts: Iterable<[string | number, unknown]> = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, inner] of parts) {
    const flaw = firstFlaw(inner, typeof key === "number" ? `${path}[${String(key)}]` : `${path}.${key}`, depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function nameOf(object: object): string {
  const constructor: unknown = (object as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function notPlain(path: string, got: string): FaultlineError {
  const message = `A message holds ${got} at ${path}. Only strings, finite numbers, booleans, null, arrays and plain objects can be sent.`;
  return new FaultlineError("MESSAGE_NOT_PLAIN", message, { path, got });
}
