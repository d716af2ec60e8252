/** The part of `process.stdin` that keys come from. */
export interface KeyInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  removeListener(event: "data", listener: (bytes: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** What a person at a terminal may press. */
export interface Keys {
  /** `q`. */
  quit(): void;
  /** Enter, or `r`. */
  again(): void;
  /** Ctrl-C, which a terminal in this mode does not make a signal of. */
  interrupt(): void;
}

/** Hears single keys of a terminal; elsewhere nothing. @returns what gives the terminal back as it was. */
export function onKeys(input: KeyInput, keys: Keys): () => void {
  if (input.isTTY !== true) return () => undefined;
  const listener = (bytes: Buffer): void => {
    for (const key of bytes.toString("latin1")) {
      if (key === "\u0003") keys.interrupt();
      else if (key === "q") keys.quit();
      else if (key === "\r" || key === "\n" || key === "r") keys.again();
    }
  };
  input.setRawMode?.(true);
  input.on("data", listener);
  input.resume();
  return () => {
    input.removeListener("data", listener);
    input.setRawMode?.(false);
    input.pause();
  };
}
