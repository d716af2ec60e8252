import type { Disk } from "../../system/ports/disk.ts";
import type { RecordId } from "../../trace/record.ts";

/** Who asked for an operation: a process that may be gone when it completes. */
export interface Caller {
  isCurrent(): boolean;
  /** Runs a completion as the caller's code. `cause` is the record that the completion follows from. */
  run(work: () => void, cause: RecordId): void;
}

/** Nobody's code: completions simply happen. */
export const WORLD: Caller = {
  isCurrent: () => true,
  run: (work) => {
    work();
  },
};

/** A disk whose every operation is told who asks. */
export type SharedDisk = {
  [Name in keyof Disk]: (...of: [...Parameters<Disk[Name]>, Caller]) => ReturnType<Disk[Name]>;
};

/** A machine's disk in the hands of one process. */
export class ProcessDisk implements Disk {
  readonly #disk: SharedDisk;
  readonly #caller: Caller;

  constructor(disk: SharedDisk, caller: Caller) {
    this.#disk = disk;
    this.#caller = caller;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#disk.read(path, this.#caller);
  }
  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#disk.write(path, bytes, this.#caller);
  }
  append(path: string, bytes: Uint8Array): Promise<void> {
    return this.#disk.append(path, bytes, this.#caller);
  }
  truncate(path: string, length: number): Promise<void> {
    return this.#disk.truncate(path, length, this.#caller);
  }
  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to, this.#caller);
  }
  remove(path: string): Promise<void> {
    return this.#disk.remove(path, this.#caller);
  }
  list(directory: string): Promise<string[]> {
    return this.#disk.list(directory, this.#caller);
  }
  sync(path: string): Promise<void> {
    return this.#disk.sync(path, this.#caller);
  }
  syncDirectory(directory: string): Promise<void> {
    return this.#disk.syncDirectory(directory, this.#caller);
  }
}
