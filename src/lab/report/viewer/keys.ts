/** What each key does, by the name of the act; with Shift where it says so. */
const KEYS: Readonly<Record<string, string>> = {
  a: "left",
  d: "right",
  w: "in",
  s: "out",
  "+": "in",
  "=": "in",
  "-": "out",
  f: "whole",
  h: "first",
  n: "next-violation",
  p: "previous-violation",
  ArrowRight: "next-state",
  ArrowLeft: "previous-state",
  "Shift ArrowRight": "next-event",
  "Shift ArrowLeft": "previous-event",
  c: "cause",
  b: "fault",
  " ": "play",
  "]": "faster",
  "[": "slower",
  x: "order",
  "/": "search",
  g: "time",
  l: "link",
  e: "save",
  Escape: "none",
};

/** Keys of the page, and the buttons that do the same. */
export function listenToKeys(acts: Readonly<Record<string, () => void>>): void {
  const help = document.getElementById("help");
  const toggleHelp = (): void => {
    if (!(help instanceof HTMLDialogElement)) return;
    if (help.open) help.close();
    else help.showModal();
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target instanceof HTMLInputElement) {
      if (target.id === "goto" && (event.key === "Enter" || event.key === "Escape")) {
        if (event.key === "Enter") acts["go-to-time"]?.();
        target.blur();
      }
      return;
    }
    // Buttons, links and summaries keep their own keys.
    if ((event.key === " " || event.key === "Enter") && target.closest("button,a,summary") !== null) return;
    if (event.key === "?") {
      event.preventDefault();
      toggleHelp();
      return;
    }
    if (help instanceof HTMLDialogElement && help.open) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = acts[KEYS[event.shiftKey && key.startsWith("Arrow") ? `Shift ${key}` : key] ?? ""];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  for (const button of document.querySelectorAll<HTMLElement>("[data-act]"))
    button.addEventListener("click", () => {
      if (button.dataset["act"] === "help") toggleHelp();
      else acts[button.dataset["act"] ?? ""]?.();
    });
}
