import type { Tone } from "../model.ts";
import type { Ink } from "../palette.ts";

export type HatchKind = "fence" | "bad" | "down" | "paused";
export type InkOf = (ink: Ink) => string;

/** Colours and hatches as the reader's scheme has them now. */
export interface Theme {
  readonly ink: InkOf;
  readonly tint: (side: "tinta" | "tintb") => number;
  readonly sans: string;
  /** Whether the reader's system decides the colours: bands then have borders, and sides no tints. */
  readonly isForced: boolean;
  readonly hatch: (kind: HatchKind) => CanvasPattern | string;
}

export function readTheme(context: CanvasRenderingContext2D): Theme {
  const style = getComputedStyle(document.documentElement);
  const cache = new Map<string, string>();
  const ink = (name: Ink): string => {
    let value = cache.get(name);
    if (value === undefined) cache.set(name, (value = style.getPropertyValue(`--${name}`).trim()));
    return value;
  };
  const isForced = matchMedia("(forced-colors: active)").matches;
  const hatches = new Map<HatchKind, CanvasPattern | string>();
  return {
    ink,
    tint: (side) => (isForced ? 0 : Number(style.getPropertyValue(`--${side}-op`)) || 0.1),
    isForced,
    sans: getComputedStyle(document.body).fontFamily,
    hatch(kind) {
      let pattern = hatches.get(kind);
      if (pattern === undefined) hatches.set(kind, (pattern = makeHatch(context, kind, ink)));
      return pattern;
    },
  };
}

const HATCH_INKS = {
  fence: ["fence", "fenceline"],
  bad: ["badtint", "bad"],
  down: ["bg", "ink3"],
  paused: ["bg", "ink3"],
} as const;

function makeHatch(context: CanvasRenderingContext2D, kind: HatchKind, ink: InkOf): CanvasPattern | string {
  const size = kind === "paused" ? 5 : 8;
  const scale = 2;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size * scale;
  const pen = tile.getContext("2d");
  const [back, line] = HATCH_INKS[kind];
  if (pen === null) return ink(back);
  pen.scale(scale, scale);
  pen.fillStyle = ink(back);
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = ink(line);
  pen.lineWidth = kind === "fence" || kind === "bad" ? 2 : 1;
  pen.beginPath();
  if (kind === "paused") {
    pen.moveTo(0, 2.5);
    pen.lineTo(size, 2.5);
  } else {
    for (const shift of [-size, 0, size]) {
      if (kind !== "bad") {
        pen.moveTo(shift - 1, size + 1);
        pen.lineTo(shift + size + 1, -1);
      }
      if (kind !== "fence") {
        pen.moveTo(shift - 1, -1);
        pen.lineTo(shift + size + 1, size + 1);
      }
    }
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern ?? ink(back);
}

/** Fill, text and edge of a band by its tone. */
export const TONE_INKS: Readonly<
  Record<
    Tone,
    {
      readonly fill: Ink;
      readonly text: Ink;
      readonly edge?: Ink;
      readonly dash?: boolean;
      readonly isStrong?: boolean;
    }
  >
> = {
  leader: { fill: "lead", text: "onlead", isStrong: true },
  candidate: { fill: "cand", text: "oncand", edge: "candtext" },
  "pre-candidate": { fill: "bg", text: "candtext", edge: "cand", dash: true },
  follower: { fill: "fol", text: "onfol" },
  access: { fill: "leadtint", text: "leadtext" },
  fence: { fill: "fence", text: "fencetext", isStrong: true },
  plain: { fill: "bg", text: "ink2", edge: "rule2" },
};
