import type { RecordId } from "../record.ts";
import type { Trace } from "../trace.ts";
import { DELIVERED, DROPPED, familyAt, faultOf, kindAt, nameAt, nodeAt, otherAt } from "./columns.ts";

/** A moment at which a node acted because it had not heard something, or may have. */
export interface Moment {
  readonly node: string;
  /** The record that the absence explains. */
  readonly explains: RecordId;
  /** Last record of the moment. */
  readonly at: RecordId;
  /** Only messages dropped after this record count; −1: those since which the link has been silent. */
  readonly since: RecordId;
  /** Messages of this family (what stands before the dot of their type) tell most; `""` for none. */
  readonly family: string;
}

/** Messages of one link that did not arrive. */
export interface Silence {
  readonly moment: Moment;
  /** The last of them. */
  readonly drop: RecordId;
  /** How many in a row. */
  readonly count: number;
  /** Whether the node of the moment would have heard them; otherwise they were its own. */
  readonly isToNode: boolean;
}

interface Link {
  readonly from: number;
  readonly to: number;
  /** The last drop of each type of message. */
  readonly drops: Map<number, RecordId>;
  lastDrop: RecordId;
  lastDelivery: RecordId;
  /** Drops since the last delivery. */
  count: number;
}

/**
 * Finds, for each moment, the links of its node on which messages were missing then; those that a fault took first, then those that
 * the node would have heard, then the latest. One pass over the records, whatever the number of moments.
 */
export function silencesAt(trace: Trace, moments: readonly Moment[]): Silence[] {
  const ordered = [...moments].sort((a, b) => a.at - b.at || a.explains - b.explains);
  const links = new Map<number, Link>();
  const numbers = new Map(trace.strings.map((text, number) => [text, number]));
  const found: Silence[] = [];
  let id = 0;
  for (const moment of ordered) {
    for (; id <= moment.at; id++) {
      const kind = kindAt(trace, id);
      if (kind === DELIVERED || kind === DROPPED) note(trace, id, kind === DROPPED, links);
    }
    found.push(...silencesOf(trace, moment, links, numbers.get(moment.node) ?? -1));
  }
  return found;
}

function note(trace: Trace, id: RecordId, isDrop: boolean, links: Map<number, Link>): void {
  const from = otherAt(trace, id);
  const to = nodeAt(trace, id);
  const key = from * 4_194_304 + to;
  let link = links.get(key);
  if (link === undefined)
    links.set(key, (link = { from, to, drops: new Map(), lastDrop: -1, lastDelivery: -1, count: 0 }));
  if (isDrop) {
    link.lastDrop = id;
    link.drops.set(nameAt(trace, id), id);
    link.count++;
  } else {
    link.lastDelivery = id;
    link.count = 0;
  }
}

function silencesOf(trace: Trace, moment: Moment, links: ReadonlyMap<number, Link>, node: number): Silence[] {
  const silences: Silence[] = [];
  for (const link of links.values()) {
    const { from, to, lastDrop, lastDelivery, count } = link;
    if (from !== node && to !== node) continue;
    const since = moment.since < 0 ? lastDelivery : moment.since;
    if (lastDrop <= since) continue;
    const drop = tellingDrop(trace, link, moment.family, since);
    silences.push({ moment, drop, count: Math.max(1, count), isToNode: to === node });
  }
  const isTaken = (one: Silence): number => (faultOf(trace, one.drop) === "" ? 1 : 0);
  return silences.sort((a, b) => isTaken(a) - isTaken(b) || Number(b.isToNode) - Number(a.isToNode) || b.drop - a.drop);
}

/** Of the drops of a silent link the last of the family asked for, else the last. */
function tellingDrop(trace: Trace, link: Link, family: string, since: RecordId): RecordId {
  let telling = -1;
  for (const drop of link.drops.values())
    if (drop > since && drop > telling && familyAt(trace, drop) === family) telling = drop;
  return telling < 0 ? link.lastDrop : telling;
}
