import type { Ink } from "./palette.ts";
import type { SvgElement } from "./svg-renderer.ts";

/** Draws one kind of mark a method, in palette inks. */
export class SvgPen {
  readonly #root: SvgElement;
  constructor(root: SvgElement) {
    this.#root = root;
  }
  rect(x: number, y: number, width: number, height: number, ink: Ink): void {
    this.#root
      .append("rect")
      .attr("x", round(x))
      .attr("y", round(y))
      .attr("width", round(Math.max(0.5, width)))
      .attr("height", round(height))
      .attr("class", `fo-f-${ink}`);
  }
  path(d: string, ink: Ink, width: number, dash = ""): void {
    const path = this.#root
      .append("path")
      .attr("d", d)
      .attr("fill", "none")
      .attr("stroke-width", width)
      .attr("class", `fo-s-${ink}`);
    if (dash !== "") path.attr("stroke-dasharray", dash);
  }
  area(d: string, ink: Ink, kind: "f" | "t" = "f"): void {
    this.#root.append("path").attr("d", d).attr("class", `fo-${kind}-${ink}`);
  }
  text(
    x: number,
    y: number,
    text: string,
    ink: Ink,
    options: { size?: number; weight?: number; anchor?: "middle" | "end" } = {},
  ): void {
    const element = this.#root
      .append("text")
      .attr("x", round(x))
      .attr("y", round(y))
      .attr("font-size", options.size ?? 11)
      .attr("class", `fo-f-${ink}`)
      .text(text);
    if (options.anchor !== undefined) element.attr("text-anchor", options.anchor);
    if (options.weight !== undefined) element.attr("font-weight", options.weight);
  }
  hatch(x: number, y: number, width: number, height: number, kind: "fence" | "bad" | "down" | "paused"): void {
    const [back, line] = HATCHES[kind];
    this.rect(x, y, width, height, back);
    this.path(hatchPath(kind, x, y, width, height), line, kind === "fence" || kind === "bad" ? 1.8 : 1);
  }
}

const HATCHES = {
  fence: ["fence", "fenceline"],
  bad: ["badtint", "bad"],
  down: ["bg", "ink3"],
  paused: ["bg", "ink3"],
} as const;

/** The lines of a hatch, cut to the box, as one path: patterns would need ids, which clash when a page shows two pictures. */
function hatchPath(kind: keyof typeof HATCHES, x: number, y: number, width: number, height: number): string {
  if (kind === "paused")
    return [0.25, 0.5, 0.75].map((part) => `M${num(x)} ${num(y + height * part)}h${num(width)}`).join("");
  const steps: string[] = [];
  const slanted = (isRising: boolean): void => {
    for (let offset = -height; offset < width; offset += 6) {
      const a = Math.max(0, -offset);
      const b = Math.min(height, width - offset);
      if (b - a < 0.5) continue;
      const y1 = isRising ? y + height - a : y + a;
      const y2 = isRising ? y + height - b : y + b;
      steps.push(`M${num(x + offset + a)} ${num(y1)}L${num(x + offset + b)} ${num(y2)}`);
    }
  };
  if (kind !== "bad") slanted(true);
  if (kind !== "fence") slanted(false);
  return steps.join("");
}

export function boxPath(x: number, y: number, width: number, height: number): string {
  return `M${num(x)} ${num(y)}h${num(Math.max(0.5, width))}v${num(height)}h${num(-Math.max(0.5, width))}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
export function num(value: number): string {
  return String(round(value));
}
