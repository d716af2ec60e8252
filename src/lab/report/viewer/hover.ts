import { formatSeconds } from "../../../trace/units.ts";
import { bandAt } from "../state-at.ts";
import type { DrawnMessage } from "./draw-messages.ts";
import { firstOperation } from "./draw-clients.ts";
import { discPlaces, type Scene } from "./draw-frame.ts";
import { ROLE_HEIGHT, timeAt } from "./layout.ts";

const OUTCOME_WORDS = [
  "ok",
  "refused: it certainly did not happen",
  "no answer: it may or may not have happened",
  "never returned",
];
const REACH = 4;

/** What lies under the pointer, in one line; `""` for nothing. */
export function wordsAt(scene: Scene, drawn: readonly DrawnMessage[], x: number, y: number): string {
  const disc = discAt(scene, x, y);
  if (disc !== undefined) return `${formatSeconds(disc.time)}  ${disc.text}`;
  return bandWords(scene, x, y) || operationAt(scene, x, y) || messageAt(scene, drawn, x, y);
}

/** The story item whose disc is under the pointer. */
export function discAt(
  scene: Scene,
  x: number,
  y: number,
): { readonly time: number; readonly text: string } | undefined {
  if (Math.abs(y - scene.layout.discs) > 11) return undefined;
  return discPlaces(scene).find((place) => Math.abs(place.x - x) <= 10)?.item;
}

function bandWords({ model, layout, view }: Scene, x: number, y: number): string {
  const at = timeAt(view, x);
  for (const [index, { top, bottom }] of layout.lanes.entries()) {
    const lane = model.nodes[index];
    if (lane === undefined || y < top || y > bottom) continue;
    const keys = y < top + ROLE_HEIGHT ? [lane.mainKey] : (lane.rows[Math.floor((y - top - ROLE_HEIGHT) / 16)] ?? []);
    for (const key of keys) {
      const band = bandAt(lane.states.find((track) => track.key === key)?.bands ?? [], at);
      if (band?.isShown === true)
        return `${lane.id}  ${key}: ${band.words}, ${formatSeconds(band.from)} to ${formatSeconds(band.to)} (${formatSeconds(band.to - band.from)})`;
    }
  }
  return "";
}

function operationAt({ model, layout, view }: Scene, x: number, y: number): string {
  const at = timeAt(view, x);
  const reach = timeAt(view, x + 3) - at;
  for (const [index, top] of layout.clients.entries()) {
    const lane = model.clients[index];
    if (lane === undefined || y < top || y > top + 14) continue;
    const { call, end, outcome, words } = lane.operations;
    let found = firstOperation(lane.operations, at - reach);
    while (found < call.length && (end[found] as number) + reach < at) found++;
    if (found >= call.length || (call[found] as number) - reach > at) return "";
    const from = call[found] as number;
    return `${lane.id}  ${model.operationWords[words[found] as number] ?? ""}, ${formatSeconds(from)}, ${OUTCOME_WORDS[outcome[found] as number] ?? ""} after ${formatSeconds((end[found] as number) - from)}`;
  }
  return "";
}

function messageAt({ model }: Scene, drawn: readonly DrawnMessage[], x: number, y: number): string {
  let best: DrawnMessage | undefined;
  let nearest = REACH;
  for (const line of drawn) {
    const distance = distanceTo(line, x, y);
    if (distance < nearest) {
      nearest = distance;
      best = line;
    }
  }
  if (best === undefined) return "";
  const { messages, names, messageTypes, dropCauses } = model;
  const { index } = best;
  const fate = messages.fate[index] as number;
  const took = formatSeconds(messages.took[index] as number);
  const end =
    fate === -1
      ? `delivered after ${took}`
      : fate === -2
        ? "still on its way at the end"
        : `${dropCauses[fate]?.words ?? "lost"} after ${took}`;
  const copy = ((messages.flags[index] as number) & 2) !== 0 ? ", second copy" : "";
  return `${names[messages.from[index] as number] ?? ""} → ${names[messages.to[index] as number] ?? ""}  ${messageTypes[messages.type[index] as number]?.name ?? ""}, sent ${formatSeconds(messages.sent[index] as number)}, ${end}${copy}`;
}

function distanceTo({ x1, y1, x2, y2 }: DrawnMessage, x: number, y: number): number {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const part = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
