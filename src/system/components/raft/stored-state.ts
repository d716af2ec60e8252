import type { StoredFrame } from "./frame-reader.ts";
import type { HashedEntry, LogBase, LogEntry } from "./raft-log.ts";
import type { Snapshot } from "./snapshot.ts";

/** What survives a restart. */
export interface StoredState {
  readonly term: number;
  /** Whom this node voted for in `term`; `""` for nobody. */
  readonly votedFor: string;
  /** The newest snapshot, if there is one. */
  readonly snapshot: Snapshot | undefined;
  /** Where the entries begin: at the snapshot or before it. */
  readonly base: LogBase;
  readonly entries: readonly HashedEntry[];
  /** Whether anything was stored before: a node that starts for the first time has promised nothing to anyone. */
  readonly isNew: boolean;
  /** Name of this disk; `""` for the one a founder began with. */
  readonly disk: string;
}

export const NOTHING_STORED: Omit<StoredState, "isNew" | "disk"> = {
  term: 0,
  votedFor: "",
  snapshot: undefined,
  base: { index: 0, term: 0 },
  entries: [],
};

/** One thing that was saved, as the file has it. */
export type Frame =
  | readonly ["vote", number, string]
  | readonly ["entry", LogEntry]
  | readonly ["truncate", number]
  | readonly ["disk", string]
  | readonly ["owner", string]
  | readonly ["snapshot", Snapshot, LogBase];

/** What the frames of a file say, taken one after the other. */
export function foldFrames(frames: readonly StoredFrame[]): StoredState {
  let { term, votedFor, snapshot, base } = NOTHING_STORED;
  let disk = "";
  let entries: HashedEntry[] = [];
  for (const { value, checksum } of frames) {
    const frame = value as Frame;
    switch (frame[0]) {
      case "vote":
        [, term, votedFor] = frame;
        break;
      case "entry":
        entries.push({ entry: Object.freeze(frame[1]), hash: frame[1].mark ?? checksum | 0 });
        break;
      case "truncate":
        entries.length = frame[1] - 1 - base.index;
        break;
      case "owner":
        break;
      case "disk":
        disk = frame[1];
        break;
      case "snapshot": {
        const [, taken, start] = frame;
        const at = start.index - base.index;
        // As in memory: what follows the snapshot stays where its entry is in the log.
        entries = entries[at - 1]?.entry.term === start.term ? entries.slice(at) : [];
        snapshot = taken;
        base = start;
      }
    }
  }
  return { term, votedFor, snapshot, base, entries, isNew: false, disk };
}
