import { hashText, stepA, stepB } from "./hash.ts";
import type { Plain } from "./plain.ts";

// Looked up once: texts have more kinds (whole, cut, joined, of one byte a unit or two) than the runtime tells apart at one place.
const codeAt = Reflect.get(String.prototype, "charCodeAt");
const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

// What a value is, three bits each, in the signature of what holds it.
const TEXT = 0;
const INTEGER = 1;
const DOUBLE = 2;
const TRUE = 3;
const FALSE = 4;
const NULL = 5;
const ABSENT = 6;
const NESTED = 7;
/** From here on a signature has no room for one more value beside its leading 1. */
const FULL = 1 << 27;

const SHAPES_MAX = 4_096;
/** Parts of messages remembered, and long lists, which nothing short drives out: who does not answer is sent the same again and again. */
const RECENT = 8;
const RECENT_LISTS = 4;
const LONG = 16;

/** The keys of an object so far, in their order: a node in the tree of all orders seen. Its lanes fold every unit of every key. */
class Shape {
  readonly key: string;
  readonly a: number;
  readonly b: number;
  readonly children = new Map<string, Shape>();
  /** The child asked for last. */
  last: Shape | undefined;
  /** Of a first key: the text it had last, and the lanes after it. Nothing comes before it, so they are that text's own. */
  text: string | undefined;
  textA = 0;
  textB = 0;

  constructor(key: string, a: number, b: number) {
    this.key = key;
    this.a = a;
    this.b = b;
  }
}

/** Parts of unchanging values hashed lately, with their lanes. */
class Recent {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly #parts: (object | undefined)[];
  #oldest = 0;

  constructor(size: number) {
    this.a = new Int32Array(size);
    this.b = new Int32Array(size);
    this.#parts = new Array<object | undefined>(size).fill(undefined);
  }

  /** Place of this very object; −1 for none. */
  find(part: object): number {
    return this.#parts.indexOf(part);
  }
  keep(part: object, a: number, b: number): void {
    const place = this.#oldest;
    this.#oldest = (place + 1) % this.#parts.length;
    this.#parts[place] = part;
    this.a[place] = a;
    this.b[place] = b;
  }
}

/**
 * Hashes plain data into two lanes of 32 bits: every value with its type, every key, in the object's own order, which deterministic
 * code reproduces. Two values that differ in a single number or unit of a text always differ in their hash.
 *
 * The keys of messages of one type are recognised instead of hashed again, and so are values that may not change: an entry on its
 * way to one follower after the other.
 */
export class PlainHash {
  /** The lanes of the value hashed last. */
  a = 0;
  b = 0;
  /** Where the keys begin, by what the value is called. */
  readonly #roots: (Shape | undefined)[] = [];
  #shapes = 0;
  #isFixed = false;
  readonly #recent = new Recent(RECENT);
  readonly #recentLists = new Recent(RECENT_LISTS);

  /**
   * @param name  Number of what the value is called: values of one name are expected to have the same keys. Changes no hash.
   * @param isFixed  Nobody will change the value or any part of it: what was hashed of it before still holds.
   */
  hash(value: Plain | undefined, name: number, isFixed: boolean): void {
    this.#isFixed = isFixed;
    if (typeof value === "object" && value !== null) {
      this.#structure(value, name);
      return;
    }
    this.a = 0x1f83d9ab;
    this.b = 0x5be0cd19;
    this.#step(this.#fold(value));
  }

  #step(x: number): void {
    this.a = stepA(this.a, x);
    this.b = stepB(this.b, x);
  }

  /** @returns what it is; that is folded by the caller. */
  #fold(value: Plain | undefined): number {
    // Not a switch: the compiler knows these comparisons, and tells the types apart without asking for a name.
    if (typeof value === "number") {
      if ((value | 0) === value && !Object.is(value, -0)) {
        this.#step(value);
        return INTEGER;
      }
      // Any of its bit patterns is the one NaN.
      float[0] = Number.isNaN(value) ? NaN : value;
      this.#step(halves[0] as number);
      this.#step(halves[1] as number);
      return DOUBLE;
    }
    if (typeof value === "string") {
      this.#text(value);
      return TEXT;
    }
    if (typeof value === "boolean") return value ? TRUE : FALSE;
    if (value === undefined) return ABSENT;
    if (value === null) return NULL;
    this.#nested(value);
    return NESTED;
  }

  #text(text: string): void {
    const { length } = text;
    let a = stepA(this.a, length);
    let b = stepB(this.b, length);
    // Two units a step, never past the end: what charCodeAt does there is slow. The length tells an odd last unit from one
    // followed by a 0.
    const even = length & ~1;
    for (let i = 0; i < even; i += 2) {
      const x = codeAt.call(text, i) | (codeAt.call(text, i + 1) << 16);
      a = stepA(a, x);
      b = stepB(b, x);
    }
    if (even < length) {
      const x = codeAt.call(text, even);
      a = stepA(a, x);
      b = stepB(b, x);
    }
    this.a = a;
    this.b = b;
  }

  /** A message's type comes first, and is the same for all that are called the same. */
  #firstText(shape: Shape, text: string): number {
    if (text === shape.text) {
      this.a = shape.textA;
      this.b = shape.textB;
      return TEXT;
    }
    this.#text(text);
    shape.text = text;
    shape.textA = this.a;
    shape.textB = this.b;
    return TEXT;
  }

  /** Hashes a list or an object alone. */
  #structure(value: object, name: number): void {
    if (Array.isArray(value)) this.#list(value as readonly Plain[]);
    else this.#object(value as { readonly [key: string]: Plain }, this.#roots[name] ?? this.#rootOf(name));
  }

  /** Folds a list or an object by its own hash, which does not depend on what it is in. */
  #nested(value: object): void {
    const { a, b } = this;
    if (!this.#isFixed) this.#structure(value, 0);
    else {
      const recent = Array.isArray(value) && value.length >= LONG ? this.#recentLists : this.#recent;
      const known = recent.find(value);
      if (known >= 0) {
        this.a = stepA(a, recent.a[known] as number);
        this.b = stepB(b, recent.b[known] as number);
        return;
      }
      this.#structure(value, 0);
      recent.keep(value, this.a, this.b);
    }
    this.a = stepA(a, this.a);
    this.b = stepB(b, this.b);
  }

  #list(list: readonly Plain[]): void {
    this.a = 0x428a2f98;
    this.b = 0x71374491;
    this.#step(list.length);
    let signature = 1;
    for (let i = 0; i < list.length; i++) signature = this.#sign(signature, this.#fold(list[i]));
    this.#step(signature);
  }

  #object(object: { readonly [key: string]: Plain }, root: Shape): void {
    this.a = 0x243f6a88;
    this.b = 0x13198a2e;
    let signature = 1;
    let shape = root;
    // Plain data has no enumerable keys but its own; this way through them allocates nothing.
    for (const key in object) {
      const value = object[key];
      const { last } = shape;
      const isFirst = shape === root;
      shape = last !== undefined && last.key === key ? last : this.#childOf(shape, key);
      const kind = isFirst && typeof value === "string" ? this.#firstText(shape, value) : this.#fold(value);
      signature = this.#sign(signature, kind);
    }
    this.#step(signature);
    this.a = stepA(this.a, shape.a);
    this.b = stepB(this.b, shape.b);
  }

  /** Adds what a value is to those before it; folds the signature when it is full. */
  #sign(signature: number, kind: number): number {
    const longer = (signature << 3) | kind;
    if (longer < FULL) return longer;
    this.#step(longer);
    return 1;
  }

  #rootOf(name: number): Shape {
    const root = new Shape("", 0x3c6ef372, 0x510e527f);
    if (name < SHAPES_MAX) this.#roots[name] = root;
    return root;
  }

  #childOf(shape: Shape, key: string): Shape {
    const known = shape.children.get(key);
    if (known !== undefined) return (shape.last = known);
    const [a, b] = hashText(key);
    const child = new Shape(key, stepA(shape.a, a), stepB(shape.b, b));
    // Whoever uses keys as data would fill the memory: from a bound on they are hashed each time.
    if (this.#shapes === SHAPES_MAX) return child;
    this.#shapes++;
    shape.children.set(key, child);
    return (shape.last = child);
  }
}
