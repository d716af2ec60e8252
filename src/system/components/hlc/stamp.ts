import { nodeId, type NodeId } from "../../ports/node-id.ts";
import { HlcStampError } from "./hlc-errors.ts";

/** Largest physical part: 48 bits, the year 10889. */
export const STAMP_MS_MAX = 0xffff_ffff_ffff;
export const STAMP_COUNTER_MAX = 0xffff;

const MS_DIGITS = 12;
const COUNTER_DIGITS = 4;
const TEXT = /^[0-9a-f]{16}-[a-z][a-z0-9-]{0,31}$/;
const NODE = /^[a-z][a-z0-9-]{0,31}$/;

/** A moment as a hybrid logical clock names it: `(l, c)` of the paper and the node that made it. */
export interface HlcStamp {
  /** Integer ms since the Unix epoch, 0…{@link STAMP_MS_MAX}. */
  readonly ms: number;
  /** Order within one `ms`, integer 0…{@link STAMP_COUNTER_MAX}. */
  readonly counter: number;
  readonly nodeId: NodeId;
}

/** Total order: `(ms, counter, nodeId)`, nodes by code unit. Negative when `a` comes first, 0 only for equal stamps. */
export function compareStamps(a: HlcStamp, b: HlcStamp): number {
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1;
  if (a.counter !== b.counter) return a.counter < b.counter ? -1 : 1;
  return a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0;
}

/**
 * Writes a stamp as 12 hex digits of ms, 4 of the counter, `-` and the node. Byte order of the texts (SQLite's `BINARY`
 * collation) is {@link compareStamps}: the digits are padded and lower-case, so no locale and no length can reorder them.
 *
 * @throws {HlcStampError} for a part out of its range.
 */
export function encodeStamp(stamp: HlcStamp): string {
  checkStamp(stamp);
  const ms = stamp.ms.toString(16).padStart(MS_DIGITS, "0");
  const counter = stamp.counter.toString(16).padStart(COUNTER_DIGITS, "0");
  return `${ms}${counter}-${stamp.nodeId}`;
}

/** Reads what {@link encodeStamp} wrote, and nothing else. @throws {HlcStampError} */
export function decodeStamp(text: string): HlcStamp {
  if (!TEXT.test(text)) {
    throw new HlcStampError(`"${text}" is not a stamp; one reads like "017c3f5a8e40000a-n1".`, { text });
  }
  return Object.freeze({
    ms: Number.parseInt(text.slice(0, MS_DIGITS), 16),
    counter: Number.parseInt(text.slice(MS_DIGITS, MS_DIGITS + COUNTER_DIGITS), 16),
    nodeId: nodeId(text.slice(MS_DIGITS + COUNTER_DIGITS + 1)),
  });
}

/** @throws {HlcStampError} for a stamp that {@link encodeStamp} could not write. */
export function checkStamp(stamp: HlcStamp): void {
  const { ms, counter } = stamp;
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > STAMP_MS_MAX) {
    throw new HlcStampError(`ms of a stamp is an integer of 48 bits; got ${String(ms)}.`, { ...stamp });
  }
  if (!Number.isSafeInteger(counter) || counter < 0 || counter > STAMP_COUNTER_MAX) {
    throw new HlcStampError(`the counter of a stamp is an integer of 16 bits; got ${String(counter)}.`, { ...stamp });
  }
  if (!NODE.test(stamp.nodeId)) {
    throw new HlcStampError(`a stamp names its node; got "${stamp.nodeId}".`, { ...stamp });
  }
}
