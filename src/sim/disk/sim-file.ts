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
 * the two. Invariant: durable bytes plus every unsynced change, in order, give the cached bytes, unless a sync failed.
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
  #durable = new GrowableBytes();
  #cache = new GrowableBytes();
  #unsynced: Mutation[] = [];
  /** Changes that a failed sync left in the page cache alone. */
  #abandoned: Mutation[] = [];
  /** Who was told of a failed sync, and must not be told of a successful one. */
  #toldBy: unknown;
  /** Changes ever made durable; `#synced + #unsynced.length` counts every change. */
  #synced = 0;

  /** Size as the page cache shows it. */
  get size(): number {
    return this.#cache.length;
  }
  /** Number of the last change; hand it to {@link makeDurable} later. */
  get version(): number {
    return this.#synced + this.#unsynced.length;
  }

  read(): Uint8Array {
    return this.#cache.copy();
  }
  readDurable(): Uint8Array {
    return this.#durable.copy();
  }

  write(bytes: Uint8Array): void {
    this.#toldBy = undefined;
    this.#change({ kind: "write", bytes: bytes.slice() });
  }
  append(bytes: Uint8Array): void {
    // Of the pool: a store of its own for a few bytes that live until the next sync costs more than the bytes.
    this.#change({ kind: "append", offset: this.#cache.length, bytes: Buffer.from(bytes) });
  }
  truncate(length: number): void {
    this.#change({ kind: "truncate", length });
  }

  #change(mutation: Mutation): void {
    apply(this.#cache, mutation);
    this.#unsynced.push(mutation);
  }

  /** Makes every change up to `version` durable; later ones stay unsynced. */
  makeDurable(version: number): void {
    const count = version - this.#synced;
    if (count <= 0) return;
    for (const mutation of this.#unsynced.splice(0, count)) this.#reach(mutation);
    this.#synced += count;
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
    const covered = this.#unsynced.splice(0, count);
    const reached = random.integer(0, count);
    for (const mutation of covered.slice(0, reached)) this.#reach(mutation);
    this.#abandoned.push(...covered.slice(reached));
    this.#synced += count;
  }

  /** Inverts one bit where it is stored: on the device, and in the page cache, which is read from there. */
  flip(byte: number, bit: number): void {
    this.#durable.flip(byte, bit);
    this.#cache.flip(byte, bit);
  }

  #reach(mutation: Mutation): void {
    apply(this.#durable, mutation);
    if (mutation.kind === "append" || this.#abandoned.length === 0) return;
    const end = mutation.kind === "write" ? 0 : mutation.length;
    this.#abandoned = this.#abandoned.filter((lost) => lost.kind === "append" && lost.offset < end);
  }

  /** Applies a power loss: afterwards page cache and durable bytes are the same. @returns `undefined` when nothing was lost. */
  powerLoss(rules: PowerLossRules, random: RngStream): FileLoss | undefined {
    this.busyUntil = 0;
    const unsynced = this.#unsynced;
    const abandoned = this.#abandoned;
    this.#toldBy = undefined;
    if (unsynced.length + abandoned.length === 0) return undefined;
    this.#abandoned = [];
    const survivors = rules.loseUnsynced ? chooseSurvivors(unsynced, rules, random) : unsynced.slice();
    const last = survivors.at(-1);
    let torn = false;
    if (rules.tornWrites && last !== undefined && last.kind !== "truncate") {
      const kept = tornLength(last, random);
      torn = kept < last.bytes.length;
      if (torn) survivors[survivors.length - 1] = { ...last, bytes: last.bytes.subarray(0, kept) };
    }
    for (const mutation of survivors) apply(this.#durable, mutation);
    const mutations = unsynced.length - survivors.length + abandoned.length;
    const bytes = bytesOf(unsynced) - bytesOf(survivors) + bytesOf(abandoned);
    this.#synced += unsynced.length;
    this.#unsynced = [];
    this.#cache = this.#durable.clone();
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
