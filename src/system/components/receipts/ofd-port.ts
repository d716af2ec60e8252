import { FaultlineError } from "../../ports/errors.ts";

/** What is registered with the OFD (the operator of fiscal data). */
export interface OfdRegistration {
  /** The receipt's id: the OFD accepts each key once. */
  readonly key: string;
  readonly posId: string;
  readonly payload: string;
  /** The receipt's own stamp, as text: not part of the causality of messages. */
  readonly receiptHlc: string;
  /** Fencing number of the lock under which it is sent, decimal text. */
  readonly fencing: string;
}

/** The OFD has the receipt. */
export interface OfdAcceptance {
  /** True: it had it already, and this is the first answer again. */
  readonly isReplay: boolean;
  /** The OFD's stamp of the acceptance, as text. */
  readonly hlc: string;
}

/**
 * Why a registration failed. `OFD_REFUSED`: it will never be accepted (another content under this key, a malformed request).
 * `OFD_STALE_TOKEN`: a larger fencing number was seen; `facts.largest`. `OFD_IN_FLIGHT`: the same key is being registered; ask again.
 * `OFD_FAILED`: the server failed (5xx). `OFD_UNAVAILABLE`: nothing was sent. `OFD_LOST`, `OFD_TIMEOUT`: sent, and no answer came.
 */
export type OfdErrorCode =
  "OFD_REFUSED" | "OFD_STALE_TOKEN" | "OFD_IN_FLIGHT" | "OFD_FAILED" | "OFD_UNAVAILABLE" | "OFD_LOST" | "OFD_TIMEOUT";

/** A registration that failed. `facts` holds `key`, and `largest` of a stale token. */
export class OfdError extends FaultlineError {
  /** True: the receipt was certainly not accepted by this attempt. */
  readonly definite: boolean;
  /** The answer is about the request, not about the OFD's health: a breaker ignores it. */
  readonly isBusiness: boolean;
  constructor(code: OfdErrorCode, key: string, reason: string, facts: { readonly largest?: string } = {}) {
    super(code, `receipt "${key}" was not confirmed: ${reason}.`, { key, ...facts });
    this.definite = code !== "OFD_LOST" && code !== "OFD_TIMEOUT" && code !== "OFD_FAILED";
    this.isBusiness = code === "OFD_REFUSED" || code === "OFD_STALE_TOKEN" || code === "OFD_IN_FLIGHT";
  }
}

/** A way to the OFD. */
export interface OfdPort {
  /**
   * Registers one receipt, under its key as idempotency key.
   *
   * @param options.signal  Ends the attempt; it may have been accepted all the same.
   * @param options.hlc     Stamp of the sending, as text; the message's own.
   * @throws {OfdError}, or the signal's reason.
   */
  register(
    registration: OfdRegistration,
    options: { readonly signal: AbortSignal; readonly hlc: string },
  ): Promise<OfdAcceptance>;
}
