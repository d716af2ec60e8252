const PLACES = 64;
// Looked up once, see PlainHash.
const codeAt = Reflect.get(String.prototype, "charCodeAt");

const placeOf = (text: string): number => {
  const { length } = text;
  return length === 0 ? 0 : (length * 5 + codeAt.call(text, length - 1)) & (PLACES - 1);
};

/**
 * Numbers of texts that are asked for all the time: names of nodes, types of messages. Most are told by a look at one place, where
 * the text that was asked for last among those of its length and last unit is; a map knows all.
 */
export class NameNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Array<string>(PLACES).fill("");
  readonly #found = new Int32Array(PLACES).fill(-1);

  /** Number of a text, −1 for none. */
  get(text: string): number {
    const place = placeOf(text);
    return this.#texts[place] === text ? (this.#found[place] as number) : this.#find(text, place);
  }

  /** Gives a text that has none a number ≥ 0. */
  set(text: string, number: number): void {
    this.#numbers.set(text, number);
    this.#find(text, placeOf(text));
  }

  #find(text: string, place: number): number {
    const number = this.#numbers.get(text) ?? -1;
    this.#texts[place] = text;
    this.#found[place] = number;
    return number;
  }
}
