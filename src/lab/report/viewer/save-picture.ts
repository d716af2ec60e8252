import { wrapped } from "./wrap-text.ts";

const MARGIN = 20;
const LINE = 19;

/** What stands above and below a saved picture. */
export interface Caption {
  readonly title: string;
  readonly words: string;
  /** In small letters beneath it. */
  readonly foot: readonly string[];
}

/** The canvas as it is, with a caption, in the reader's colours and at the reader's scale. */
export function pictureOf(canvas: HTMLCanvasElement, { title, words, foot }: Caption): HTMLCanvasElement {
  const scale = canvas.width / (canvas.clientWidth || canvas.width);
  const style = getComputedStyle(document.body);
  const width = canvas.width / scale;
  const picture = document.createElement("canvas");
  const pen = picture.getContext("2d");
  if (pen === null) throw new Error("This browser draws no canvas.");
  const lines = (text: string, font: string): readonly string[] => {
    pen.font = font;
    return wrapped(text, (part) => pen.measureText(part).width <= width);
  };
  const [large, plain, small] = [
    `600 16px ${style.fontFamily}`,
    `13px ${style.fontFamily}`,
    `11.5px ${style.fontFamily}`,
  ];
  const above = [
    ...lines(title, large).map((text) => ({ text, font: large, ink: "--ink" })),
    ...lines(words, plain).map((text) => ({ text, font: plain, ink: "--ink2" })),
  ];
  const below = foot.flatMap((text) => lines(text, small)).map((text) => ({ text, font: small, ink: "--ink2" }));
  const top = MARGIN + above.length * LINE + 8;
  const height = canvas.height / scale;
  picture.width = canvas.width + Math.round(2 * MARGIN * scale);
  picture.height = Math.round((top + height + 8 + below.length * LINE + MARGIN) * scale);
  pen.fillStyle = style.getPropertyValue("--bg");
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(canvas, Math.round(MARGIN * scale), Math.round(top * scale));
  pen.scale(scale, scale);
  const write = (from: number, rows: readonly { text: string; font: string; ink: string }[]): void => {
    rows.forEach(({ text, font, ink }, row) => {
      pen.font = font;
      pen.fillStyle = style.getPropertyValue(ink);
      pen.fillText(text, MARGIN, from + (row + 0.75) * LINE);
    });
  };
  write(MARGIN, above);
  write(top + height + 8, below);
  return picture;
}
