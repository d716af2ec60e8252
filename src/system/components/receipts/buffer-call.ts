import type { Timer, Timers } from "../../ports/timers.ts";
import { BufferUnavailableError } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";

export interface BufferCallOptions {
  readonly session: string;
  readonly id: number;
  readonly command: ReceiptCommand;
  readonly timers: Timers;
  readonly timeoutMs: number;
  readonly resendMs: number;
  /** Tries once to bring it to the leader. @returns false when there was nobody to ask. */
  attempt(call: BufferCall): boolean;
  resolve(answer: ReceiptAnswer): void;
  reject(error: BufferUnavailableError): void;
}

/** One call of a replicated buffer: tried again until it is answered or its time is over. */
export class BufferCall {
  readonly #options: BufferCallOptions;
  readonly #timer: Timer;
  /** Attempts that nobody has refused: each of them may take effect still. */
  readonly #open = new Set<number>();
  #attempts = 0;
  #leftMs: number;
  #isOver = false;

  constructor(options: BufferCallOptions) {
    this.#options = options;
    this.#leftMs = options.timeoutMs;
    this.#timer = options.timers.create("buffer answer", () => {
      if (this.#leftMs === 0) this.giveUp("no answer in time");
      else this.#try();
    });
  }

  get session(): string {
    return this.#options.session;
  }
  get id(): number {
    return this.#options.id;
  }
  get command(): ReceiptCommand {
    return this.#options.command;
  }
  /** Number of the present attempt, from 1. */
  get attempts(): number {
    return this.#attempts;
  }

  start(): void {
    this.#try();
  }

  answered(answer: ReceiptAnswer): void {
    if (this.#end()) this.#options.resolve(answer);
  }

  /** An attempt will certainly never take effect. */
  refused(attempt: number): void {
    this.#open.delete(attempt);
  }

  giveUp(reason: string): void {
    const isDefinite = this.#open.size === 0;
    if (this.#end()) this.#options.reject(new BufferUnavailableError(reason, isDefinite));
  }

  #try(): void {
    const attempt = ++this.#attempts;
    const { resendMs } = this.#options;
    const pauseMs = this.#leftMs < resendMs ? this.#leftMs : resendMs;
    this.#leftMs -= pauseMs;
    this.#timer.arm(pauseMs);
    // Open before it is made: a leader that is this node itself may refuse it at once.
    this.#open.add(attempt);
    if (!this.#options.attempt(this)) this.#open.delete(attempt);
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer.cancel();
    return true;
  }
}
