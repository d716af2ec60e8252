import type { ReportModel } from "../model.ts";

// The numbers the overview was drawn with, px of its own width.
const PICTURE = { width: 1304, gutter: 128, right: 4 };

/** The frame over the overview: shows the window of the timeline and lets it be dragged. */
export class Frame {
  readonly #frame: HTMLElement;
  readonly #host: HTMLElement;
  readonly #endTime: number;
  readonly #top: number;

  constructor(model: ReportModel, host: HTMLElement, change: (from: number, to: number) => void) {
    this.#host = host;
    this.#endTime = model.endTime;
    this.#top = 7 + 15 * Math.max(1, ...model.faults.map((fault) => fault.row + 1));
    this.#frame = document.createElement("div");
    this.#frame.className = "frame";
    for (const side of ["a", "b"]) {
      const grip = document.createElement("i");
      grip.className = side;
      this.#frame.append(grip);
    }
    host.append(this.#frame);
    this.#drag(change);
  }

  show(from: number, to: number): void {
    const scale = this.#host.clientWidth / PICTURE.width;
    const left = this.#x(from) * scale;
    this.#frame.style.left = `${String(left)}px`;
    this.#frame.style.width = `${String(Math.max(6, this.#x(to) * scale - left))}px`;
    this.#frame.style.top = `${String(this.#top * scale)}px`;
    this.#frame.style.bottom = `${String(24 * scale)}px`;
    this.#frame.dataset["from"] = String(from);
    this.#frame.dataset["to"] = String(to);
    this.#bringIntoSight(left, this.#x(to) * scale);
  }

  /** On a narrow page the overview is wider than what it stands in, which scrolls. */
  #bringIntoSight(left: number, right: number): void {
    const wide = this.#host.parentElement;
    if (wide === null || wide.clientWidth >= this.#host.clientWidth) return;
    const { scrollLeft, clientWidth } = wide;
    if (left >= scrollLeft && right <= scrollLeft + clientWidth) return;
    wide.scrollLeft = Math.min(left - 20, right - clientWidth + 20);
  }

  #x(time: number): number {
    return PICTURE.gutter + (time / this.#endTime) * (PICTURE.width - PICTURE.right - PICTURE.gutter);
  }

  #drag(change: (from: number, to: number) => void): void {
    this.#host.addEventListener("pointerdown", (down) => {
      const target = down.target as HTMLElement;
      const perPixel =
        this.#endTime / ((PICTURE.width - PICTURE.right - PICTURE.gutter) * (this.#host.clientWidth / PICTURE.width));
      let from = Number(this.#frame.dataset["from"]);
      let to = Number(this.#frame.dataset["to"]);
      if (!this.#frame.contains(target)) {
        // A click beside the frame brings it there.
        const box = this.#host.getBoundingClientRect();
        const at =
          ((down.clientX - box.left) / (this.#host.clientWidth / PICTURE.width) - PICTURE.gutter) *
          perPixel *
          (this.#host.clientWidth / PICTURE.width);
        const half = (to - from) / 2;
        from = at - half;
        to = at + half;
        change(from, to);
      }
      const start = down.clientX;
      const moved = (move: PointerEvent): void => {
        const shift = (move.clientX - start) * perPixel;
        if (target.classList.contains("a")) change(Math.min(from + shift, to - 1_000), to);
        else if (target.classList.contains("b")) change(from, Math.max(to + shift, from + 1_000));
        else change(from + shift, to + shift);
      };
      const ended = (): void => {
        removeEventListener("pointermove", moved);
        removeEventListener("pointerup", ended);
      };
      addEventListener("pointermove", moved);
      addEventListener("pointerup", ended);
      down.preventDefault();
    });
  }
}
