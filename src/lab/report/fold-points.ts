import { byCodeUnit } from "../../trace/plain.ts";
import type { PointRecord } from "../../trace/record.ts";
import type { Points } from "./model.ts";
import { fieldsText } from "./fold-why.ts";
import { shorten } from "./words.ts";

/** Of a point that comes more often than this, only the name is kept: what is rare tells most. */
const TOLD_MAX = 2_000;
const TEXT_MAX = 80;
/** A page with more would outgrow its megabytes: the commonest names go first. */
const POINTS_MAX = 200_000;

interface Point {
  readonly record: PointRecord;
  readonly lane: number;
  readonly cause: number;
}

/** Collects what programs and world say happened at nodes. */
export class PointFold {
  readonly #points: Point[] = [];
  readonly #counts = new Map<string, number>();
  readonly #lanes: ReadonlyMap<string, number>;

  /** @param lanes  Nodes by name. */
  constructor(lanes: ReadonlyMap<string, number>) {
    this.#lanes = lanes;
  }

  point(record: PointRecord, cause: number): void {
    const lane = this.#lanes.get(record.node);
    if (lane === undefined) return;
    this.#points.push({ record, lane, cause });
    this.#counts.set(record.name, (this.#counts.get(record.name) ?? 0) + 1);
  }

  /** @param most  More points than this are cut, the commonest names first and whole. */
  fold(most = POINTS_MAX): Points {
    const texts: string[] = [];
    const places = new Map<string, number>();
    const kept = this.#kept(most);
    const words = kept.map(({ record: { name, fields } }) => {
      const isTold = (this.#counts.get(name) ?? 0) <= TOLD_MAX;
      const text = shorten(isTold ? `${name}${fieldsText(fields)}` : name, TEXT_MAX);
      let place = places.get(text);
      if (place === undefined) places.set(text, (place = texts.push(text) - 1));
      return place;
    });
    return {
      at: kept.map(({ record }) => record.time),
      node: kept.map(({ lane }) => lane),
      words,
      record: kept.map(({ record }) => record.id),
      cause: kept.map(({ cause }) => cause),
      texts,
      left: this.#points.length - kept.length,
    };
  }

  #kept(most: number): readonly Point[] {
    const names = [...this.#counts].sort(([a, x], [b, y]) => x - y || byCodeUnit(a, b));
    const keep = new Set<string>();
    let room = most;
    for (const [name, count] of names) {
      if (count > room) break;
      room -= count;
      keep.add(name);
    }
    return keep.size === names.length ? this.#points : this.#points.filter(({ record }) => keep.has(record.name));
  }
}
