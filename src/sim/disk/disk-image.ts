import { DiskError } from "../../system/ports/errors.ts";
import { byCodeUnit, type Fields } from "../../trace/plain.ts";
import type { RngStream } from "../kernel/rng.ts";
import { NameTable, type NameOperation } from "./name-table.ts";
import { clashes, isFilePath, namesIn } from "./paths.ts";
import { SimFile, type FileLoss, type PowerLossRules } from "./sim-file.ts";

/** A bit that rotted: `bit` 0…7 of byte `byte`. */
export interface FlippedBit extends Fields {
  readonly path: string;
  readonly byte: number;
  readonly bit: number;
}

/** What a power loss took: from files that still have a name, and names. */
export interface Losses {
  readonly files: readonly (FileLoss & { readonly path: string })[];
  /** Operations undone, in the order in which they were called. */
  readonly names: readonly NameOperation[];
}

/**
 * Files, names and what is durable of both: everything a disk is but time. Every call takes effect at once.
 *
 * Methods throw {@link DiskError} and then change nothing.
 */
export class DiskImage {
  readonly names = new NameTable();
  /** What all files may hold together, lowered while the disk is full. */
  capacity: number;
  /** Counted here so that a full disk costs no walk. */
  #used = 0;

  /** @param capacityBytes What all files may hold together. */
  constructor(capacityBytes: number) {
    this.capacity = capacityBytes;
  }

  /** Bytes of all files that have a name. */
  get used(): number {
    return this.#used;
  }

  /** `undefined` when nothing has this name. */
  find(path: string): SimFile | undefined {
    return this.names.get(path);
  }

  /** @throws {DiskError} `DISK_NOT_FOUND` */
  get(operation: string, path: string): SimFile {
    const file = this.names.get(path);
    if (file === undefined) throw new DiskError("DISK_NOT_FOUND", operation, path);
    return file;
  }

  list(directory: string): string[] {
    return namesIn(directory, this.names.paths());
  }

  write(path: string, bytes: Uint8Array): SimFile {
    const file = this.#open("write", path, bytes.length - (this.names.get(path)?.size ?? 0));
    file.write(bytes);
    return file;
  }

  append(path: string, bytes: Uint8Array): SimFile {
    const file = this.#open("append", path, bytes.length);
    file.append(bytes);
    return file;
  }

  truncate(path: string, length: number): SimFile {
    const file = this.get("truncate", path);
    const isInside = Number.isInteger(length) && length >= 0 && length <= file.size;
    if (!isInside) throw new DiskError("DISK_IO", "truncate", path);
    this.#used -= file.size - length;
    file.truncate(length);
    return file;
  }

  rename(from: string, to: string): SimFile {
    if (!isFilePath(to)) throw new DiskError("DISK_PATH", "rename", to);
    const file = this.get("rename", from);
    const replaced = this.names.get(to);
    if (replaced === undefined) this.#assertNameFits("rename", to);
    else if (replaced !== file) this.#used -= replaced.size;
    this.names.rename(from, to, file);
    return file;
  }

  /** @returns the file that had the name; `undefined` when there was none. */
  remove(path: string): SimFile | undefined {
    const file = this.names.get(path);
    if (file === undefined) return undefined;
    this.names.remove(path, file);
    this.#used -= file.size;
    return file;
  }

  /** Afterwards what can be seen and what is durable are the same. */
  powerLoss(rules: PowerLossRules, random: RngStream): Losses {
    // Names first: a file whose name is gone has no bytes to lose.
    const names = this.names.powerLoss(rules, random);
    const files: (FileLoss & { readonly path: string })[] = [];
    this.#used = 0;
    for (const [path, file] of this.names.entries()) {
      const lost = file.powerLoss(rules, random);
      if (lost !== undefined) files.push({ path, ...lost });
      this.#used += file.size;
    }
    return { files, names };
  }

  /** Every file with its name, by code unit. */
  files(): readonly (readonly [path: string, file: SimFile])[] {
    return [...this.names.entries()].sort(([a], [b]) => byCodeUnit(a, b));
  }

  /** Inverts bits drawn over all bytes of all files, or of one. @returns where they are; nothing when there is no byte. */
  flipBits(options: {
    readonly bits: number;
    readonly path: string | undefined;
    readonly random: RngStream;
  }): FlippedBit[] {
    const files = this.files().filter(([path]) => options.path === undefined || path === options.path);
    const sum = files.reduce((bytes, [, file]) => bytes + file.size, 0);
    const flipped: FlippedBit[] = [];
    while (sum > 0 && flipped.length < options.bits) {
      let byte = options.random.integer(0, sum - 1);
      const bit = options.random.integer(0, 7);
      for (const [path, file] of files) {
        if (byte >= 0 && byte < file.size) {
          file.flip(byte, bit);
          flipped.push({ path, byte, bit });
        }
        byte -= file.size;
      }
    }
    return flipped;
  }

  /** The file to be changed, made when there is none, if `growth` bytes more fit. */
  #open(operation: "write" | "append", path: string, growth: number): SimFile {
    if (growth > 0 && this.#used + growth > this.capacity) throw new DiskError("DISK_FULL", operation, path);
    let file = this.names.get(path);
    if (file === undefined) {
      this.#assertNameFits(operation, path);
      file = new SimFile();
      this.names.create(path, file);
    }
    this.#used += growth;
    return file;
  }

  /** A name cannot be a file and a directory at once. */
  #assertNameFits(operation: string, path: string): void {
    if (clashes(path, this.names.paths())) throw new DiskError("DISK_IO", operation, path);
  }
}
