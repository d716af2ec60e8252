import type { RngStream } from "../kernel/rng.ts";
import { directoryOf } from "./paths.ts";
import type { PowerLossRules, SimFile } from "./sim-file.ts";

/** A change of names that is visible and not yet durable. A rename is one operation: it is undone whole or not at all. */
export type NameOperation =
  | { readonly kind: "create"; readonly path: string; readonly file: SimFile }
  | { readonly kind: "rename"; readonly from: string; readonly path: string; readonly file: SimFile }
  | { readonly kind: "remove"; readonly path: string; readonly file: SimFile };

/** Which name means which file: as everybody sees it, and as the machine will know it after a power loss. */
export class NameTable {
  #visible = new Map<string, SimFile>();
  readonly #durable = new Map<string, SimFile>();
  #unsynced: NameOperation[] = [];

  get(path: string): SimFile | undefined {
    return this.#visible.get(path);
  }
  getDurable(path: string): SimFile | undefined {
    return this.#durable.get(path);
  }
  paths(): IterableIterator<string> {
    return this.#visible.keys();
  }
  entries(): IterableIterator<[string, SimFile]> {
    return this.#visible.entries();
  }

  create(path: string, file: SimFile): void {
    this.#visible.set(path, file);
    this.#unsynced.push({ kind: "create", path, file });
  }

  rename(from: string, path: string, file: SimFile): void {
    if (from === path) return;
    this.#visible.delete(from);
    this.#visible.set(path, file);
    this.#unsynced.push({ kind: "rename", from, path, file });
  }

  remove(path: string, file: SimFile): void {
    this.#visible.delete(path);
    this.#unsynced.push({ kind: "remove", path, file });
  }

  /** What {@link makeDurable} must get for a sync of `directory` issued now: its operations and those they build upon. */
  unsyncedIn(directory: string): ReadonlySet<NameOperation> {
    const wanted = new Set<NameOperation>();
    const paths = new Set<string>();
    for (let i = this.#unsynced.length - 1; i >= 0; i--) {
      const operation = this.#unsynced[i] as NameOperation;
      const touched = pathsOf(operation);
      if (!touched.some((path) => directoryOf(path) === directory || paths.has(path))) continue;
      wanted.add(operation);
      for (const path of touched) paths.add(path);
    }
    return wanted;
  }

  makeDurable(operations: ReadonlySet<NameOperation>): void {
    if (operations.size === 0) return;
    const rest: NameOperation[] = [];
    for (const operation of this.#unsynced) {
      if (operations.has(operation)) this.#apply(operation);
      else rest.push(operation);
    }
    this.#unsynced = rest;
  }

  /** Applies a power loss: afterwards visible and durable names are the same. @returns the operations it undid, in order. */
  powerLoss(rules: PowerLossRules, random: RngStream): NameOperation[] {
    const unsynced = this.#unsynced;
    const lost = !rules.loseUnsynced
      ? new Set<NameOperation>()
      : rules.orderFree
        ? anySubset(unsynced, random)
        : tails(unsynced, random);
    for (const operation of unsynced) if (!lost.has(operation)) this.#apply(operation);
    this.#unsynced = [];
    this.#visible = new Map(this.#durable);
    return [...lost];
  }

  // A file has one durable name: a rename or removal that survives without the operations before it acts on whatever name that is.
  #apply({ kind, path, file }: NameOperation): void {
    if (file.durableName !== undefined) this.#durable.delete(file.durableName);
    file.durableName = undefined;
    if (kind === "remove") return;
    const replaced = this.#durable.get(path);
    if (replaced !== undefined) replaced.durableName = undefined;
    this.#durable.set(path, file);
    file.durableName = path;
  }
}

function pathsOf(operation: NameOperation): readonly string[] {
  return operation.kind === "rename" ? [operation.from, operation.path] : [operation.path];
}

function anySubset(unsynced: readonly NameOperation[], random: RngStream): Set<NameOperation> {
  return new Set(unsynced.filter(() => random.chance(500_000)));
}

/** From a seeded point of each directory on, everything is lost; a lost rename between two directories ends both. */
function tails(unsynced: readonly NameOperation[], random: RngStream): Set<NameOperation> {
  const counts = new Map<string, number>();
  const directories = unsynced.map((operation) => [...new Set(pathsOf(operation).map(directoryOf))]);
  for (const touched of directories)
    for (const directory of touched) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  const left = new Map<string, number>();
  for (const [directory, count] of counts) left.set(directory, random.integer(0, count));
  const lost = new Set<NameOperation>();
  for (const [index, operation] of unsynced.entries()) {
    const touched = directories[index] as string[];
    const survives = touched.every((directory) => (left.get(directory) as number) > 0);
    if (!survives) lost.add(operation);
    for (const directory of touched) left.set(directory, survives ? (left.get(directory) as number) - 1 : 0);
  }
  return lost;
}
