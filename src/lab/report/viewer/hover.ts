import { formatSeconds } from "../../../trace/units.ts";
import { bandAt } from "../state-at.ts";
import type { DrawnMessage } from "./draw-messages.ts";
import { messageText } from "./event-text.ts";
import { firstOperation } from "./draw-clients.ts";
import { effectWords } from "./effects.ts";
import { discPlaces, type Scene } from "./draw-frame.ts";
import { ROLE_HEIGHT, timeAt, xAt } from "./layout.ts";

const OUTCOME_WORDS = [
  "ok",
  "refused: it certainly did not happen",
  "no answer: it may or may not have happened",
  "never returned",
];
const REACH = 4;
const POINT_REACH = 4;

/** What lies under the pointer. */
export interface Hit {
  readonly words: string;
  /** −1 for what is no record of the page. */
  readonly record: number;
  readonly time: number;
}

/** What lies under the pointer, in one line; `undefined` for nothing. */
export function hitAt(scene: Scene, drawn: readonly DrawnMessage[], x: number, y: number): Hit | undefined {
  const disc = discAt(scene, x, y);
  if (disc !== undefined)
    return { words: `${formatSeconds(disc.time)}  ${disc.text}`, record: disc.record, time: disc.time };
  return (
    pointAt(scene, x, y) ?? bandAtPointer(scene, x, y) ?? operationAt(scene, x, y) ?? messageAt(scene, drawn, x, y)
  );
}

/** The story item whose disc is under the pointer. */
export function discAt(
  scene: Scene,
  x: number,
  y: number,
): { readonly time: number; readonly text: string; readonly record: number } | undefined {
  if (Math.abs(y - scene.layout.discs) > 11) return undefined;
  return discPlaces(scene).find((place) => Math.abs(place.x - x) <= 10)?.item;
}

/** A diamond at the lower edge of a main band. */
function pointAt({ model, layout, view, shownPoints }: Scene, x: number, y: number): Hit | undefined {
  const lane = layout.lanes.findIndex(({ top }) => Math.abs(y - top - ROLE_HEIGHT) <= POINT_REACH);
  const { at, words, record, texts } = model.points;
  let best: number | undefined;
  for (const place of shownPoints.get(lane) ?? []) {
    const distance = Math.abs(xAt(view, at[place] as number, lane) - x);
    if (distance <= POINT_REACH && (best === undefined || distance < Math.abs(xAt(view, at[best] as number, lane) - x)))
      best = place;
  }
  if (best === undefined) return undefined;
  const time = at[best] as number;
  return {
    words: `${model.nodes[lane]?.id ?? ""}  ${texts[words[best] as number] ?? ""}, ${formatSeconds(time)}`,
    record: record[best] as number,
    time,
  };
}

function bandAtPointer({ model, layout, view }: Scene, x: number, y: number): Hit | undefined {
  for (const [index, { top, bottom }] of layout.lanes.entries()) {
    const lane = model.nodes[index];
    if (lane === undefined || y < top || y > bottom) continue;
    const at = timeAt(view, x, index);
    const keys = y < top + ROLE_HEIGHT ? [lane.mainKey] : (lane.rows[Math.floor((y - top - ROLE_HEIGHT) / 16)] ?? []);
    for (const key of keys) {
      const band = bandAt(lane.states.find((track) => track.key === key)?.bands ?? [], at);
      if (band?.isShown === true)
        return {
          words: `${lane.id}  ${key}: ${band.words}, ${formatSeconds(band.from)} to ${formatSeconds(band.to)} (${formatSeconds(band.to - band.from)})`,
          record: band.record,
          time: band.from,
        };
    }
  }
  return undefined;
}

function operationAt({ model, layout, view }: Scene, x: number, y: number): Hit | undefined {
  const at = timeAt(view, x);
  const reach = timeAt(view, x + 3) - at;
  for (const [index, top] of layout.clients.entries()) {
    const lane = model.clients[index];
    if (lane === undefined || y < top || y > top + 14) continue;
    const { call, end, outcome, words } = lane.operations;
    let found = firstOperation(lane.operations, at - reach);
    while (found < call.length && (end[found] as number) + reach < at) found++;
    if (found >= call.length || (call[found] as number) - reach > at) return undefined;
    const from = call[found] as number;
    const record = lane.operations.record[found] as number;
    return {
      words: `${lane.id}  ${model.operationWords[words[found] as number] ?? ""}, ${formatSeconds(from)}, ${OUTCOME_WORDS[outcome[found] as number] ?? ""} after ${formatSeconds((end[found] as number) - from)}${effectWords(model, record)}`,
      record,
      time: from,
    };
  }
  return undefined;
}

function messageAt({ model }: Scene, drawn: readonly DrawnMessage[], x: number, y: number): Hit | undefined {
  let best: DrawnMessage | undefined;
  let nearest = REACH;
  for (const line of drawn) {
    const distance = distanceTo(line, x, y);
    if (distance < nearest) {
      nearest = distance;
      best = line;
    }
  }
  if (best === undefined) return undefined;
  const { index } = best;
  return {
    words: messageText(model, index),
    record: model.messages.record[index] as number,
    time: model.messages.sent[index] as number,
  };
}

function distanceTo({ x1, y1, x2, y2 }: DrawnMessage, x: number, y: number): number {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const part = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
