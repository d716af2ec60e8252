import { formatSeconds } from "../../../trace/units.ts";
import type { MessageTone, ReportModel } from "../model.ts";
import type { Ink } from "../palette.ts";
import { GUTTER, RIGHT, xAt } from "./layout.ts";
import type { Scene } from "./draw-frame.ts";
import type { Surface } from "./surface.ts";

/** More background messages than this in the window are left out until the reader zooms in. */
const BACKGROUND_MAX = 240;
/** More lines than this are thinned to one a few pixels a pair of nodes. */
const LINES_MAX = 2_600;
const HEADS_MAX = 1_200;

/** A message as it was drawn, for the pointer. */
export interface DrawnMessage {
  readonly index: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

interface Style {
  readonly ink: Ink;
  readonly alpha: number;
  readonly width: number;
}

const STYLES: Readonly<Record<MessageTone, Style>> = {
  background: { ink: "msg", alpha: 0.4, width: 1 },
  routine: { ink: "msg", alpha: 0.62, width: 1 },
  append: { ink: "lead", alpha: 0.34, width: 1 },
  client: { ink: "msg", alpha: 0.4, width: 1 },
  decisive: { ink: "ink", alpha: 1, width: 1.3 },
};
const PAINT_ORDER: readonly MessageTone[] = ["background", "routine", "append", "decisive"];

/** Draws the messages between nodes in the window and labels their bursts. */
export function drawMessages(surface: Surface, scene: Scene): { readonly drawn: DrawnMessage[]; readonly labels: () => void } {
  const seen = messagesInView(scene);
  const drawn: DrawnMessage[] = [];
  for (const tone of PAINT_ORDER) {
    const batch = seen.filter((index) => toneOf(scene.model, index) === tone);
    if (tone === "background" && batch.length > BACKGROUND_MAX) {
      crosses(surface, scene, batch.filter((index) => isDropped(scene.model, index)), true);
      continue;
    }
    const lines = tone === "decisive" ? batch : thinned(scene, batch);
    drawn.push(...drawBatch(surface, scene, lines, tone));
    crosses(surface, scene, batch.filter((index) => isDropped(scene.model, index)), tone === "background");
  }
  return { drawn, labels: () => { drawLabels(surface, scene, seen); } };
}

function toneOf(model: ReportModel, index: number): MessageTone {
  const tone = model.messageTypes[model.messages.type[index] ?? 0]?.tone ?? "routine";
  return tone !== "client" && ((model.messages.flags[index] ?? 0) & 1) !== 0 ? "decisive" : tone;
}

function isDropped(model: ReportModel, index: number): boolean {
  return (model.messages.fate[index] ?? -1) >= 0;
}

/** Messages between nodes that touch the window, in order of sending. */
function messagesInView({ model, view }: Scene): number[] {
  const { sent, took, from, to } = model.messages;
  const nodes = model.nodes.length;
  const seen: number[] = [];
  for (let index = 0; index < sent.length; index++) {
    const at = sent[index] as number;
    if (at > view.to) break;
    if (at + (took[index] as number) < view.from) continue;
    if ((from[index] as number) < nodes && (to[index] as number) < nodes) seen.push(index);
  }
  return seen;
}

/** Leaves one line a few pixels for each pair of nodes and kind of message, when there are too many to tell apart. */
function thinned({ model, view }: Scene, batch: readonly number[]): readonly number[] {
  if (batch.length <= LINES_MAX) return batch;
  const { sent, from, to, type } = model.messages;
  const stride = Math.max(3, (3 * batch.length) / LINES_MAX / 2);
  const last = new Map<number, number>();
  return batch.filter((index) => {
    const pair = ((type[index] as number) * 64 + (from[index] as number)) * 64 + (to[index] as number);
    const x = xAt(view, sent[index] as number);
    if (x - (last.get(pair) ?? -Infinity) < stride) return false;
    last.set(pair, x);
    return true;
  });
}

function drawBatch(surface: Surface, scene: Scene, batch: readonly number[], tone: MessageTone): DrawnMessage[] {
  const { context, theme } = surface;
  const { model } = scene;
  const style = STYLES[tone];
  const drawn: DrawnMessage[] = [];
  const heads: DrawnMessage[] = [];
  const paths = [new Path2D(), new Path2D(), new Path2D()];
  for (const index of batch) {
    const line = lineOf(scene, index);
    if (line === undefined) continue;
    drawn.push(line);
    const fate = model.messages.fate[index] ?? -1;
    const isReply = model.messageTypes[model.messages.type[index] ?? 0]?.isReply === true;
    const path = paths[fate === -2 ? 2 : isReply ? 1 : 0] as Path2D;
    path.moveTo(line.x1, line.y1);
    path.lineTo(line.x2, line.y2);
    if (fate === -1) heads.push(line);
  }
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, scene.view.width - RIGHT - GUTTER, scene.layout.height);
  context.clip();
  context.strokeStyle = context.fillStyle = theme.ink(style.ink);
  context.globalAlpha = style.alpha;
  context.lineWidth = style.width;
  [[], tone === "decisive" ? [4, 2.5] : [2, 2], [1, 3]].forEach((dash, place) => {
    context.setLineDash(dash);
    context.stroke(paths[place] as Path2D);
  });
  context.setLineDash([]);
  if (heads.length <= HEADS_MAX) {
    const shape = new Path2D();
    for (const line of heads) head(shape, line, tone === "decisive" ? 6 : 4.2);
    context.globalAlpha = Math.min(1, style.alpha + 0.2);
    context.fill(shape);
  }
  context.restore();
  return drawn;
}

function head(shape: Path2D, { x1, y1, x2, y2 }: DrawnMessage, size: number): void {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const dx = (x2 - x1) / length;
  const dy = (y2 - y1) / length;
  shape.moveTo(x2, y2);
  shape.lineTo(x2 - size * (dx + 0.4 * dy), y2 - size * (dy - 0.4 * dx));
  shape.lineTo(x2 - size * (dx - 0.4 * dy), y2 - size * (dy + 0.4 * dx));
  shape.closePath();
}

/** From band edge to band edge; a dropped message ends where it was lost. */
function lineOf({ model, layout, view }: Scene, index: number): DrawnMessage | undefined {
  const { sent, took, from, to } = model.messages;
  const sender = from[index] as number;
  const receiver = to[index] as number;
  const a = layout.lanes[sender];
  const b = layout.lanes[receiver];
  if (a === undefined || b === undefined || sender === receiver) return undefined;
  const isDown = receiver > sender;
  const start = sent[index] as number;
  const x1 = xAt(view, start);
  const x2 = xAt(view, start + (took[index] as number));
  const y1 = isDown ? a.bottom : a.top;
  const y2 = isDown ? b.top : b.bottom;
  if (!isDropped(model, index)) return { index, x1, y1, x2, y2 };
  const lost = lostAt(model, layout, index, { y1, y2, isDown });
  const shift = (receiver - (model.nodes.length - 1) / 2) * 5;
  return { index, x1, y1, x2: lost.isAtBoundary ? Math.max(x1, x2) + shift : x1 + (x2 - x1) * lost.part, y2: lost.y };
}

function lostAt(model: ReportModel, layout: Scene["layout"], index: number, line: { y1: number; y2: number; isDown: boolean }): { readonly y: number; readonly part: number; readonly isAtBoundary: boolean } {
  const { from, to, fate, sent } = model.messages;
  const cause = model.dropCauses[fate[index] ?? 0];
  const { y1, y2, isDown } = line;
  if (cause?.reason === "partition") {
    const at = sent[index] as number;
    const side = layout.sides.find(({ partition }) => partition.fault === cause.fault && partition.from <= at + 1 && at <= partition.to);
    const boundaries = side?.boundaries.filter((y) => (y - y1) * (y - y2) < 0) ?? [];
    const group = (lane: number): number => side?.partition.groups.findIndex((members) => members.includes(lane)) ?? -1;
    const boundary = isDown ? boundaries[0] : boundaries[boundaries.length - 1];
    if (boundary !== undefined && group(from[index] as number) !== group(to[index] as number)) {
      return { y: boundary + (isDown ? -5 : 5), part: 1, isAtBoundary: true };
    }
  }
  const isAtReceiver = cause?.reason === "crashed" || cause?.reason === "stale-connection" || cause?.reason === "unknown-node";
  return isAtReceiver ? { y: y2 + (isDown ? -3 : 3), part: 1, isAtBoundary: false } : { y: (y1 + y2) / 2, part: 0.5, isAtBoundary: false };
}

/** One × a lost message; those that fall on the same few pixels are one, as their label counts them. */
function crosses(surface: Surface, scene: Scene, batch: readonly number[], isQuiet: boolean): void {
  const { context } = surface;
  const taken = new Set<string>();
  context.beginPath();
  for (const index of batch) {
    const line = lineOf(scene, index);
    if (line === undefined || line.x2 < GUTTER || line.x2 > scene.view.width - RIGHT) continue;
    const place = `${String(Math.round(line.x2 / 4))} ${String(Math.round(line.y2))}`;
    if (taken.has(place)) continue;
    taken.add(place);
    const size = isQuiet ? 1.8 : 2.6;
    context.moveTo(line.x2 - size, line.y2 - size);
    context.lineTo(line.x2 + size, line.y2 + size);
    context.moveTo(line.x2 + size, line.y2 - size);
    context.lineTo(line.x2 - size, line.y2 + size);
  }
  surface.stroke(isQuiet ? "ink3" : "ink", { width: isQuiet ? 1 : 1.35 });
}

function drawLabels(surface: Surface, scene: Scene, seen: readonly number[]): void {
  labelDrops(surface, scene, seen);
  labelDecisive(surface, scene, seen);
  labelRoutine(surface, scene, seen);
}

/** One label for each sender and cause: how many of what were lost, and to what. */
function labelDrops(surface: Surface, scene: Scene, seen: readonly number[]): void {
  const { model, view } = scene;
  const bursts = new Map<string, { first: DrawnMessage; counts: Map<number, number>; sender: number; cause: number; isUp: boolean }>();
  for (const index of seen) {
    if (!isDropped(model, index)) continue;
    const line = lineOf(scene, index);
    if (line === undefined || line.x2 < GUTTER || line.x2 > view.width - RIGHT) continue;
    const sender = model.messages.from[index] as number;
    const cause = model.messages.fate[index] as number;
    const name = `${String(sender)} ${String(cause)}`;
    let burst = bursts.get(name);
    if (burst === undefined) bursts.set(name, (burst = { first: line, counts: new Map(), sender, cause, isUp: line.y1 > line.y2 }));
    const type = model.messages.type[index] as number;
    burst.counts.set(type, (burst.counts.get(type) ?? 0) + 1);
  }
  const total = (burst: { counts: Map<number, number> }): number => [...burst.counts.values()].reduce((sum, count) => sum + count, 0);
  for (const burst of [...bursts.values()].sort((a, b) => total(b) - total(a)).slice(0, 8)) {
    const types = [...burst.counts].map(([type, count]) => ({ type: model.messageTypes[type], count })).sort((a, b) => b.count - a.count);
    const count = total(burst);
    const only = types.length === 1 ? types[0]?.type : undefined;
    const what = only === undefined ? "messages" : count === 1 ? only.one : only.many;
    const text = `× ${String(count)} ${what} of ${model.names[burst.sender] ?? ""} ${model.dropCauses[burst.cause]?.words ?? "lost"}`;
    const y = burst.first.y2 + (burst.isUp ? 17 : -9);
    surface.label(Math.max(burst.first.x2 + 14, GUTTER + 6), y, text, { slack: 480, limit: view.width - RIGHT - 26 });
  }
}

/** The first question of each sender that a state depends on (`n3 asks: vote`). */
function labelDecisive(surface: Surface, scene: Scene, seen: readonly number[]): void {
  const { model, view } = scene;
  const done = new Set<string>();
  for (const index of seen) {
    const type = model.messageTypes[model.messages.type[index] as number];
    if (type?.tone !== "decisive" || type.isReply) continue;
    const sender = model.messages.from[index] as number;
    const name = `${String(sender)} ${type.name}`;
    if (done.has(name) || done.size >= 6) continue;
    const line = lineOf(scene, index);
    if (line === undefined || line.x1 < GUTTER) continue;
    done.add(name);
    const isUp = line.y2 < line.y1;
    const text = `${model.names[sender] ?? ""}: ${type.one}?`;
    const y = isUp ? line.y1 - 12 : line.y1 + 22;
    if (!surface.label(line.x1 - 8, y, text, { weight: 600, align: "right" })) surface.label(line.x1 + 12, y, text, { weight: 600, slack: 64, limit: view.width - RIGHT });
  }
}

/** Names the commonest routine message at the left, with its rhythm, so that the grey lines are not a riddle. */
function labelRoutine(surface: Surface, scene: Scene, seen: readonly number[]): void {
  const { model, view } = scene;
  const counts = new Map<string, { sender: number; type: number; receiver: number; times: number[]; y: number }>();
  for (const index of seen) {
    const type = model.messages.type[index] as number;
    const look = model.messageTypes[type];
    if (look?.tone !== "routine" || look.isReply || isDropped(model, index)) continue;
    const sender = model.messages.from[index] as number;
    const receiver = model.messages.to[index] as number;
    if (Math.abs(sender - receiver) !== 1) continue;
    const name = `${String(sender)} ${String(receiver)} ${String(type)}`;
    let row = counts.get(name);
    const lane = scene.layout.lanes[Math.min(sender, receiver)];
    if (row === undefined) counts.set(name, (row = { sender, type, receiver, times: [], y: (lane?.bottom ?? 0) + 16 }));
    row.times.push(model.messages.sent[index] as number);
  }
  const first = [...counts.values()].filter((row) => row.times.length >= 3).sort((a, b) => (a.times[0] as number) - (b.times[0] as number))[0];
  if (first === undefined) return;
  const gaps = first.times.slice(1).map((time, index) => time - (first.times[index] as number)).sort((a, b) => a - b);
  const rhythm = formatSeconds(gaps[gaps.length >> 1] as number);
  const text = `${model.messageTypes[first.type]?.many ?? ""} of ${model.names[first.sender] ?? ""}, every ${rhythm}`;
  surface.label(Math.max(GUTTER + 10, xAt(view, first.times[0] as number) + 10), first.y, text, { limit: view.width - RIGHT });
}

/** How long the new leader had heard nothing from the old one before it asked to be elected. */
export function silence(model: ReportModel): { readonly lane: number; readonly from: number; readonly to: number } | undefined {
  const old = model.nodes.findIndex((lane) => lane.note === "old leader");
  const next = model.nodes.findIndex((lane) => lane.note === "new leader");
  const fault = Math.min(...model.faults.map((window) => window.from));
  const lane = model.nodes[next];
  const bands = lane?.states.find((track) => track.key === lane.mainKey)?.bands ?? [];
  const asks = bands.find((band) => band.from > fault && (band.tone === "candidate" || band.tone === "pre-candidate"))?.from;
  if (old < 0 || asks === undefined) return undefined;
  const { sent, took, from, to, fate } = model.messages;
  let heard = -1;
  for (let index = 0; index < sent.length && (sent[index] as number) <= asks; index++) {
    if (from[index] !== old || to[index] !== next || fate[index] !== -1) continue;
    const arrival = (sent[index] as number) + (took[index] as number);
    if (arrival <= asks) heard = Math.max(heard, arrival);
  }
  return heard < 0 ? undefined : { lane: next, from: heard, to: asks };
}
