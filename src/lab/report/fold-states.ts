import type { Fields } from "../../trace/plain.ts";
import type { Micros, PointRecord, RecordId, StateRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { Band, ProcessSpan, StateTrack, StepLine } from "./model.ts";
import { mainLook, shorten, subLook, type StateLook } from "./words.ts";

/** A state with more values than this at one node is not drawn. */
const VALUES_MAX = 24;

/** A state that a node has from this part of the run on is one it started with. */
const EARLY = 0.1;

/** What the states and points of one node say, folded record by record. */
export interface NodeFold {
  readonly mainKey: string;
  readonly tracks: readonly StateTrack[];
  readonly process: readonly ProcessSpan[];
  readonly clock: StepLine;
  readonly commit: StepLine;
  /** Records that changed the main band. */
  readonly mainRecords: readonly RecordId[];
}

interface Change {
  readonly time: Micros;
  readonly value: string;
  readonly fields: Fields;
  readonly record: RecordId;
  readonly cause: RecordId;
}

/** Collects the states of one node; a process that goes down ends all of its program's states. */
export class NodeStates {
  readonly #changes = new Map<string, (Change | { readonly time: Micros; readonly value: undefined })[]>();
  readonly #process: Change[] = [];
  readonly #clock = { at: [] as Micros[], value: [] as number[] };
  readonly #commit = { at: [] as Micros[], value: [] as number[] };

  /** @param cause What the record came from, as far as the page shows it. */
  state(record: StateRecord, cause: RecordId): void {
    const { time, value, fields, id } = record;
    if (record.origin === "program") {
      const list = this.#changes.get(record.key);
      const change = { time, value, fields, record: id, cause };
      if (list === undefined) this.#changes.set(record.key, [change]);
      else list.push(change);
    } else if (record.key === "process") {
      this.#process.push({ time, value, fields, record: id, cause });
      if (value === "down") for (const list of this.#changes.values()) list.push({ time, value: undefined });
    } else if (record.key === "clock") {
      const offset = fields["offsetUs"];
      if (typeof offset === "number") push(this.#clock, time, offset);
    }
  }

  point(record: PointRecord): void {
    const index = record.fields["index"];
    if (record.name === "raft.commit" && typeof index === "number") push(this.#commit, record.time, index);
  }

  fold(endTime: Micros): NodeFold {
    const keys = [...this.#changes.keys()];
    const mainKey = keys.includes("role") ? "role" : (keys[0] ?? "");
    // A program that says who may write says all there is to draw about lease, view, quorum and seat with it.
    const hidden = keys.includes("writable") ? ["lease", "view", "quorum", "failover"] : [];
    const mainRecords: RecordId[] = [];
    const tracks = keys.map((key) => {
      const look = (value: string, fields: Fields): StateLook => {
        if (key === mainKey) return mainLook(key, value, fields);
        const sub = subLook(key, value, fields);
        return hidden.includes(key) ? { ...sub, isShown: false } : sub;
      };
      const all = this.#bands(key, endTime, look);
      // A position in a log is a counter and no state: it is in the table of a moment.
      const isCounter = key !== mainKey && new Set(all.map((band) => band.value)).size > VALUES_MAX;
      const bands = isCounter ? all.map((band) => ({ ...band, isShown: false })) : all;
      if (key === mainKey) for (const band of bands) mainRecords.push(band.record);
      return { key, bands };
    });
    const isClockRight = this.#clock.value.every((offset) => offset === 0);
    return {
      mainKey,
      tracks,
      process: this.#spans(endTime),
      clock: isClockRight ? { at: [], value: [] } : this.#clock,
      commit: this.#commit,
      mainRecords,
    };
  }

  #bands(key: string, endTime: Micros, look: (value: string, fields: Fields) => StateLook): Band[] {
    const bands: Band[] = [];
    let open: { change: Change; look: StateLook } | undefined;
    const close = (to: Micros): void => {
      if (open === undefined || to <= open.change.time) return;
      const { change } = open;
      bands.push({
        from: change.time,
        to,
        value: change.value,
        ...open.look,
        words: shorten(open.look.words, 60),
        record: change.record,
        cause: change.cause,
      });
    };
    for (const change of this.#changes.get(key) ?? []) {
      if (change.value === undefined) {
        close(change.time);
        open = undefined;
        continue;
      }
      const next = look(change.value, change.fields);
      // Extending a lease writes the state anew; what reads the same is one band.
      if (open !== undefined && open.change.value === change.value && open.look.words === next.words) continue;
      close(change.time);
      open = { change, look: next };
    }
    close(endTime);
    return bands;
  }

  #spans(endTime: Micros): ProcessSpan[] {
    const spans: ProcessSpan[] = [];
    this.#process.forEach((change, index) => {
      if (change.value !== "down" && change.value !== "paused") return;
      const next = this.#process[index + 1];
      const to = next?.time ?? endTime;
      if (to <= change.time) return;
      const incarnation = next?.fields["incarnation"];
      const after =
        change.value === "down" && next?.value === "up" && incarnation !== undefined
          ? `incarnation ${String(incarnation)}`
          : "";
      spans.push({
        from: change.time,
        to,
        kind: change.value,
        words: `${change.value} ${formatSeconds(to - change.time)}`,
        after,
      });
    });
    return spans;
  }
}

function push(line: { at: Micros[]; value: number[] }, at: Micros, value: number): void {
  if (line.value[line.value.length - 1] === value) return;
  line.at.push(at);
  line.value.push(value);
}

/**
 * Puts the sub-bands of a lane into as few rows as do without overlap: write access and fence first, then what else there is.
 *
 * @returns Keys of each row, top to bottom; keys that never show anything, or the same from start to end, are in none.
 */
export function arrangeRows(fold: NodeFold, endTime: Micros): string[][] {
  const order = ["writable", "fence", "coordinator"];
  const rank = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
  const shown = fold.tracks.filter((track) => track.key !== fold.mainKey && saysSomething(track, endTime));
  const rows: { keys: string[]; bands: Band[] }[] = [];
  for (const track of [...shown].sort((a, b) => rank(a.key) - rank(b.key))) {
    const bands = track.bands.filter((band) => band.isShown);
    const row = rows.find(
      (candidate) => !bands.some((a) => candidate.bands.some((b) => a.from < b.to && b.from < a.to)),
    );
    if (row === undefined) rows.push({ keys: [track.key], bands });
    else {
      row.keys.push(track.key);
      row.bands.push(...bands);
    }
  }
  return rows.map((row) => row.keys);
}

/** A breaker that stays closed and a lock that nobody takes are in the table of a moment; a band of them would only take room. */
function saysSomething({ bands }: StateTrack, endTime: Micros): boolean {
  const shown = bands.filter((band) => band.isShown);
  const first = shown[0];
  const last = shown[shown.length - 1];
  if (first === undefined || last === undefined) return false;
  const isWhole = first.from <= endTime * EARLY && last.to >= endTime;
  return !isWhole || shown.some((band) => band.tone !== "plain" || band.words !== first.words);
}
