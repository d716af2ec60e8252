import pc from "picocolors";
import type { RunEvent } from "../lab/explore/run-unit.ts";

/** Between two updates, real ms: often enough to look alive, on a terminal; rarely enough not to fill a log, elsewhere. */
const TERMINAL_MS = 100;
const LOG_MS = 5_000;

/** What a progress line says. */
export interface ProgressFacts {
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  readonly failures: ReadonlyMap<string, number>;
}

/** `1,204/2,000 runs  60%  13.4 runs/s  59 s left  3 failed: single-primary 2, no-lost-ack 1`. */
export function progressText({ done, total, elapsedMs, failures }: ProgressFacts): string {
  const rate = elapsedMs === 0 ? 0 : (done * 1_000) / elapsedMs;
  const left = rate === 0 ? "" : `  ${String(Math.ceil((total - done) / rate))} s left`;
  const failed = [...failures.values()].reduce((a, b) => a + b, 0);
  const kinds = [...failures].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${what} ${String(count)}`);
  const more = kinds.length > 3 ? ", …" : "";
  const notes = failed === 0 ? "" : `  ${String(failed)} failed: ${kinds.slice(0, 3).join(", ")}${more}`;
  const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
  return `${grouped(done)}/${grouped(total)} runs  ${String(percent)}%  ${rate.toFixed(1)} runs/s${left}${notes}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** One line on stderr that tells how far a sweep is: updated in place on a terminal, written anew every few seconds elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  readonly #startedAt = Date.now();
  readonly #failures = new Map<string, number>();
  #done = 0;
  #shownAt: number;

  constructor(total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#stream = stream;
    this.#isTerminal = stream.isTTY && process.env["CI"] === undefined;
    this.#shownAt = this.#startedAt;
  }

  run({ exitCode, what }: RunEvent): void {
    this.#done++;
    if (exitCode !== 0) this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
    const now = Date.now();
    if (now - this.#shownAt < (this.#isTerminal ? TERMINAL_MS : LOG_MS)) return;
    this.#shownAt = now;
    const text = progressText(this.#facts(now));
    this.#stream.write(
      this.#isTerminal ? `\r\u001b[2K${pc.dim(text.slice(0, this.#stream.columns - 1))}` : `${text}\n`,
    );
  }

  #facts(now: number): ProgressFacts {
    return { done: this.#done, total: this.#total, elapsedMs: now - this.#startedAt, failures: this.#failures };
  }

  /** A line of its own among the updates. */
  say(text: string): void {
    this.#stream.write(`${this.#isTerminal ? "\r\u001b[2K" : ""}${text}\n`);
  }

  /** Takes the line away. @returns how long it took, ms, and how many runs were done. */
  end(): { readonly wallMs: number; readonly done: number } {
    if (this.#isTerminal) this.#stream.write("\r\u001b[2K");
    return { wallMs: Date.now() - this.#startedAt, done: this.#done };
  }
}
