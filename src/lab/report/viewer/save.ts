import { shellWord } from "../../../trace/replay-line.ts";
import { formatSeconds } from "../../../trace/units.ts";
import { textTimelineOf } from "../exports/text-picture.ts";
import type { ReportModel } from "../model.ts";
import { copy } from "./listen-to-page.ts";
import { pictureOf } from "./save-picture.ts";
import { write } from "./state-table.ts";
import { windowLines } from "./window-records.ts";

const KEPT_MS = 60_000;

/** What is saved of the page. */
export interface SaveSource {
  readonly model: ReportModel;
  readonly canvas: HTMLCanvasElement;
  readonly window: () => { readonly from: number; readonly to: number };
  /** Draws what is asked for at once, and says what of the window is not drawn one by one. */
  readonly draw: () => string;
}

/** The panel that saves what the page shows: each button a file, and the commands for what needs the trace. */
export class Save {
  readonly #source: SaveSource;
  readonly #panel: HTMLElement | null;

  constructor(source: SaveSource) {
    this.#source = source;
    this.#panel = document.getElementById("save");
    this.#panel?.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.toggle();
    });
    for (const button of document.querySelectorAll<HTMLElement>("[data-save]"))
      button.addEventListener("click", () => {
        this.#save(button.dataset["save"] ?? "");
      });
    for (const button of document.querySelectorAll<HTMLElement>("[data-copy]"))
      button.addEventListener("click", () => {
        copy(document.getElementById(button.dataset["copy"] ?? "")?.textContent ?? "", () => {
          write("live", "The command is copied.");
        });
      });
  }

  /** Opens the panel, or closes it; the keyboard is then at its name. */
  toggle(): void {
    this.#panel?.toggleAttribute("open");
    this.#panel?.querySelector("summary")?.focus();
  }

  /** Writes the commands for a window. */
  show(from: number, to: number): void {
    const { scenario, seed } = this.#source.model;
    const span = `--from ${String(Math.floor(from) / 1_000_000)}s --to ${String(Math.ceil(to) / 1_000_000)}s`;
    for (const format of ["chrome-trace", "shiviz"])
      write(`for-${format}`, `faultline report ${shellWord(`reports/${scenario}-${seed}`)} --format ${format} ${span}`);
  }

  #save(what: string): void {
    const { model, canvas, draw } = this.#source;
    const window = this.#source.window();
    const slice = { from: Math.floor(window.from), to: Math.ceil(window.to) };
    const span = `${formatSeconds(slice.from).replace(" s", "")}-${formatSeconds(slice.to).replace(" s", "s")}`;
    switch (what) {
      case "picture":
        pictureOf(canvas, captionOf(model, slice, draw())).toBlob((blob) => {
          if (blob === null) write("says", "This browser makes no picture of what it has drawn.");
          else this.#give(blob, `${span}.png`);
        }, "image/png");
        break;
      case "overview": {
        const svg = document.querySelector(".whole>svg");
        if (svg === null) return;
        const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
        this.#give(new Blob([xml], { type: "image/svg+xml" }), "overview.svg");
        break;
      }
      case "records":
        this.#give(new Blob([windowLines(model, slice)], { type: "application/x-ndjson" }), `${span}.ndjson`);
        break;
      case "letters":
        this.#give(new Blob([textTimelineOf(model, slice)], { type: "text/markdown" }), `${span}.md`);
    }
  }

  /** Hands a file to the reader: a link to it is followed, and let go of once the browser has it. */
  #give(blob: Blob, ending: string): void {
    const { scenario, seed } = this.#source.model;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${`${scenario}-${seed}`.replace(/[^\w.-]+/g, "_").slice(0, 80)}-${ending}`;
    link.click();
    setTimeout(() => {
      URL.revokeObjectURL(link.href);
    }, KEPT_MS);
    write("says", `Saved as ${link.download}.`);
    write("live", `Saved as ${link.download}.`);
  }
}

function captionOf(
  { scenario, seed, headline, replay }: ReportModel,
  { from, to }: { readonly from: number; readonly to: number },
  hidden: string,
): { readonly title: string; readonly words: string; readonly foot: readonly string[] } {
  return {
    title: `${scenario}, seed ${seed}: ${formatSeconds(from)} to ${formatSeconds(to)}`,
    words: headline,
    foot: [hidden, `Faultline · ${replay}`],
  };
}
