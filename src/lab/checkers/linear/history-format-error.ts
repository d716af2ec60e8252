/** A text that is not a history of the format it was said to have. */
export class HistoryFormatError extends Error {
  override name = "HistoryFormatError";
  readonly code = "HISTORY_FORMAT";
  /** From 1; 0 where the fault has no place of its own. */
  readonly line: number;
  constructor(line: number, problem: string) {
    super(`HISTORY_FORMAT: ${line > 0 ? `line ${String(line)}: ` : ""}${problem}.`);
    this.line = line;
  }
}
