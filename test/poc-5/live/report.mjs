/** So much is shown of what was seen instead of what had to be. */
const SEEN_UNITS_MAX = 1_000;

/** What a scenario says of itself, as it goes: steps, figures, and facts that are so or are not. */
export class Report {
  #failures = 0;
  #steps = 0;

  /** @param {string} title */
  begin(title) {
    this.#failures = 0;
    this.#steps = 0;
    print("", "=".repeat(76), title, "=".repeat(76));
  }

  /** @param {string} text */
  step(text) {
    print("", `Step ${String(++this.#steps)}: ${text}`);
  }

  /** A figure. @param {string} text */
  tell(text) {
    print(`  ${text}`);
  }

  /**
   * A fact of the verification.
   *
   * @param {string} text  What must be so.
   * @param {boolean} holds
   * @param {unknown} [seen]  What was seen instead, for the one who reads of a failure.
   */
  check(text, holds, seen) {
    if (!holds) this.#failures++;
    const instead = holds || seen === undefined ? "" : `; seen: ${JSON.stringify(seen).slice(0, SEEN_UNITS_MAX)}`;
    print(`  ${holds ? "✓" : "✗"} ${text}${instead}`);
  }

  /** Something that broke the scenario. @param {unknown} error */
  broke(error) {
    this.#failures++;
    print(`  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /**
   * Ends the scenario. @param {string} name @param {readonly (readonly [string, string | number])[]} figures
   * @returns {boolean} whether every fact was so.
   */
  end(name, figures) {
    const isPass = this.#failures === 0;
    print("", "─".repeat(76), `${name}: ${isPass ? "✓ PASS" : `✗ FAIL (${String(this.#failures)})`}`);
    for (const [key, value] of figures) print(`  ${key}: ${String(value)}`);
    print("─".repeat(76));
    return isPass;
  }
}

/** @param {readonly string[]} lines */
export function print(...lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
}
