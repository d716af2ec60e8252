import { formatSeconds } from "../../../trace/units.ts";
import type { Ink } from "../palette.ts";
import { formatCount } from "../words.ts";
import type { Scene } from "./draw-frame.ts";
import { isDropped, lineOf, type Drawn, type DrawnMessage } from "./draw-messages.ts";
import { GUTTER, RIGHT, xAt } from "./layout.ts";
import type { Surface } from "./surface.ts";

const BURST_LABELS_MAX = 4;

/** Labels what the lines are: bursts of losses, questions that states depend on, the rhythm of routine. */
export function labelMessages(surface: Surface, scene: Scene, { told }: Drawn): void {
  labelDrops(surface, scene);
  labelDecisive(surface, scene, told);
  labelRoutine(surface, scene, told);
}

interface Burst {
  readonly first: DrawnMessage;
  readonly counts: Map<number, number>;
  readonly sender: number;
  readonly cause: number;
  last: number;
  /** Kind of the last message, and how many of it are not yet in the counts. */
  kind: number;
  count: number;
}

/** One label for each burst of a sender with one cause: how many of what were lost, and to what. */
function labelDrops(surface: Surface, scene: Scene): void {
  const { model, view } = scene;
  const written = new Set<string>();
  const write = (burst: Burst, whose: string, ink: Ink): void => {
    const [type] = burst.counts.keys();
    const count = total(burst);
    const look = burst.counts.size === 1 ? model.messageTypes[type as number] : undefined;
    const what = look === undefined ? (count === 1 ? "message" : "messages") : count === 1 ? look.one : look.many;
    const text = `× ${formatCount(count)} ${what}${whose} ${model.dropCauses[burst.cause]?.words ?? "lost"}`;
    if (written.has(text)) return;
    written.add(text);
    const isUp = burst.first.y1 > burst.first.y2;
    const x = Math.max(burst.first.x2 + 14, GUTTER + 6);
    surface.label(x, burst.first.y2 + (isUp ? 18 : -10), text, { ink, slack: 320, limit: view.width - RIGHT - 26 });
  };
  const { bursts, quiet } = burstsOf(scene);
  const largest = bursts.length === 0 ? 0 : total(bursts[0] as Burst);
  for (const burst of bursts.slice(0, BURST_LABELS_MAX).filter((one) => total(one) * 50 >= largest))
    write(burst, ` of ${model.names[burst.sender] ?? ""}`, "ink");
  for (const burst of quiet.slice(0, 1)) write(burst, "", "ink2");
}

function total(burst: Burst): number {
  let sum = 0;
  for (const count of burst.counts.values()) sum += count;
  return sum;
}

/** Bursts by sender and cause, largest first; those of the detector by cause alone. A pause of an eighth of the window begins another. */
function burstsOf(scene: Scene): { readonly bursts: Burst[]; readonly quiet: Burst[] } {
  const { model, view } = scene;
  const { fate, sent, type, from } = model.messages;
  const causes = model.dropCauses.length;
  const isQuiet = model.messageTypes.map(({ tone }) => tone === "background");
  const pause = (view.to - view.from) / 8;
  const open: (Burst | undefined)[] = [];
  const all: Burst[] = [];
  scene.index.lost.eachIn(view.seen.from, view.seen.to, (index) => {
    const kind = type[index] as number;
    const sender = isQuiet[kind] === true ? -1 : (from[index] as number);
    const cause = fate[index] as number;
    const at = sent[index] as number;
    let burst = open[(sender + 1) * causes + cause];
    if (burst === undefined || at - burst.last > pause) {
      const line = lineOf(scene, index);
      if (line === undefined || line.x2 < GUTTER || line.x2 > view.width - RIGHT) return;
      burst = { first: line, counts: new Map(), sender, cause, last: at, kind: -1, count: 0 };
      open[(sender + 1) * causes + cause] = burst;
      all.push(burst);
    }
    // Most of a burst is of one kind: counted beside the map, and put there when another begins.
    if (burst.kind !== kind) settle(burst, kind);
    burst.count++;
    burst.last = at;
  });
  for (const burst of all) settle(burst, -1);
  all.sort((a, b) => total(b) - total(a));
  return { bursts: all.filter(({ sender }) => sender >= 0), quiet: all.filter(({ sender }) => sender < 0) };
}

function settle(burst: Burst, next: number): void {
  if (burst.count > 0) burst.counts.set(burst.kind, (burst.counts.get(burst.kind) ?? 0) + burst.count);
  burst.kind = next;
  burst.count = 0;
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
    if (!surface.label(line.x1 - 8, y, text, { weight: 600, align: "right", floor: GUTTER }))
      surface.label(line.x1 + 12, y, text, { weight: 600, slack: 64, limit: view.width - RIGHT });
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
  const first = [...counts.values()]
    .filter((row) => row.times.length >= 3)
    .sort((a, b) => (a.times[0] as number) - (b.times[0] as number))[0];
  if (first === undefined) return;
  const gaps = first.times
    .slice(1)
    .map((time, index) => time - (first.times[index] as number))
    .sort((a, b) => a - b);
  const rhythm = formatSeconds(gaps[gaps.length >> 1] as number);
  const text = `${model.messageTypes[first.type]?.many ?? ""} of ${model.names[first.sender] ?? ""}, every ${rhythm}`;
  surface.label(Math.max(GUTTER + 10, xAt(view, first.times[0] as number, first.sender) + 10), first.y, text, {
    limit: view.width - RIGHT,
  });
}
