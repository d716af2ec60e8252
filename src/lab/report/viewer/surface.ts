import type { Ink } from "../palette.ts";
import type { HatchKind, Theme } from "./theme.ts";

export interface TextOptions {
  readonly ink?: Ink;
  readonly size?: number;
  readonly weight?: number;
  readonly align?: CanvasTextAlign;
  /** A page-coloured outline, for text over lines. */
  readonly halo?: boolean;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A canvas that speaks in palette inks and keeps labels from overlapping. */
export class Surface {
  readonly context: CanvasRenderingContext2D;
  readonly theme: Theme;
  #labels: Box[] = [];

  constructor(context: CanvasRenderingContext2D, theme: Theme) {
    this.context = context;
    this.theme = theme;
  }

  clear(width: number, height: number): void {
    this.#labels = [];
    this.context.fillStyle = this.theme.ink("bg");
    this.context.fillRect(0, 0, width, height);
  }

  rect(x: number, y: number, width: number, height: number, ink: Ink, alpha = 1): void {
    this.context.globalAlpha = alpha;
    this.context.fillStyle = this.theme.ink(ink);
    this.context.fillRect(x, y, Math.max(0, width), height);
    this.context.globalAlpha = 1;
  }

  hatch(x: number, y: number, width: number, height: number, kind: HatchKind): void {
    this.context.fillStyle = this.theme.hatch(kind);
    this.context.fillRect(x, y, Math.max(0, width), height);
  }

  box(
    x: number,
    y: number,
    width: number,
    height: number,
    ink: Ink,
    options: { width?: number; dash?: readonly number[] } = {},
  ): void {
    const { context } = this;
    context.strokeStyle = this.theme.ink(ink);
    context.lineWidth = options.width ?? 1;
    context.setLineDash([...(options.dash ?? [])]);
    context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), height - 1);
    context.setLineDash([]);
  }

  line(
    points: readonly (readonly [number, number])[],
    ink: Ink,
    options: { width?: number; dash?: readonly number[]; alpha?: number } = {},
  ): void {
    const { context } = this;
    context.beginPath();
    points.forEach(([x, y], index) => {
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    this.stroke(ink, options);
  }

  stroke(ink: Ink, options: { width?: number; dash?: readonly number[]; alpha?: number } = {}): void {
    const { context } = this;
    context.globalAlpha = options.alpha ?? 1;
    context.strokeStyle = this.theme.ink(ink);
    context.lineWidth = options.width ?? 1;
    context.setLineDash([...(options.dash ?? [])]);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  text(x: number, y: number, text: string, options: TextOptions = {}): void {
    const { context } = this;
    this.#font(options);
    context.textAlign = options.align ?? "left";
    if (options.halo === true) {
      context.strokeStyle = this.theme.ink("bg");
      context.lineWidth = 5;
      context.lineJoin = "round";
      context.strokeText(text, x, y);
    }
    context.fillStyle = this.theme.ink(options.ink ?? "ink2");
    context.fillText(text, x, y);
  }

  width(text: string, options: TextOptions = {}): number {
    this.#font(options);
    return this.context.measureText(text).width;
  }

  /**
   * Writes a label where it does not touch an earlier one, moving it right by up to `slack` px.
   *
   * @returns Whether there was room. The more important label must come first.
   */
  label(
    x: number,
    y: number,
    text: string,
    options: TextOptions & { slack?: number; floor?: number; limit?: number } = {},
  ): boolean {
    const size = options.size ?? 11.5;
    const width = this.width(text, { ...options, size });
    const shift = options.align === "right" ? -width : options.align === "center" ? -width / 2 : 0;
    for (let slack = 0; slack <= (options.slack ?? 0); slack += 8) {
      const left = x + shift + slack;
      const box = { left: left - 4, right: left + width + 4, top: y - size, bottom: y + 4 };
      if (box.right > (options.limit ?? Infinity) || left < (options.floor ?? -Infinity)) return false;
      if (!this.#isFree(box)) continue;
      this.#labels.push(box);
      this.text(left, y, text, { halo: true, size, ink: "ink", ...options, align: "left" });
      return true;
    }
    return false;
  }

  /** Whether no label, and nothing that is kept free of labels, is in a box. */
  isFree(left: number, top: number, right: number, bottom: number): boolean {
    return this.#isFree({ left, top, right, bottom });
  }

  /** Keeps later labels out of a box. */
  reserve(left: number, top: number, right: number, bottom: number): void {
    this.#labels.push({ left, top, right, bottom });
  }

  /** A dimension line with its text in a gap of the line, or after it where there is no room. */
  dimension(from: number, to: number, y: number, text: string, ink: Ink = "ink"): void {
    const options = { size: 11.5, weight: 600, ink } as const;
    const width = this.width(text, options) + 12;
    const middle = (from + to) / 2;
    const isInside = to - from > width + 12;
    const left = isInside ? middle - width / 2 : to + 2;
    if (!this.#isFree({ left, top: y - 7, right: left + width, bottom: y + 7 })) return;
    this.reserve(Math.min(from, left), y - 8, Math.max(to, left + width), y + 8);
    for (const x of [from, to]) {
      this.line(
        [
          [x, y - 5],
          [x, y + 5],
        ],
        ink,
      );
    }
    const gap: readonly (readonly [number, number])[] = isInside
      ? [
          [from, middle - width / 2],
          [middle + width / 2, to],
        ]
      : [[from, to]];
    for (const [a, b] of gap) {
      this.line(
        [
          [a, y],
          [b, y],
        ],
        ink,
      );
    }
    if (!isInside) this.rect(left, y - 8, width, 16, "bg");
    this.text(isInside ? middle : to + 7, y + 4, text, {
      ...options,
      align: isInside ? "center" : "left",
      halo: isInside,
    });
  }

  #isFree(box: Box): boolean {
    return !this.#labels.some(
      (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
    );
  }

  #font(options: TextOptions): void {
    this.context.font = `${String(options.weight ?? 400)} ${String(options.size ?? 11)}px ${this.theme.sans}`;
  }
}
