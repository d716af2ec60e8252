import type { Disk } from "../../ports/disk.ts";

/** What a node that shut itself down left on its disk. */
export interface ShutdownNote {
  readonly node: string;
  readonly reason: string;
}

/**
 * A file that keeps a node down which ended itself for safety: it does not start again by itself, whoever restarts it, until an
 * operator has looked at it and removed the file.
 */
export class ShutdownFlag {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;

  /** @param options.directory  Default `litefs` (the seeds' `/litefs` mount). */
  constructor(options: { readonly disk: Disk; readonly directory?: string }) {
    this.#disk = options.disk;
    this.#directory = options.directory ?? "litefs";
    this.#path = `${this.#directory}/.shutdown`;
  }

  get path(): string {
    return this.#path;
  }

  /** What is noted; `undefined` when the node may start. */
  async read(): Promise<ShutdownNote | undefined> {
    const bytes = await this.#disk.read(this.#path);
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as ShutdownNote);
  }

  /** Resolves when the file is durable. */
  async raise(note: ShutdownNote): Promise<void> {
    const fresh = `${this.#path}.new`;
    await this.#disk.write(fresh, new TextEncoder().encode(JSON.stringify(note)));
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }

  /** Lets the node start again; resolves when that is durable. */
  async clear(): Promise<void> {
    await this.#disk.remove(this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }
}
