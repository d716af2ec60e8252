import type { Column } from "../columns.ts";
import type { MessageTone, ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";

/** Layers of messages from the lowest to the topmost. */
export const LAYERS = ["background", "routine", "append", "decisive", "cause"] as const;
export type Layer = (typeof LAYERS)[number];

const BLOCK = 256;
/** Rows between two stored sums: each column of a shade adds half of them by hand. */
const SUM_BLOCK = 64;

/** Rows of messages in order of sending, of which a window is found without looking at the others. */
export class RowList {
  readonly rows: Int32Array;
  readonly #model: ReportModel;
  /** The latest end in each block: a message may be long on its way. */
  readonly #ends: Float64Array;
  readonly #sent: Float64Array;

  constructor(model: ReportModel, rows: Int32Array) {
    this.#model = model;
    this.rows = rows;
    const { sent, took } = model.messages;
    this.#ends = new Float64Array(Math.ceil(rows.length / BLOCK));
    this.#sent = new Float64Array(rows.length);
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place] as number;
      const end = (sent[row] as number) + (took[row] as number);
      const block = place >> 8;
      if (end > (this.#ends[block] as number)) this.#ends[block] = end;
      this.#sent[place] = sent[row] as number;
    }
  }

  /** Places of the rows sent in a window: from the first to the one behind the last. */
  placesIn(from: number, to: number): { readonly first: number; readonly end: number } {
    return { first: firstAfter(this.#sent, from - 1), end: firstAfter(this.#sent, to) };
  }

  /** Calls back for every row that touches the window, in order of sending. */
  eachIn(from: number, to: number, call: (row: number) => void): void {
    const { first, end } = this.placesIn(from, to);
    const { sent, took } = this.#model.messages;
    for (let block = 0; block * BLOCK < first; block++) {
      if ((this.#ends[block] as number) < from) continue;
      for (let place = block * BLOCK; place < Math.min(first, (block + 1) * BLOCK); place++) {
        const row = this.rows[place] as number;
        if ((sent[row] as number) + (took[row] as number) >= from) call(row);
      }
    }
    for (let place = first; place < end; place++) call(this.rows[place] as number);
  }

  rowsIn(from: number, to: number): number[] {
    const rows: number[] = [];
    this.eachIn(from, to, (row) => rows.push(row));
    return rows;
  }
}

/** How many messages of a layer were sent before a place, for each gap between lanes: any window in time of its width alone. */
class GapSums {
  readonly #list: RowList;
  readonly #model: ReportModel;
  readonly gaps: number;
  readonly #sums: Uint32Array;

  constructor(model: ReportModel, list: RowList) {
    this.#model = model;
    this.#list = list;
    this.gaps = Math.max(1, model.nodes.length - 1);
    this.#sums = new Uint32Array((Math.ceil(list.rows.length / SUM_BLOCK) + 1) * this.gaps);
    const running = new Uint32Array(this.gaps);
    for (let place = 0; place < list.rows.length; place++) {
      if (place % SUM_BLOCK === 0) this.#sums.set(running, (place / SUM_BLOCK) * this.gaps);
      this.#add(place, running);
    }
  }

  /** Messages before a place that pass through each gap. */
  before(place: number, into: Uint32Array): void {
    const block = Math.floor(place / SUM_BLOCK);
    into.set(this.#sums.subarray(block * this.gaps, (block + 1) * this.gaps));
    for (let at = block * SUM_BLOCK; at < place; at++) this.#add(at, into);
  }

  #add(place: number, into: Uint32Array): void {
    const { from, to } = this.#model.messages;
    const row = this.#list.rows[place] as number;
    const a = from[row] as number;
    const b = to[row] as number;
    for (let gap = Math.min(a, b), last = Math.max(a, b); gap < last; gap++) into[gap] = (into[gap] as number) + 1;
  }
}

/** Finds messages between nodes by time, layer and fate, whatever the number of messages in the run. */
export class MessageIndex {
  readonly layers: Readonly<Record<Layer, RowList>>;
  readonly lost: RowList;
  readonly #model: ReportModel;
  readonly #sums = new Map<Layer, GapSums>();

  constructor(model: ReportModel) {
    this.#model = model;
    const { from, to, type, flags, fate } = model.messages;
    const layerOfType = model.messageTypes.map(({ tone }) => LAYERS.indexOf(layerOfTone(tone)));
    const nodes = model.nodes.length;
    const count = from.length;
    const layerOf = new Int8Array(count).fill(-1);
    const sizes = new Int32Array(LAYERS.length + 1);
    for (let row = 0; row < count; row++) {
      const a = from[row] as number;
      const b = to[row] as number;
      if (a >= nodes || b >= nodes || a === b) continue;
      const layer =
        ((flags[row] as number) & 1) !== 0 ? LAYERS.length - 1 : (layerOfType[type[row] as number] as number);
      layerOf[row] = layer;
      sizes[layer] = (sizes[layer] as number) + 1;
      if ((fate[row] as number) >= 0) sizes[LAYERS.length] = (sizes[LAYERS.length] as number) + 1;
    }
    const lists = Array.from(sizes, (size) => new Int32Array(size));
    const ends = new Int32Array(LAYERS.length + 1);
    const push = (list: number, row: number): void => {
      const place = ends[list] as number;
      ends[list] = place + 1;
      (lists[list] as Int32Array)[place] = row;
    };
    for (let row = 0; row < count; row++) {
      const layer = layerOf[row] as number;
      if (layer < 0) continue;
      push(layer, row);
      if ((fate[row] as number) >= 0) push(LAYERS.length, row);
    }
    this.layers = Object.fromEntries(
      LAYERS.map((layer, place) => [layer, new RowList(model, lists[place] as Int32Array)]),
    ) as Record<Layer, RowList>;
    this.lost = new RowList(model, lists[LAYERS.length] as Int32Array);
  }

  /**
   * Messages of a layer sent in each of `columns` parts of a window, for each gap between lanes: gap by gap.
   *
   * @param edgeOf  Time at which a part begins; equal parts unless told.
   */
  density(
    layer: Layer,
    window: { readonly from: number; readonly to: number },
    columns: number,
    edgeOf = (column: number): number => window.from + ((window.to - window.from) * column) / columns,
  ): Uint32Array {
    const list = this.layers[layer];
    let sums = this.#sums.get(layer);
    if (sums === undefined) this.#sums.set(layer, (sums = new GapSums(this.#model, list)));
    const counts = new Uint32Array(columns * sums.gaps);
    let before = new Uint32Array(sums.gaps);
    let after = new Uint32Array(sums.gaps);
    sums.before(list.placesIn(window.from, window.from).first, before);
    for (let column = 0; column < columns; column++) {
      const edge = column + 1 === columns ? window.to : Math.min(window.to, edgeOf(column + 1));
      sums.before(list.placesIn(edge, edge).end, after);
      for (let gap = 0; gap < sums.gaps; gap++)
        counts[gap * columns + column] = (after[gap] as number) - (before[gap] as number);
      [before, after] = [after, before];
    }
    return counts;
  }
}

function layerOfTone(tone: MessageTone): Layer {
  return tone === "client" ? "routine" : tone;
}

/** Place of a record in a rising column of records; −1 when it is not there. */
export function placeOfRecord(records: Column, record: number): number {
  const place = firstAfter(records, record - 1);
  return records[place] === record ? place : -1;
}
