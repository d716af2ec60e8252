import { hashText } from "./hash.ts";
import type { Plain } from "./plain.ts";

const C1 = 0x9e3779b1;
const C2 = 0x85ebca77;

// Looked up once: texts have more kinds (whole, cut, joined, of one byte a unit or two) than the runtime tells apart at one place.
const codeAt = Reflect.get(String.prototype, "charCodeAt");
const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

/**
 * One step of the first lane. For a fixed `x` a bijection of `h`, for a fixed `h` injective in `x`: so two sequences of one length
 * that differ in a single integer always differ in the end.
 */
const stepA = (h: number, x: number): number => {
  const product = Math.imul(h ^ x, C1);
  return (product << 15) | (product >>> 17);
};

/** One step of the second lane, as {@link stepA} with other constants. */
const stepB = (h: number, x: number): number => {
  const product = Math.imul(h ^ x, C2);
  return (product << 11) | (product >>> 21);
};

const TEXT_A = 0x1f83d9ab;
const TEXT_B = 0x5be0cd19;
const EMPTY_A = stepA(TEXT_A, 0);
const EMPTY_B = stepB(TEXT_B, 0);

const SHAPES_MAX = 4_096;
/** Parts of messages remembered, and long lists, which nothing short drives out: who does not answer is sent the same again and again. */
const RECENT = 8;
const RECENT_LISTS = 4;
const LONG = 16;

/** Whether a number is folded as it is. */
const isWord = (value: number): boolean => (value | 0) === value && !Object.is(value, -0);

/** The keys of an object so far, in their order: a node in the tree of all orders seen. Its lanes fold every unit of every key. */
class Shape {
  readonly key: string;
  readonly a: number;
  readonly b: number;
  readonly children = new Map<string, Shape>();
  /** The child asked for last. */
  last: Shape | undefined;
  /** Where the keys of the objects begin that the last of its keys holds. */
  inner: Shape | undefined;
  /** The text that the last of its keys had last, and that text's lanes. Always one: comparing it with none costs more than it saves. */
  text = "";
  textA = EMPTY_A;
  textB = EMPTY_B;

  constructor(key: string, a: number, b: number) {
    this.key = key;
    this.a = a;
    this.b = b;
  }
}

function newRoot(): Shape {
  return new Shape("", 0x3c6ef372, 0x510e527f);
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
 * An integer is folded as itself, and so into both lanes the same; everything else by the two lanes of its own hash, which depend on
 * nothing around it. So what is known to be as before is not hashed again: the keys of messages of one type, the text that a key
 * had last, and values that may not change, as an entry on its way to one follower after the other.
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
    const root = this.#roots[name] ?? this.#rootOf(name);
    if (typeof value === "object" && value !== null) this.#structure(value, root);
    else if (typeof value === "number" && isWord(value)) this.#set(stepA(0x6a09e667, value), stepB(0xbb67ae85, value));
    else if (typeof value === "string") this.#text(value);
    else this.#other(value, root);
  }

  #set(a: number, b: number): void {
    this.a = a;
    this.b = b;
  }

  // The lanes are kept in variables, and the steps written where they are taken: a field or a call costs more than a step does.
  #object(object: { readonly [key: string]: Plain }, root: Shape): void {
    let a = 0x243f6a88;
    let b = 0x13198a2e;
    let shape = root;
    // Plain data has no enumerable keys but its own; this way through them allocates nothing.
    for (const key in object) {
      const value = object[key];
      const { last } = shape;
      shape = last !== undefined && last.key === key ? last : this.#childOf(shape, key);
      if (typeof value === "number" && isWord(value)) {
        a = stepA(a, value);
        b = stepB(b, value);
      } else if (typeof value === "string") {
        if (value !== shape.text) {
          this.#text(value);
          shape.text = value;
          shape.textA = this.a;
          shape.textB = this.b;
        }
        a = stepA(a, shape.textA);
        b = stepB(b, shape.textB);
      } else {
        this.#other(value, shape);
        a = stepA(a, this.a);
        b = stepB(b, this.b);
      }
    }
    this.a = stepA(a, shape.a);
    this.b = stepB(b, shape.b);
  }

  #list(list: readonly Plain[], shape: Shape): void {
    const { length } = list;
    let a = stepA(0x428a2f98, length);
    let b = stepB(0x71374491, length);
    for (let i = 0; i < length; i++) {
      const value = list[i];
      if (typeof value === "number" && isWord(value)) {
        a = stepA(a, value);
        b = stepB(b, value);
      } else {
        if (typeof value === "string") this.#text(value);
        else this.#other(value, shape);
        a = stepA(a, this.a);
        b = stepB(b, this.b);
      }
    }
    this.a = a;
    this.b = b;
  }

  #text(text: string): void {
    const { length } = text;
    let a = stepA(TEXT_A, length);
    let b = stepB(TEXT_B, length);
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

  /** The hash of what is no text and no integer. `shape`: whose objects it holds. */
  #other(value: Plain | undefined, shape: Shape): void {
    if (typeof value === "object" && value !== null) this.#nested(value, (shape.inner ??= newRoot()));
    else if (typeof value === "number") {
      // Any of its bit patterns is the one NaN.
      float[0] = Number.isNaN(value) ? NaN : value;
      const low = halves[0] as number;
      const high = halves[1] as number;
      this.#set(stepA(stepA(0x510e527f, low), high), stepB(stepB(0x3c6ef372, low), high));
    } else if (value === true) this.#set(0x3956c25b, 0x59f111f1);
    else if (value === false) this.#set(0x12835b01, 0x243185be);
    else if (value === null) this.#set(0x550c7dc3, 0x72be5d74);
    else this.#set(0x0fc19dc6, 0x240ca1cc);
  }

  #nested(value: object, root: Shape): void {
    if (!this.#isFixed) {
      this.#structure(value, root);
      return;
    }
    const recent = Array.isArray(value) && value.length >= LONG ? this.#recentLists : this.#recent;
    const known = recent.find(value);
    if (known >= 0) {
      this.#set(recent.a[known] as number, recent.b[known] as number);
      return;
    }
    this.#structure(value, root);
    recent.keep(value, this.a, this.b);
  }

  #structure(value: object, root: Shape): void {
    if (Array.isArray(value)) this.#list(value as readonly Plain[], root);
    else this.#object(value as { readonly [key: string]: Plain }, root);
  }

  #rootOf(name: number): Shape {
    const root = newRoot();
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
