import type { Player } from "./player.ts";
import type { TimeWindow } from "./time-window.ts";

const WRITTEN_AFTER_MS = 200;

/** What the acts of every page with a timeline work on. */
export interface PageParts {
  readonly window: TimeWindow;
  readonly endTime: number;
  readonly player: Player;
  readonly cursor: () => number;
  readonly goTo: (at: number) => void;
  readonly search: () => { focus(): void } | undefined;
}

/** What keys and buttons do on every page with a timeline, by name. */
export function pageActs({ window, endTime, player, cursor, goTo, search }: PageParts): Record<string, () => void> {
  /** Zooms keep the cursor where it is while it is in sight, else the middle. */
  const anchor = (): number => {
    const [at, { from, to }] = [cursor(), window];
    return at >= from && at <= to ? at : (from + to) / 2;
  };
  return {
    left: () => {
      window.pan(-0.2);
    },
    right: () => {
      window.pan(0.2);
    },
    in: () => {
      window.zoom(1 / 1.5, anchor());
    },
    out: () => {
      window.zoom(1.5, anchor());
    },
    whole: () => {
      window.ease(0, endTime);
    },
    play: () => {
      player.toggle();
    },
    faster: () => {
      player.faster(1);
    },
    slower: () => {
      player.faster(-1);
    },
    search: () => {
      search()?.focus();
    },
    time: () => {
      document.getElementById("goto")?.focus();
    },
    "go-to-time": () => {
      const input = document.getElementById("goto");
      const seconds = input instanceof HTMLInputElement ? Number.parseFloat(input.value) : NaN;
      if (Number.isFinite(seconds)) goTo(Math.round(seconds * 1_000_000));
    },
  };
}

/** Draws once before the next frame, however often it is asked. */
export class NextFrame {
  readonly #draw: () => void;
  #isAsked = false;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
    });
  }
}

/** The part of the address behind `#`. */
export class Address {
  readonly #hash: () => string;
  #timer = 0;

  /** @param hash  What it should be now. */
  constructor(hash: () => string) {
    this.#hash = hash;
  }

  write(): void {
    clearTimeout(this.#timer);
    history.replaceState(null, "", this.#hash());
  }

  /** Once the reader pauses: browsers refuse an address that changes with every frame. */
  writeSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.write();
    }, WRITTEN_AFTER_MS) as unknown as number;
  }
}

/** A window of time in the words of a heading. */
export function windowWords(from: number, to: number): string {
  const digits = to - from < 100_000 ? 4 : to - from < 10_000_000 ? 2 : 1;
  const short = (micros: number): string => (micros / 1_000_000).toFixed(digits).replace(/\.?0+$/, "");
  return `${short(from)} to ${short(to)} s`;
}
