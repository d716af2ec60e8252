import { discAt, hitAt, type Hit } from "./hover.ts";
import { timeAt } from "./layout.ts";
import type { Timeline } from "./timeline.ts";

/** What the reader's pointer asks for. */
export interface PointerHands {
  readonly window: () => { readonly from: number; readonly to: number };
  readonly show: (from: number, to: number) => void;
  readonly pan: (part: number) => void;
  readonly zoom: (factor: number, at: number) => void;
  readonly hover: (hit: Hit | undefined) => void;
  /** A click: on a record, or beside all of them at a moment. */
  readonly choose: (hit: Hit | undefined, at: number) => void;
}

const DRAG_MIN = 4;

/** Wheel zooms, drag moves, click chooses. */
export function listenToPointer(stage: HTMLElement, timeline: Timeline, hands: PointerHands): void {
  const place = (event: MouseEvent): { x: number; y: number } => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  stage.addEventListener(
    "wheel",
    (event) => {
      const { scene } = timeline;
      if (event.ctrlKey || scene === undefined) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) hands.pan(event.deltaX / stage.clientWidth);
      else hands.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, timeAt(scene.view, place(event).x));
    },
    { passive: false },
  );
  stage.addEventListener("pointerdown", (down) => {
    const start = place(down);
    const { from, to } = hands.window();
    const { scene } = timeline;
    if (scene === undefined) return;
    let hasMoved = false;
    const moved = (event: PointerEvent): void => {
      const shift = place(event).x - start.x;
      if (!hasMoved && Math.abs(shift) < DRAG_MIN) return;
      hasMoved = true;
      const time = timeAt(scene.view, 0) - timeAt(scene.view, shift);
      hands.show(from + time, to + time);
    };
    const ended = (event: PointerEvent): void => {
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", ended);
      removeEventListener("pointercancel", ended);
      if (hasMoved || event.type === "pointercancel") return;
      const { x, y } = place(event);
      const disc = discAt(scene, x, y);
      hands.choose(hitAt(scene, timeline.drawn.lines, x, y), disc?.time ?? timeAt(scene.view, x));
    };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", ended);
    addEventListener("pointercancel", ended);
  });
  stage.addEventListener("pointermove", (event) => {
    const { scene, drawn } = timeline;
    const { x, y } = place(event);
    if (scene !== undefined && event.buttons === 0) hands.hover(hitAt(scene, drawn.lines, x, y));
  });
  stage.addEventListener("pointerleave", () => {
    hands.hover(undefined);
  });
}
