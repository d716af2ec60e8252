import type { Scene } from "./draw-frame.ts";
import { GUTTER, RIGHT, spanAt } from "./layout.ts";
import type { Surface } from "./surface.ts";

const FAULT_NAME = { size: 11, weight: 650, ink: "ink" } as const;

/** One arrow-shaped box a fault; an arrow end means that it goes on. */
export function drawFaults(surface: Surface, { model, layout, view }: Scene): void {
  if (model.faults.length > 0) surface.text(GUTTER - 14, layout.faults + 12, "fault", { size: 12, align: "right" });
  const boxes = model.faults.flatMap((fault) => {
    const span = spanAt(view, fault.from, fault.to);
    if (span === undefined) return [];
    const name = surface.width(fault.id, FAULT_NAME);
    const right = Math.max(span.right, span.left + 3);
    return [{ fault, left: span.left, right, name, isInside: right - span.left > name + 20 }];
  });
  for (const { fault, left, right } of boxes) {
    const y = layout.faults + fault.row * layout.faultPitch;
    const end = fault.isOpen || fault.to > view.to ? right - 8 : right;
    const { context, theme } = surface;
    context.beginPath();
    context.moveTo(left + 0.5, y + 0.5);
    context.lineTo(end, y + 0.5);
    if (end < right) context.lineTo(right, y + 8.5);
    context.lineTo(end, y + 16.5);
    context.lineTo(left + 0.5, y + 16.5);
    context.closePath();
    context.fillStyle = theme.ink("bg");
    context.fill();
    surface.stroke("ink", { width: 1.25 });
  }
  // Those that have room in their box first; beside a box a name goes as far as the next box of its row.
  for (const box of boxes.sort((a, b) => Number(b.isInside) - Number(a.isInside))) {
    const { fault, isInside, name } = box;
    const y = layout.faults + fault.row * layout.faultPitch + 12.5;
    const next = boxes.filter((other) => other.fault.row === fault.row && other.left >= box.right);
    const limit = isInside ? box.right : Math.min(view.width - RIGHT, ...next.map(({ left }) => left));
    const x = isInside ? box.left + 8 : box.right + 5;
    if (!surface.label(x, y, fault.id, { ...FAULT_NAME, halo: !isInside, limit })) continue;
    let words = fault.words;
    while (words !== "" && surface.width(words) > limit - x - name - 20)
      words = words.includes(",") ? words.slice(0, words.lastIndexOf(",")) : "";
    if (words !== "") surface.label(x + name + 8, y, words, { ink: "ink2", size: 11, halo: !isInside });
  }
}
