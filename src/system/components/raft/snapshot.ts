import { crc32 } from "node:zlib";
import type { Plain } from "../../ports/transport.ts";
import type { ConfigAt } from "./group-config.ts";

/** The group as of an entry that was applied: stands in for the log up to it, the entry included. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  /** The configuration in force there, as it is: joint or not, learners included. */
  readonly config: ConfigAt;
  /** The state machine's, client sessions included; `null` in a bare one. */
  readonly state: Plain;
  /** Whether it has no state: that of a witness, which keeps none. */
  readonly isBare: boolean;
  /** CRC-32 of the state as JSON, a signed integer: equal wherever it is taken at one index. 0 for a bare one. */
  readonly hash: number;
}

/** @param state  `undefined` for a member that keeps none. */
export function snapshotOf(place: Pick<Snapshot, "index" | "term" | "config">, state: Plain | undefined): Snapshot {
  const { index, term, config } = place;
  if (state === undefined) return { index, term, config, state: null, isBare: true, hash: 0 };
  return { index, term, config, state, isBare: false, hash: crc32(JSON.stringify(state)) | 0 };
}

/** What a member that keeps no state is sent of it. */
export function withoutState(snapshot: Snapshot): Snapshot {
  return snapshotOf(snapshot, undefined);
}
