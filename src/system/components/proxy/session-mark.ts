/** How far on which history: what a session has written or seen, and what a database has. */
export interface SessionMark {
  /** Number of a transaction. Unsigned, 64 bits. */
  readonly txid: bigint;
  /** Epoch of that transaction; −1 when it is not told (a cookie of LiteFS): numbers alone are compared then. */
  readonly epoch: number;
}

/** LiteFS's own name for it. */
const COOKIE = "__txid";
const VALUE = /^([0-9a-f]{16})(?:\.(0|[1-9][0-9]{0,14}))?$/i;
/** A replica that lags by more has no business serving anybody. */
const LIFETIME_S = 300;

/** Reads the mark of a `Cookie` header; `undefined` without one, or when it cannot be read. */
export function markOf(cookies: string): SessionMark | undefined {
  for (const pair of cookies.split(";")) {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    if (name.trim() !== COOKIE) continue;
    const [, txid, epoch] = VALUE.exec(value.trim().replace(/^"(.*)"$/, "$1")) ?? [];
    return txid === undefined ? undefined : { txid: BigInt(`0x${txid}`), epoch: Number(epoch ?? -1) };
  }
  return undefined;
}

/** The value of the cookie: 16 hex digits, and the epoch. */
export function formatMark({ txid, epoch }: SessionMark): string {
  const digits = txid.toString(16).padStart(16, "0");
  return epoch < 0 ? digits : `${digits}.${String(epoch)}`;
}

/**
 * A `Set-Cookie` header that gives a session its mark.
 *
 * @remarks `Max-Age` and not `Expires`: a server whose wall clock is behind would give a cookie that is over before it begins.
 */
export function setCookieOf(mark: SessionMark): string {
  return `${COOKIE}=${formatMark(mark)}; Path=/; HttpOnly; Max-Age=${String(LIFETIME_S)}`;
}

/** A `Set-Cookie` header that takes a session's mark away: it was told that its writes are lost, and begins anew. */
export const CLEARED_COOKIE = `${COOKIE}=; Path=/; HttpOnly; Max-Age=0`;
