import { crc32 } from "node:zlib";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { Timers } from "../../ports/timers.ts";
import type { HlcClock } from "../hlc/hlc-clock.ts";
import { HlcOffsetError, HlcStampError } from "../hlc/hlc-errors.ts";
import { decodeStamp, encodeStamp } from "../hlc/stamp.ts";
import type { AcceptedReceipt, OfdEntry, OfdJournal } from "./ofd-journal.ts";
import { OFD_SUCCESS, type OfdMode } from "./ofd-modes.ts";
import type { OfdErrorCode, OfdRegistration } from "./ofd-port.ts";

export interface OfdRegisterOptions {
  /** The OFD's own; give it a `maxOffsetMs` that tills with wrong clocks do not pass (10,000). */
  readonly hlc: HlcClock;
  readonly timers: Timers;
  readonly observer?: Observer;
  /** Default none: what was accepted is forgotten with the process. */
  readonly journal?: OfdJournal;
  /** What the journal held. */
  readonly entries?: readonly OfdEntry[];
  /** Whether a registration under a smaller fencing number than the largest seen is refused. Default true; a real OFD knows of none. */
  readonly checksTokens?: boolean;
}

/** One registration as it arrived. */
export interface OfdArrival extends OfdRegistration {
  /** Who sent it. */
  readonly by: string;
  /** Stamp of the sending, as text; `""` for none. */
  readonly hlc: string;
}

/** What the sender is told. */
export type OfdVerdict =
  | { readonly outcome: "accepted"; readonly isReplay: boolean; readonly acceptedHlc: string }
  | { readonly outcome: "refused"; readonly code: OfdErrorCode; readonly reason: string; readonly largest: string }
  /** No answer is given. */
  | { readonly outcome: "silent" };

type Entry = { readonly state: "in-flight"; readonly content: OfdRegistration } | AcceptedEntry;
interface AcceptedEntry {
  readonly state: "accepted";
  readonly content: AcceptedReceipt;
}

const KEY = /^[A-Za-z0-9._:-]{1,64}$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,38})$/;
const POS_UNITS_MAX = 64;

const encoder = new TextEncoder();

/**
 * The decision of a mock OFD, the operator of fiscal data: each key is accepted once, and asked again it gives the first answer.
 *
 * A key is taken before anything is awaited, so two registrations of one key never both find it free; until the first is durable the
 * second is told to ask again. Fencing numbers are compared across all keys and tills, because one lock is what they count: a sender whose
 * lock is over is refused even where its registration would change nothing.
 *
 * @remarks What the OFD accepts depends on keys and fencing numbers, never on clocks: a stamp of a sending too far in the future is not
 * believed (the clock stays as it is), and its registration is judged like any other.
 * @see Idempotency-Key (IETF httpapi draft), §2.6: 409 while the first request is processed, 422 for another content. Checked by
 * `lab/checkers/no-duplicate-receipt.ts`.
 */
export class OfdRegister {
  readonly #hlc: HlcClock;
  readonly #timers: Timers;
  readonly #observer: Observer;
  readonly #journal: OfdJournal | undefined;
  readonly #checksTokens: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #accepted: AcceptedReceipt[] = [];
  #numbers = 0;
  #attempts = 0;
  #largest = 0n;
  #mode: OfdMode = OFD_SUCCESS;

  constructor(options: OfdRegisterOptions) {
    this.#hlc = options.hlc;
    this.#timers = options.timers;
    this.#observer = options.observer ?? silentObserver;
    this.#journal = options.journal;
    this.#checksTokens = options.checksTokens ?? true;
    for (const entry of options.entries ?? []) this.#restore(entry);
    this.setMode(OFD_SUCCESS);
  }

  get mode(): OfdMode {
    return this.#mode;
  }
  /** What was accepted, each key once, in the order of acceptance. */
  get accepted(): readonly AcceptedReceipt[] {
    return this.#accepted;
  }
  /** Registrations that arrived in this life, whatever became of them. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Holds for registrations that arrive from now on. */
  setMode(mode: OfdMode): void {
    this.#mode = mode;
    this.#observer.state("ofd", mode.mode, mode.mode === "slow" ? { byMs: mode.byMs } : {});
  }
  /** The seed's `set_permanent_failure(True)`: every registration fails until the mode is set anew. */
  setPermanentFailure(): void {
    this.setMode({ mode: "failing" });
  }
  /** The seed's `set_success()`. */
  setSuccess(): void {
    this.setMode(OFD_SUCCESS);
  }

  /** The stamp of an answer's sending, as text. */
  async stamp(): Promise<string> {
    return encodeStamp(await this.#hlc.nowWhenDurable());
  }

  /**
   * Receives the stamp of a message, before anything else is stamped; for one that is handled, {@link OfdRegister.register} does it.
   *
   * @returns why the message can not be handled; `undefined` when it can.
   */
  async receive(hlc: string): Promise<"malformed" | "clock" | undefined> {
    if (hlc === "") return undefined;
    try {
      await this.#hlc.receiveWhenDurable(decodeStamp(hlc));
    } catch (error) {
      if (error instanceof HlcStampError) return "malformed";
      if (!(error instanceof HlcOffsetError)) return "clock";
    }
    return undefined;
  }

  /** Handles one registration, as the present mode wants it. Rejects only when the journal does. */
  async register(arrival: OfdArrival): Promise<OfdVerdict> {
    const mode = this.#mode;
    this.#attempt(arrival, mode);
    const trouble = await this.receive(arrival.hlc);
    if (trouble === "malformed") return this.#refuse(arrival, "OFD_REFUSED", `"${arrival.hlc}" is not a stamp`);
    if (trouble === "clock") return this.#refuse(arrival, "OFD_FAILED", "the OFD's clock gives no stamps");
    if (mode.mode === "failing") return this.#refuse(arrival, "OFD_FAILED", "the OFD fails");
    if (mode.mode === "slow") await this.#pause(mode.byMs);
    if (mode.mode === "duplicate-delivery") {
      const first = this.#decide(arrival);
      this.#attempt(arrival, mode);
      return (await Promise.all([first, this.#decide(arrival)]))[0];
    }
    const verdict = await this.#decide(arrival);
    return mode.mode === "timeout-after-accept" && verdict.outcome === "accepted" ? { outcome: "silent" } : verdict;
  }

  async #decide(arrival: OfdArrival): Promise<OfdVerdict> {
    const problem = problemOf(arrival);
    if (problem !== undefined) return this.#refuse(arrival, "OFD_REFUSED", problem);
    const fencing = BigInt(arrival.fencing);
    if (this.#checksTokens && fencing < this.#largest)
      return this.#refuse(
        arrival,
        "OFD_STALE_TOKEN",
        `its lock is over, ${String(fencing)} is below ${String(this.#largest)}`,
      );
    const known = this.#entries.get(arrival.key);
    if (known === undefined) return this.#accept(arrival, fencing);
    if (!isSame(known.content, arrival))
      return this.#refuse(arrival, "OFD_REFUSED", "the key was registered with another content");
    if (known.state === "in-flight") return this.#refuse(arrival, "OFD_IN_FLIGHT", "the key is being registered");
    return this.#replay(arrival, known, fencing);
  }

  async #accept(arrival: OfdArrival, fencing: bigint): Promise<OfdVerdict> {
    const { key, posId, payload, receiptHlc } = arrival;
    const content = { key, posId, payload, receiptHlc, fencing: arrival.fencing };
    // Before the first await: from here on nobody else finds the key free, or the number larger than all.
    this.#entries.set(key, { state: "in-flight", content });
    if (fencing > this.#largest) this.#largest = fencing;
    let acceptedHlc: string;
    try {
      acceptedHlc = await this.stamp();
    } catch {
      this.#entries.delete(key);
      return this.#refuse(arrival, "OFD_FAILED", "the OFD's clock gives no stamps");
    }
    const receipt: AcceptedReceipt = { ...content, number: ++this.#numbers, acceptedHlc };
    await this.#journal?.append(["accept", receipt]);
    this.#entries.set(key, { state: "accepted", content: receipt });
    this.#accepted.push(receipt);
    this.#observer.point("ofd.accept", { ...factsOf(receipt), by: arrival.by });
    return { outcome: "accepted", isReplay: false, acceptedHlc };
  }

  /** The number that came with it counts as seen, so it is made durable too before anybody is told. */
  async #replay(arrival: OfdArrival, known: AcceptedEntry, fencing: bigint): Promise<OfdVerdict> {
    if (fencing > this.#largest) {
      this.#largest = fencing;
      await this.#journal?.append(["token", arrival.fencing]);
    }
    this.#observer.point("ofd.replay", { key: arrival.key, fencing: arrival.fencing, by: arrival.by });
    return { outcome: "accepted", isReplay: true, acceptedHlc: known.content.acceptedHlc };
  }

  #refuse({ key, fencing, by }: OfdArrival, code: OfdErrorCode, reason: string): OfdVerdict {
    const largest = this.#largest.toString();
    this.#observer.point("ofd.refuse", { key, fencing, by, reason: code, largest });
    return { outcome: "refused", code, reason, largest: code === "OFD_STALE_TOKEN" ? largest : "" };
  }

  #attempt({ key, posId, fencing, by }: OfdArrival, { mode }: OfdMode): void {
    this.#attempts++;
    this.#observer.point("ofd.attempt", { key, pos: posId, fencing, by, mode });
  }

  #restore(entry: OfdEntry): void {
    const fencing = BigInt(entry[0] === "token" ? entry[1] : entry[1].fencing);
    if (fencing > this.#largest) this.#largest = fencing;
    if (entry[0] === "token") return;
    const receipt = entry[1];
    this.#entries.set(receipt.key, { state: "accepted", content: receipt });
    this.#accepted.push(receipt);
    this.#numbers = receipt.number;
    this.#observer.point("ofd.recover", factsOf(receipt));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timers.create("slow OFD", resolve).arm(ms));
  }
}

function factsOf({
  key,
  posId,
  fencing,
  receiptHlc,
  number,
  payload,
}: AcceptedReceipt): Record<string, string | number> {
  return { key, pos: posId, fencing, receiptHlc, number, hash: crc32(encoder.encode(payload)) | 0 };
}

/** Whether it is the same receipt; under which lock it is sent does not matter. */
function isSame(a: OfdRegistration, b: OfdRegistration): boolean {
  return a.posId === b.posId && a.payload === b.payload && a.receiptHlc === b.receiptHlc;
}

function problemOf({ key, posId, receiptHlc, fencing }: OfdArrival): string | undefined {
  if (!KEY.test(key)) return `a key is 1…64 of A-Z a-z 0-9 . _ : -, got "${key}"`;
  if (posId === "" || posId.length > POS_UNITS_MAX) return `a till has a name of 1…64 letters, got "${posId}"`;
  if (!NUMBER.test(fencing)) return `a fencing number is decimal, got "${fencing}"`;
  try {
    decodeStamp(receiptHlc);
    return undefined;
  } catch {
    return `a receipt's stamp reads like "017c3f5a8e40000a-n1", got "${receiptHlc}"`;
  }
}
