import { escapeHtml } from "./escape.ts";
import type { Why, WhyStep } from "./model.ts";
import { shorten } from "./words.ts";

const LEFT = 74;
const RIGHT = 26;
const STEP = 44;
const LANE = 58;
const TOP = 30;
const LANES_MAX = 6;
const RADIUS = 9.5;

interface Place {
  readonly step: WhyStep;
  readonly number: number;
  readonly x: number;
  readonly y: number;
}

/** The shown steps as they follow from each other: nodes as lines, steps at equal distances, the same numbers as in the list. */
export function whyDiagram({ steps }: Why, names: readonly string[]): string {
  const shown = steps.filter((step) => step.isShown);
  const lanes = lanesOf(shown, names);
  const hasFaults = shown.some((step) => step.node === "");
  const first = TOP + (hasFaults ? 34 : 0);
  const laneY = (node: string): number => (node === "" ? TOP - 6 : first + Math.max(0, lanes.indexOf(node)) * LANE);
  const places = shown.map((step, index): Place => ({
    step,
    number: index + 1,
    x: LEFT + 20 + index * STEP,
    // A lost message is where it was sent: its receiver never had it.
    y: laneY(step.kind === "dropped" ? step.other : step.node),
  }));
  const width = LEFT + 20 + Math.max(1, shown.length - 1) * STEP + RIGHT;
  const height = first + Math.max(0, lanes.length - 1) * LANE + 34;
  const parts = [
    ...lanes.map((node) => laneLine(node, laneY(node), width)),
    ...(hasFaults
      ? [`<text x="${String(LEFT - 12)}" y="${String(TOP - 2)}" class="ws" text-anchor="end">faults</text>`]
      : []),
    ...places.map((place) => edge(place, places, steps, laneY)),
    ...places.map(disc),
  ];
  return `<svg class="why" viewBox="0 0 ${String(width)} ${String(height)}" style="max-width:${String(width)}px" role="group" aria-label="The ${String(shown.length)} records of the list as they follow from each other">${parts.join("")}</svg>`;
}

/** Nodes of the steps, in the order of the timeline; of many those of the last steps. */
function lanesOf(shown: readonly WhyStep[], names: readonly string[]): readonly string[] {
  const nodes = shown
    .flatMap(({ node, other, kind }) => (kind === "dropped" ? [other, node] : [node]))
    .filter((node) => node !== "");
  const last = [...new Set(nodes.reverse())].slice(0, LANES_MAX);
  return last.sort((a, b) => names.indexOf(a) - names.indexOf(b));
}

function laneLine(node: string, y: number, width: number): string {
  return `<path d="M${String(LEFT)} ${String(y)}H${String(width - 8)}" class="wl"/><text x="${String(LEFT - 12)}" y="${String(y + 4.5)}" class="wn" text-anchor="end">${escapeHtml(shorten(node, 9))}</text>`;
}

/** From a step to the one it led to; a lost message to its × and from there, dotted, to what missed it. */
function edge(
  { step, x, y }: Place,
  places: readonly Place[],
  steps: readonly WhyStep[],
  laneY: (node: string) => number,
): string {
  const effect = places.find(({ step: other }) => other === nearestShown(step, steps));
  if (step.kind === "dropped") {
    const to = laneY(step.node);
    const [lostX, lostY] = [x + 14, y + (to - y) * 0.6];
    const lost = `<path d="M${num(x)} ${num(y)}L${num(lostX)} ${num(lostY)}" class="we"/><path d="M${num(lostX - 4)} ${num(lostY - 4)}l8 8m0-8l-8 8" class="wx"/>`;
    if (effect === undefined) return lost;
    return `${lost}<path d="M${num(lostX + 5)} ${num(lostY)}Q${num((lostX + effect.x) / 2)} ${num(lostY)} ${num(effect.x)} ${num(effect.y)}" class="wm"/>`;
  }
  if (effect === undefined) return "";
  const kind = step.node === "" ? "wm" : "we";
  if (effect.y === y && Math.abs(effect.x - x) > STEP) {
    // Over the steps between them.
    const lift = Math.min(20, 8 + (effect.x - x) / 20);
    return `<path d="M${num(x)} ${num(y)}C${num(x + 20)} ${num(y - 2 * lift)} ${num(effect.x - 20)} ${num(y - 2 * lift)} ${num(effect.x)} ${num(y)}" class="${kind}"/>`;
  }
  return `<path d="M${num(x)} ${num(y)}L${num(effect.x)} ${num(effect.y)}" class="${kind}"/>${step.node === "" ? "" : head(x, y, effect.x, effect.y)}`;
}

/** The step it led to, or the nearest behind it that is shown. */
function nearestShown(step: WhyStep, steps: readonly WhyStep[]): WhyStep | undefined {
  let next = steps[step.explains];
  for (let hops = 0; next !== undefined && !next.isShown && hops < steps.length; hops++) next = steps[next.explains];
  return next;
}

function head(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [x, y] = [x2 - dx * (RADIUS + 1), y2 - dy * (RADIUS + 1)];
  return `<path d="M${num(x)} ${num(y)}L${num(x - 7 * dx - 3 * dy)} ${num(y - 7 * dy + 3 * dx)}L${num(x - 7 * dx + 3 * dy)} ${num(y - 7 * dy - 3 * dx)}Z" class="wh"/>`;
}

function disc({ step, number, x, y }: Place): string {
  const kind = step.isLast ? "wd bad" : "wd";
  return `<a href="#t=${String(step.time)}&amp;sel=e${String(step.record)}" data-time="${String(step.time)}" data-record="${String(step.record)}"><title>${escapeHtml(`${step.node} ${step.text}`)}</title><circle cx="${num(x)}" cy="${num(y)}" r="${num(RADIUS)}" class="${kind}"/><text x="${num(x)}" y="${num(y + 3.8)}" class="wt${step.isLast ? " bad" : ""}" text-anchor="middle">${String(number)}</text></a>`;
}

function num(value: number): string {
  return String(Math.round(value * 10) / 10);
}
