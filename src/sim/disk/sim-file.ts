import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import { GrowableBytes } from "./growable-bytes.ts";

/** The unit in which a device writes: a torn write often ends at a multiple of it. */
export const SECTOR_BYTES = 512;

/** What a power loss does to what was not synced. */
export interface PowerLossRules {
  /** Unsynced mutations and names are lost from a seeded point on; otherwise all of them survive. */
  readonly loseUnsynced: boolean;
  /** The last surviving unsynced write of a file may be cut at a seeded sector or byte. */
  readonly tornWrites: boolean;
  /** Any subset of what was not synced survives, not only a prefix: the device reorders between two syncs. */
  readonly orderFree: boolean;
}

/** A change of a file's bytes that is in the page cache and not yet durable. `offset` of an append is where it was put. */
export type Mutation =
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  | { readonly kind: "append"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

/** What one file lost: bytes handed to the disk and gone, and whether its last surviving write was cut. */
export interface FileLoss {
  readonly mutations: number;
  readonly bytes: number;
  readonly torn: boolean;
}

/**
 * The bytes of one file, whatever its names are: what is durable, what the page cache shows, and the ordered changes between
 * the two. Invariant: durable bytes plus every unsynced change, in order, give the cached bytes, unless a sync failed or a bit rotted.
 *
 * Most files are only appended to and synced. While that is so the durable bytes are the first of the cached ones, and the changes
 * between the two are where each append ends: nothing is kept, or copied, twice. Anything else first gives the device its own bytes.
 *
 * After a failed sync the page cache is as in ext4 and XFS: the pages that could not be written are marked clean, so everybody
 * goes on reading them, no later sync writes them, and a power loss shows what the device has. Only what is written again, from
 * the start of the file, becomes durable.
 *
 * @see Rebello et al. 2020 (Can Applications Recover from fsync Failures?).
 */
export class SimFile {
  /** When the last operation issued on this file completes; operations on one file complete in call order. */
  busyUntil: Micros = 0;
  /** The one name under which it is known durably; `undefined` for none. Owned by the name table. */
  durableName: string | undefined;
  #cache = new GrowableBytes();
  /** What is durable, where that is not the first {@link SimFile.#durableLength} of the cached bytes. */
  #device: GrowableBytes | undefined;
  #durableLength = 0;
  /** Without a device of its own: where the appends end that are not durable, and follow one another. */
  #ends: number[] = [];
  /** With one: every change that is not durable. */
  #unsynced: Mutation[] = [];
  /** Changes that a failed sync left in the page cache alone. */
  #abandoned: Mutation[] = [];
  /** Until the next power loss what is cached may be something else than what is durable with every change. */
  #mayDiffer = false;
  /** Who was told of a failed sync, and must not be told of a successful one. */
  #toldBy: unknown;
  /** Changes ever made durable; with those that are not, every change. */
  #synced = 0;

  /** Size as the page cache shows it. */
  get size(): number {
    return this.#cache.length;
  }
  /** Number of the last change; hand it to {@link makeDurable} later. */
  get version(): number {
    return this.#synced + (this.#device === undefined ? this.#ends : this.#unsynced).length;
  }

  read(): Uint8Array {
    return this.#cache.copy();
  }
  readDurable(): Uint8Array {
    return this.#device === undefined ? this.#cache.copy(0, this.#durableLength) : this.#device.copy();
  }

  write(bytes: Uint8Array): void {
    this.#toldBy = undefined;
    this.#change({ kind: "write", bytes: bytes.slice() });
  }
  append(bytes: Uint8Array): void {
    const offset = this.#cache.length;
    if (this.#device !== undefined) {
      this.#change({ kind: "append", offset, bytes: bytes.slice() });
      return;
    }
    this.#cache.writeAt(offset, bytes);
    this.#ends.push(offset + bytes.length);
  }
  truncate(length: number): void {
    this.#change({ kind: "truncate", length });
  }

  #change(mutation: Mutation): void {
    this.#part();
    apply(this.#cache, mutation);
    this.#unsynced.push(mutation);
  }

  /** Gives the device its own bytes, and each unsynced append its own. */
  #part(): GrowableBytes {
    if (this.#device !== undefined) return this.#device;
    let offset = this.#durableLength;
    for (const end of this.#ends) {
      this.#unsynced.push({ kind: "append", offset, bytes: this.#cache.copy(offset, end) });
      offset = end;
    }
    this.#ends = [];
    return (this.#device = this.#cache.clone(this.#durableLength));
  }

  /** What can be seen and what is durable are the same. */
  #join(): void {
    this.#device = undefined;
    this.#durableLength = this.#cache.length;
    this.#mayDiffer = false;
  }

  /** Makes every change up to `version` durable; later ones stay unsynced. */
  makeDurable(version: number): void {
    const count = version - this.#synced;
    if (count <= 0) return;
    this.#synced += count;
    const device = this.#device;
    if (device === undefined) {
      this.#durableLength = this.#ends[count - 1] as number;
      // Nearly always the one append before its sync.
      if (count === this.#ends.length) this.#ends.length = 0;
      else this.#ends.splice(0, count);
      return;
    }
    for (const mutation of this.#unsynced.splice(0, count)) this.#reach(device, mutation);
    if (this.#unsynced.length === 0 && !this.#mayDiffer) this.#join();
  }

  /** Whether a sync by `caller` failed and the whole file was not written since: no later one of its succeeds. */
  hasFailedFor(caller: unknown): boolean {
    return this.#toldBy === caller;
  }

  /** A sync of `caller` of every change up to `version` failed: a prefix of them is durable, the others never will be. */
  failSync(version: number, caller: unknown, random: RngStream): void {
    this.#toldBy = caller;
    const count = version - this.#synced;
    if (count <= 0) return;
    this.#mayDiffer = true;
    const device = this.#part();
    const covered = this.#unsynced.splice(0, count);
    const reached = random.integer(0, count);
    for (const mutation of covered.slice(0, reached)) this.#reach(device, mutation);
    this.#abandoned.push(...covered.slice(reached));
    this.#synced += count;
  }

  /** Inverts one bit where it is stored: on the device, and in the page cache, which is read from there. */
  flip(byte: number, bit: number): void {
    if (this.#device !== undefined || byte >= this.#durableLength) {
      // What is on its way to the device is not on it yet, and arrives there as it was.
      this.#part().flip(byte, bit);
      this.#mayDiffer = true;
    }
    this.#cache.flip(byte, bit);
  }

  #reach(device: GrowableBytes, mutation: Mutation): void {
    apply(device, mutation);
    if (mutation.kind === "append" || this.#abandoned.length === 0) return;
    const end = mutation.kind === "write" ? 0 : mutation.length;
    this.#abandoned = this.#abandoned.filter((lost) => lost.kind === "append" && lost.offset < end);
  }

  /** Applies a power loss: afterwards page cache and durable bytes are the same. @returns `undefined` when nothing was lost. */
  powerLoss(rules: PowerLossRules, random: RngStream): FileLoss | undefined {
    this.busyUntil = 0;
    this.#toldBy = undefined;
    if (this.#ends.length + this.#unsynced.length + this.#abandoned.length === 0) return undefined;
    const device = this.#part();
    const unsynced = this.#unsynced;
    const abandoned = this.#abandoned;
    this.#abandoned = [];
    const survivors = rules.loseUnsynced ? chooseSurvivors(unsynced, rules, random) : unsynced.slice();
    const last = survivors.at(-1);
    let torn = false;
    if (rules.tornWrites && last !== undefined && last.kind !== "truncate") {
      const kept = tornLength(last, random);
      torn = kept < last.bytes.length;
      if (torn) survivors[survivors.length - 1] = { ...last, bytes: last.bytes.subarray(0, kept) };
    }
    for (const mutation of survivors) apply(device, mutation);
    const mutations = unsynced.length - survivors.length + abandoned.length;
    const bytes = bytesOf(unsynced) - bytesOf(survivors) + bytesOf(abandoned);
    this.#synced += unsynced.length;
    this.#unsynced = [];
    this.#cache = device;
    this.#join();
    return mutations > 0 || torn ? { mutations, bytes, torn } : undefined;
  }
}

function apply(bytes: GrowableBytes, mutation: Mutation): void {
  switch (mutation.kind) {
    case "write":
      return bytes.replace(mutation.bytes);
    case "append":
      return bytes.writeAt(mutation.offset, mutation.bytes);
    case "truncate":
      return bytes.truncate(mutation.length);
  }
}

function chooseSurvivors(unsynced: readonly Mutation[], rules: PowerLossRules, random: RngStream): Mutation[] {
  if (rules.orderFree) return unsynced.filter(() => random.chance(500_000));
  // With torn writes "none survives" is the first one cut to nothing, so it needs no count of its own.
  return unsynced.slice(0, random.integer(rules.tornWrites ? 1 : 0, unsynced.length));
}

/** How many bytes of a write that the power loss met reach the device, 0…all. */
function tornLength(mutation: Exclude<Mutation, { kind: "truncate" }>, random: RngStream): number {
  const { length } = mutation.bytes;
  const how = random.integer(0, 2);
  const cut = random.integer(0, length);
  if (how === 0) return length;
  if (how === 1) return cut;
  // Sectors are counted from the start of the file, not of the write.
  const start = mutation.kind === "append" ? mutation.offset : 0;
  const boundary = Math.floor((start + cut) / SECTOR_BYTES) * SECTOR_BYTES;
  return Math.max(0, boundary - start);
}

function bytesOf(mutations: readonly Mutation[]): number {
  let sum = 0;
  for (const mutation of mutations) if (mutation.kind !== "truncate") sum += mutation.bytes.length;
  return sum;
}
