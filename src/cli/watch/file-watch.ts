import { createHash } from "node:crypto";
import { readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

/** How long files must be quiet before somebody hears of a change, real ms: an editor writes a file in several steps. */
const QUIET_MS = 60;

/** The part of the machine that a watch needs. */
export interface WatchPorts {
  /** Calls back on everything that happens in a folder. */
  watchFolder(folder: string, onEvent: () => void): { close(): void };
  /** Calls back once, later. @returns what takes it back. */
  later(callback: () => void, ms: number): () => void;
}

const MACHINE: WatchPorts = {
  watchFolder(folder, onEvent) {
    const watcher = watch(folder, onEvent);
    // A folder that goes away takes its watch with it; the next run finds out what is there.
    watcher.on("error", () => {
      watcher.close();
    });
    return watcher;
  },
  later(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/**
 * Tells when the bytes of files have changed. It watches folders, not files: editors put a new file in the place of the old one.
 * The operating system tells of events; nothing is polled.
 */
export class FileWatch {
  readonly #list: () => readonly string[];
  readonly #onChange: () => void;
  readonly #ports: WatchPorts;
  #folders = new Map<string, { close(): void }>();
  #seen = "";
  #cancel: (() => void) | undefined;

  /** @param list  The files, asked for again at each event: some may have come. */
  constructor(list: () => readonly string[], onChange: () => void, ports: WatchPorts = MACHINE) {
    this.#list = list;
    this.#onChange = onChange;
    this.#ports = ports;
  }

  /** Takes the files as they are now for what is known. @returns how many there are. */
  begin(): number {
    const files = this.#list();
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.#folders) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const folder of folders) if (!this.#folders.has(folder)) this.#open(folder);
    this.#seen = fingerprintOf(files);
    return files.length;
  }

  close(): void {
    this.#cancel?.();
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders = new Map();
  }

  #open(folder: string): void {
    const onEvent = (): void => {
      this.#cancel?.();
      this.#cancel = this.#ports.later(() => {
        this.#look();
      }, QUIET_MS);
    };
    try {
      this.#folders.set(folder, this.#ports.watchFolder(folder, onEvent));
    } catch (error) {
      // A file that is named and whose folder is not there yet.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  #look(): void {
    if (fingerprintOf(this.#list()) !== this.#seen) this.#onChange();
  }
}

function fingerprintOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files.toSorted()) hash.update(`${file}\0${contentOf(file)}\0`);
  return hash.digest("hex");
}

function contentOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return "gone";
  }
}
