import { HistoryFormatError } from "./history-format-error.ts";

/** A keyword, without its colon. */
export interface EdnKeyword {
  readonly keyword: string;
}
/** Anything else that a history may hold: a symbol, a character, a tagged value. */
export interface EdnOther {
  readonly other: string;
}
/** A value of Clojure's notation; lists, vectors and sets are arrays, keys of maps are keywords or texts as written. */
export type Edn = string | number | boolean | null | EdnKeyword | EdnOther | EdnMap | readonly Edn[];
/** Values by key; a keyword is its name with a colon. */
export type EdnMap = ReadonlyMap<string, Edn>;

const DEPTH_MAX = 200;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** Reads every value of a text. @throws {HistoryFormatError} with the line that is not EDN. */
export function readEdn(text: string): Edn[] {
  const reader = new EdnReader(text);
  const values: Edn[] = [];
  for (;;) {
    const value = reader.read();
    if (value === undefined) return values;
    values.push(value);
  }
}

class EdnReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next value; `undefined` at the end. */
  read(): Edn | undefined {
    this.#skip();
    if (this.#at >= this.#text.length) return undefined;
    return this.#value();
  }

  #value(): Edn {
    this.#skip();
    const unit = this.#text[this.#at] ?? "";
    if (unit === "") throw this.#error("the text ends within a value");
    if (unit === '"') return this.#string();
    if (unit === "(" || unit === "[") return this.#items(unit);
    if (unit === "{") return this.#map();
    if (unit === "#") return this.#dispatch();
    if (unit === "\\") return this.#character();
    if (unit === ")" || unit === "]" || unit === "}") throw this.#error(`"${unit}" closes nothing`);
    return this.#token();
  }

  /** White space, commas, comments, and values that `#_` takes out. */
  #skip(): void {
    for (;;) {
      const unit = this.#text[this.#at] ?? "";
      if (unit === ";") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (unit === "," || (unit !== "" && /\s/.test(unit))) this.#at++;
      else if (unit === "#" && this.#text[this.#at + 1] === "_") {
        this.#at += 2;
        this.#value();
      } else return;
    }
  }

  #items(opening: string): Edn[] {
    const closing = CLOSING[opening];
    const items: Edn[] = [];
    if (++this.#depth > DEPTH_MAX) throw this.#error(`more than ${String(DEPTH_MAX)} values within each other`);
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === closing) break;
      items.push(this.#value());
    }
    this.#at++;
    this.#depth--;
    return items;
  }

  #map(): EdnMap {
    const items = this.#items("{");
    if (items.length % 2 === 1) throw this.#error("a map has a key without a value");
    const map = new Map<string, Edn>();
    for (let i = 0; i < items.length; i += 2) map.set(printEdn(items[i] as Edn), items[i + 1] as Edn);
    return map;
  }

  #dispatch(): Edn {
    const next = this.#text[this.#at + 1] ?? "";
    this.#at++;
    if (next === "{") return this.#items("{");
    // A tag says what the value after it is; to us it is that value.
    const tag = this.#word();
    if (tag === "" && next !== "#") throw this.#error(`"#${next}" is nothing known`);
    if (next === "#") this.#at++;
    return next === "#" ? this.#number(this.#word()) : this.#value();
  }

  #character(): Edn {
    const from = this.#at;
    this.#at += 2;
    this.#word();
    return { other: this.#text.slice(from, this.#at) };
  }

  #string(): string {
    let value = "";
    for (this.#at++; ; this.#at++) {
      const unit = this.#text[this.#at];
      if (unit === undefined) throw this.#error("a text does not end");
      if (unit === '"') break;
      if (unit !== "\\") {
        value += unit;
        continue;
      }
      const escape = this.#text[++this.#at] ?? "";
      if (escape === "u") {
        value += String.fromCharCode(parseInt(this.#text.slice(this.#at + 1, this.#at + 5), 16));
        this.#at += 4;
      } else value += ESCAPES[escape] ?? escape;
    }
    this.#at++;
    return value;
  }

  #token(): Edn {
    const word = this.#word();
    if (word.startsWith(":")) return { keyword: word.slice(1) };
    if (word === "nil") return null;
    if (word === "true" || word === "false") return word === "true";
    return this.#number(word);
  }

  #number(word: string): Edn {
    if (/^[+-]?\d+[NM]?$/.test(word) || /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/.test(word)) {
      const value = Number(word.replace(/[NM]$/, ""));
      // What a double cannot hold would be taken for another number.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? { other: word } : value;
    }
    return { other: word };
  }

  #word(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !/[\s,;"()[\]{}]/.test(this.#text[this.#at] as string)) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  #error(problem: string): HistoryFormatError {
    return new HistoryFormatError(this.#text.slice(0, this.#at).split("\n").length, problem);
  }
}

/** A value as EDN writes it; equal values are written alike. */
export function printEdn(value: Edn): string {
  if (value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isEdnMap(value))
    return `{${[...value]
      .map(([key, item]) => `${key} ${printEdn(item)}`)
      .sort()
      .join(", ")}}`;
  if (isEdnList(value)) return `[${value.map(printEdn).join(" ")}]`;
  return "keyword" in value ? `:${value.keyword}` : value.other;
}

export function isEdnMap(value: Edn | undefined): value is EdnMap {
  return value instanceof Map;
}
export function isEdnList(value: Edn | undefined): value is readonly Edn[] {
  return Array.isArray(value);
}
