import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Disk } from "../ports/disk.ts";
import { DiskError } from "../ports/errors.ts";
import { diskErrorOf, validateDirectory, validatePath } from "./fs-disk-errors.ts";
import { PathQueue } from "./path-queue.ts";

/** Files with unsynced bytes that are kept open; the oldest is closed when one more comes. */
const OPEN_MAX = 128;
const APPEND_EXISTING = constants.O_WRONLY | constants.O_APPEND;

/**
 * {@link Disk} in one directory of the real file system, with real fsyncs.
 *
 * A file stays open from its first write until it is synced, so that the kernel reports a failed write-back to the sync that asks for it.
 * One process owns the directory.
 */
export class FsDisk implements Disk {
  readonly #root: string;
  readonly #queue = new PathQueue();
  readonly #dirty = new Map<string, FileHandle>();
  /** Files of which a sync failed. What the page cache shows of them may not be on the disk, so they never sync again. */
  readonly #failed = new Set<string>();

  private constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes the directory when it is not there, durably.
   *
   * @throws {DiskError} when it cannot be made.
   */
  static async open(root: string): Promise<FsDisk> {
    const path = resolve(root);
    try {
      const first = await mkdir(path, { recursive: true });
      if (first !== undefined) {
        for (let at = path; ; at = dirname(at)) {
          await fsyncDirectory(dirname(at));
          if (at === first) break;
        }
      }
    } catch (error) {
      throw diskErrorOf(error, "open", root);
    }
    return new FsDisk(path);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#on("read", [path], async () => {
      try {
        const bytes = await readFile(this.#at(path));
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const content = bytes.slice();
    return this.#on("write", [path], async () => {
      const handle = await this.#openFor(path);
      await handle.truncate(0);
      await writeAll(handle, content);
      this.#failed.delete(path);
    });
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const content = bytes.slice();
    return this.#on("append", [path], async () => {
      await writeAll(await this.#openFor(path), content);
    });
  }

  async truncate(path: string, length: number): Promise<void> {
    return this.#on("truncate", [path], async () => {
      const handle = this.#dirty.get(path) ?? this.#keep(path, await open(this.#at(path), APPEND_EXISTING));
      const { size } = await handle.stat();
      if (!Number.isInteger(length) || length < 0 || length > size) {
        throw new RangeError(`Cannot cut to ${String(length)}: expected an integer 0…${String(size)}.`);
      }
      await handle.truncate(length);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    return this.#on("rename", [from, to], async () => {
      if (from !== to) await this.#makeParents(to);
      await rename(this.#at(from), this.#at(to));
      if (from === to) return;
      await this.#forget(to);
      const handle = this.#dirty.get(from);
      this.#dirty.delete(from);
      if (handle !== undefined) this.#dirty.set(to, handle);
      if (this.#failed.delete(from)) this.#failed.add(to);
    });
  }

  async remove(path: string): Promise<void> {
    return this.#on("remove", [path], async () => {
      await rm(this.#at(path), { force: true });
      await this.#forget(path);
    });
  }

  async list(directory: string): Promise<string[]> {
    return this.#onDirectory("list", directory, async () => {
      try {
        const entries = await readdir(this.#at(directory), { withFileTypes: true });
        const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
        return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
  }

  async sync(path: string): Promise<void> {
    return this.#on("sync", [path], async () => {
      if (this.#failed.has(path)) throw new Error("An earlier sync of this file failed; its bytes may be lost.");
      const handle = this.#dirty.get(path) ?? (await open(this.#at(path), "r+"));
      this.#dirty.delete(path);
      try {
        await handle.sync();
      } catch (error) {
        this.#failed.add(path);
        throw error;
      } finally {
        await handle.close();
      }
    });
  }

  async syncDirectory(directory: string): Promise<void> {
    return this.#onDirectory("syncDirectory", directory, async () => {
      // Parents are made unasked, so their own names are this call's to keep: everything up to the root.
      const parts = directory === "" ? [] : directory.split("/");
      for (let depth = parts.length; depth >= 0; depth--) {
        try {
          await fsyncDirectory(this.#at(parts.slice(0, depth).join("/")));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }
    });
  }

  /** Waits for what was called and closes the files. Nothing is synced that the owner did not sync. */
  async close(): Promise<void> {
    await this.#queue.idle();
    for (const path of [...this.#dirty.keys()]) await this.#forget(path);
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  async #on<T>(operation: string, paths: readonly string[], action: () => Promise<T>): Promise<T> {
    for (const path of paths) validatePath(operation, path);
    return this.#queue.run(paths, () => named(operation, paths[0] ?? "", action));
  }

  async #onDirectory<T>(operation: string, directory: string, action: () => Promise<T>): Promise<T> {
    validateDirectory(operation, directory);
    return this.#queue.runAfterAll(() => named(operation, directory, action));
  }

  async #makeParents(path: string): Promise<void> {
    if (path.includes("/")) await mkdir(dirname(this.#at(path)), { recursive: true });
  }

  /** The handle on which everything is appended; made with the file and its directories when there is none. */
  async #openFor(path: string): Promise<FileHandle> {
    const known = this.#dirty.get(path);
    if (known !== undefined) return known;
    try {
      return this.#keep(path, await open(this.#at(path), "a"));
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#makeParents(path);
      return this.#keep(path, await open(this.#at(path), "a"));
    }
  }

  #keep(path: string, handle: FileHandle): FileHandle {
    const [oldest] = this.#dirty.keys();
    this.#dirty.set(path, handle);
    if (this.#dirty.size > OPEN_MAX && oldest !== undefined)
      void this.#queue.run([oldest], () => this.#close(oldest)).catch(() => undefined);
    return handle;
  }

  async #forget(path: string): Promise<void> {
    this.#failed.delete(path);
    await this.#close(path);
  }

  async #close(path: string): Promise<void> {
    const handle = this.#dirty.get(path);
    this.#dirty.delete(path);
    await handle?.close();
  }
}

async function named<T>(operation: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof DiskError ? error : diskErrorOf(error, operation, path);
  }
}

/** One `write` may take only a part; the file is in append mode, so the rest simply follows. What does not fit whole leaves nothing. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  try {
    while (at < bytes.length) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
  } catch (error) {
    if (at > 0) await handle.truncate((await handle.stat()).size - at);
    throw error;
  }
}

async function fsyncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
