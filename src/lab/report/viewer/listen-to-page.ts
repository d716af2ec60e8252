import { write } from "./state-table.ts";

/** What the page around the timeline tells it. */
export interface PageReader {
  readonly resized: () => void;
  readonly addressed: () => void;
  readonly recoloured: () => void;
  /** A line of the story, a finding or a step of a reason was clicked; −1 for no record. */
  readonly goTo: (time: number, record: number) => void;
}

export function listenToPage({ resized, addressed, recoloured, goTo }: PageReader): void {
  addEventListener("resize", resized);
  addEventListener("hashchange", addressed);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
    matchMedia(query).addEventListener("change", recoloured);
  for (const link of document.querySelectorAll<HTMLElement>("[data-time]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(Number(link.dataset["time"]), Number(link.dataset["record"] ?? -1));
    });
  }
  document.getElementById("copy")?.addEventListener("click", () => {
    copy(document.getElementById("replay")?.textContent ?? "", () => {
      write("copy", "copied");
    });
  });
}

/** Copies where it can: a browser that takes a file for an insecure place has no clipboard. */
export function copy(text: string, done: () => void): void {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  clipboard?.writeText(text).then(done, () => undefined);
}
