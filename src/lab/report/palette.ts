/** Colours of the report by role, light and dark; values and contrasts are fixed by the project's visual language. */
export const PALETTE = {
  bg: ["#ffffff", "#101316"],
  panel: ["#f7f7f5", "#171b1f"],
  ink: ["#16191d", "#e9ebed"],
  ink2: ["#515962", "#a8b0b8"],
  ink3: ["#6b737c", "#8b949d"],
  rule: ["#e6e6e2", "#252a2f"],
  rule2: ["#c9cac6", "#424950"],
  lead: ["#0072b2", "#56b4e9"],
  onlead: ["#ffffff", "#06131c"],
  leadtint: ["#e1eff7", "#16303f"],
  leadtext: ["#005a8c", "#8fd0f5"],
  cand: ["#e69f00", "#e69f00"],
  oncand: ["#16191d", "#16110a"],
  candtext: ["#7a5200", "#f0b93f"],
  fol: ["#eceeee", "#23282d"],
  onfol: ["#515962", "#a8b0b8"],
  fence: ["#f7e8f0", "#2e1f29"],
  fenceline: ["#cc79a7", "#cc79a7"],
  fencetext: ["#8a2f66", "#eab3d0"],
  ok: ["#009e73", "#2bb98f"],
  oktext: ["#006b4e", "#4fd0a9"],
  bad: ["#d55e00", "#ff7f33"],
  badtext: ["#a84300", "#ff9a5c"],
  badtint: ["#fdeee3", "#33200f"],
  tinta: ["#f0e442", "#f0e442"],
  tintb: ["#56b4e9", "#56b4e9"],
  msg: ["#8b939b", "#7d868f"],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Ink = keyof typeof PALETTE;

/** How strongly the areas of the two sides of a partition are tinted. */
export const TINT_OPACITY = { tinta: [0.15, 0.075], tintb: [0.1, 0.085] } as const;

export const SANS =
  'Inter,-apple-system,"Segoe UI Variable Text","Segoe UI",system-ui,Roboto,"Helvetica Neue",Arial,sans-serif';
export const MONO =
  'ui-monospace,"SF Mono","Cascadia Mono","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace';

const inks = Object.keys(PALETTE) as Ink[];

function variables(theme: 0 | 1): string {
  const colours = inks.map((ink) => `--${ink}:${PALETTE[ink][theme]}`);
  const tints = (["tinta", "tintb"] as const).map((ink) => `--${ink}-op:${String(TINT_OPACITY[ink][theme])}`);
  return [...colours, ...tints].join(";");
}

/** The palette where the reader's system decides the colours: letters, borders and hatches tell states apart. */
export function systemVariables(): string {
  const system = (ink: Ink): string =>
    LINES.includes(ink)
      ? "GrayText"
      : ink === "lead"
        ? "Highlight"
        : ink === "onlead"
          ? "HighlightText"
          : SURFACES.includes(ink)
            ? "Canvas"
            : "CanvasText";
  return inks.map((ink) => `--${ink}:${system(ink)}`).join(";");
}
const LINES: readonly Ink[] = ["rule", "rule2"];
const SURFACES: readonly Ink[] = ["bg", "panel", "fol", "fence", "leadtint", "badtint", "cand", "tinta", "tintb"];

/** The palette as custom properties of the page, dark by preference of the reader; on paper always light. */
export function paletteVariables(): string {
  return `:root{${variables(0)};color-scheme:light}@media screen and (prefers-color-scheme:dark){:root{${variables(1)};color-scheme:dark}}`;
}

/**
 * Fill and stroke classes with the colours written out, for pictures that stand alone: a viewer that knows neither custom
 * properties nor media queries still shows the light one. Holds no character that XML would have to escape.
 */
export function paletteClasses(prefix: string): string {
  const of = (theme: 0 | 1): string =>
    inks
      .map((ink) => `.${prefix}f-${ink}{fill:${PALETTE[ink][theme]}}.${prefix}s-${ink}{stroke:${PALETTE[ink][theme]}}`)
      .join("") +
    (["tinta", "tintb"] as const)
      .map(
        (ink) =>
          `.${prefix}t-${ink}{fill:${PALETTE[ink][theme]};fill-opacity:${String(TINT_OPACITY[ink][theme] * 1.7)}}`,
      )
      .join("");
  return `${of(0)}@media screen and (prefers-color-scheme:dark){${of(1)}}`;
}
