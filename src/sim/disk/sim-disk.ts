import type { Disk } from "../../system/ports/disk.ts";
import { DiskError, type DiskErrorCode } from "../../system/ports/errors.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { TraceWriter } from "../../trace/trace.ts";
import { RngStream } from "../kernel/rng.ts";
import { compileLatency, type LatencySampler } from "../network/distributions.ts";
import type { DiskConfig, DiskEffect } from "./disk-effect.ts";
import { NameTable, type NameOperation } from "./name-table.ts";
import { clashes, directoryOf, isDirectoryPath, isFilePath, namesIn } from "./paths.ts";
import { ProcessDisk, WORLD, type Caller } from "./process-disk.ts";
import { SimFile, type PowerLossRules } from "./sim-file.ts";

export type { DiskConfig, DiskEffect } from "./disk-effect.ts";

export interface SimDiskOptions {
  /** Whose disk it is, for records. */
  readonly node: string;
  /** Runs `done` in an event of its own, `delay` µs from now; equal delays in call order. */
  readonly schedule: (delay: Micros, done: () => void) => void;
  readonly trace: TraceWriter;
  readonly random: RngStream;
  readonly config: DiskConfig;
}

/** A queue of operations that complete in call order. */
interface Lane {
  busyUntil: Micros;
}

interface Operation<T> {
  readonly name: keyof Disk;
  readonly path: string;
  /** Takes effect on the page cache at once, in call order. @throws {DiskError} */
  readonly issue: () => Issued<T>;
}

interface Issued<T> {
  readonly value: T;
  readonly lane: Lane;
  /** What the device does when the operation completes, whoever still waits for it. @returns the record it wrote. */
  readonly land?: (tookUs: Micros) => RecordId;
}

/**
 * {@link Disk} of a virtual machine, which outlives its processes. What a call changes is visible at once and completes later;
 * a sync makes durable what was written before it was *issued*, at the moment it completes.
 *
 * As a {@link Disk} itself it is the machine's own hand: its completions are nobody's code. Programs get
 * {@link SimDisk.forIncarnation}.
 */
export class SimDisk implements Disk {
  readonly #options: SimDiskOptions;
  readonly #opLatency: LatencySampler;
  readonly #syncLatency: LatencySampler;
  readonly #latencyRandom: RngStream;
  readonly #lossRandom: RngStream;
  readonly #capacity: number;
  readonly #directories = new Map<string, Lane>();
  readonly #names = new NameTable();
  /** Bytes of all files that have a name; owned here so that a full disk costs no walk. */
  #used = 0;
  #effects: readonly DiskEffect[] = [];
  /** Grows with every power loss: what was under way before it never completes. */
  #powerCycle = 0;

  constructor(options: SimDiskOptions) {
    this.#options = options;
    this.#opLatency = compileLatency(options.config.opLatency);
    this.#syncLatency = compileLatency(options.config.syncLatency);
    // What a power loss takes must not depend on how many operations came before, nor move the latencies after it.
    const { random } = options;
    this.#latencyRandom = random;
    this.#lossRandom = new RngStream(random.uint32(), random.uint32(), random.uint32(), random.uint32());
    this.#capacity = options.config.capacityBytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** The disk as a process sees it: completions run through `run`, and none resolves once `isCurrent` is false. */
  forIncarnation(isCurrent: () => boolean, run: (work: () => void, cause: RecordId) => void): Disk {
    return new ProcessDisk(this, { isCurrent, run });
  }

  /** Puts a fault's effect on the disk. @returns Takes it away again; calling it twice is the same as once. */
  addEffect(effect: DiskEffect): () => void {
    this.#effects = [...this.#effects, effect];
    return () => {
      this.#effects = this.#effects.filter((other) => other !== effect);
    };
  }

  /** Loses power: operations under way never complete, what was not durable goes by the rules and the effects in place. */
  powerLoss(options: PowerLossRules): void {
    const effects = this.#effects;
    const rules: PowerLossRules = {
      loseUnsynced: options.loseUnsynced || effects.some((effect) => effect.loseUnsynced === true),
      tornWrites: options.tornWrites || effects.some((effect) => effect.tornWrites === true),
      orderFree: options.orderFree || effects.some((effect) => effect.orderFree === true),
    };
    this.#powerCycle++;
    this.#directories.clear();
    // Names first: a file whose name is gone has no bytes to lose.
    const undone = this.#names.powerLoss(rules, this.#lossRandom);
    for (const [path, file] of this.#names.entries()) {
      file.busyUntil = 0;
      const lost = file.powerLoss(rules, this.#lossRandom);
      if (lost === undefined) continue;
      this.#point("disk.lost", { path, bytes: lost.bytes, torn: lost.torn, what: "bytes" });
      for (const effect of effects) {
        if (lost.mutations > 0 && losesOrder(effect)) effect.touch();
        if (lost.torn && effect.tornWrites === true) effect.touch();
      }
    }
    for (const operation of undone) {
      this.#point("disk.lost", lostNameOf(operation));
      for (const effect of effects) if (losesOrder(effect)) effect.touch();
    }
    this.#used = 0;
    for (const [, file] of this.#names.entries()) this.#used += file.size;
  }

  /** What a power loss that loses everything unsynced would leave of a file; `undefined` when its name is not durable. */
  readDurable(path: string): Uint8Array | undefined {
    return this.#names.getDurable(path)?.readDurable();
  }

  read(path: string, caller: Caller = WORLD): Promise<Uint8Array | undefined> {
    return this.#perform(caller, {
      name: "read",
      path,
      issue: () => {
        const file = this.#names.get(path);
        return { value: file?.read(), lane: file ?? this.#directory(path) };
      },
    });
  }

  write(path: string, bytes: Uint8Array, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "write",
      path,
      issue: () => {
        const file = this.#open("write", path, bytes.length - (this.#names.get(path)?.size ?? 0));
        file.write(bytes);
        this.#point("disk.write", { path, bytes: bytes.length });
        return { value: undefined, lane: file };
      },
    });
  }

  append(path: string, bytes: Uint8Array, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "append",
      path,
      issue: () => {
        const file = this.#open("append", path, bytes.length);
        file.append(bytes);
        return { value: undefined, lane: file };
      },
    });
  }

  truncate(path: string, length: number, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "truncate",
      path,
      issue: () => {
        const file = this.#existing("truncate", path);
        if (!Number.isInteger(length) || length < 0 || length > file.size)
          throw this.#error("DISK_IO", "truncate", path);
        this.#used -= file.size - length;
        file.truncate(length);
        return { value: undefined, lane: file };
      },
    });
  }

  rename(from: string, to: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "rename",
      path: from,
      issue: () => {
        if (!isFilePath(to)) throw this.#error("DISK_PATH", "rename", to);
        const file = this.#existing("rename", from);
        const replaced = this.#names.get(to);
        if (replaced === undefined) this.#assertNameFits("rename", to);
        else if (replaced !== file) this.#used -= replaced.size;
        this.#names.rename(from, to, file);
        this.#point("disk.rename", { from, to });
        return { value: undefined, lane: file };
      },
    });
  }

  remove(path: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "remove",
      path,
      issue: () => {
        const file = this.#names.get(path);
        if (file === undefined) return { value: undefined, lane: this.#directory(path) };
        this.#names.remove(path, file);
        this.#used -= file.size;
        this.#point("disk.remove", { path });
        return { value: undefined, lane: file };
      },
    });
  }

  list(directory: string, caller: Caller = WORLD): Promise<string[]> {
    return this.#perform(caller, {
      name: "list",
      path: directory,
      issue: () => ({ value: namesIn(directory, this.#names.paths()), lane: this.#lane(directory) }),
    });
  }

  sync(path: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "sync",
      path,
      issue: () => {
        const file = this.#existing("sync", path);
        const { version, size } = file;
        const land = (tookUs: Micros): RecordId => {
          file.makeDurable(version);
          return this.#point("disk.sync", { path, bytes: size, tookUs });
        };
        return { value: undefined, lane: file, land };
      },
    });
  }

  syncDirectory(directory: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, {
      name: "syncDirectory",
      path: directory,
      issue: () => {
        const operations = this.#names.unsyncedIn(directory);
        const land = (tookUs: Micros): RecordId => {
          this.#names.makeDurable(operations);
          return this.#point("disk.sync-dir", { path: directory, tookUs });
        };
        return { value: undefined, lane: this.#lane(directory), land };
      },
    });
  }

  /** One way for every operation: take effect now, complete in call order after a latency, tell the caller if it still lives. */
  #perform<T>(caller: Caller, operation: Operation<T>): Promise<T> {
    // What is left of a dead process may still run to the end of its event, but touches nothing.
    if (!caller.isCurrent()) return new Promise<T>(() => undefined);
    const { trace, schedule } = this.#options;
    const { name, path } = operation;
    const issuedAt = trace.time;
    const cause = trace.cause;
    const powerCycle = this.#powerCycle;
    const latency = this.#drawLatency(name);
    return new Promise<T>((resolve, reject) => {
      let issued: Issued<T> | undefined;
      let error: DiskError | undefined;
      try {
        const isPath = name === "list" || name === "syncDirectory" ? isDirectoryPath(path) : isFilePath(path);
        if (!isPath) throw this.#error("DISK_PATH", name, path);
        issued = operation.issue();
      } catch (thrown) {
        if (!(thrown instanceof DiskError)) throw thrown;
        error = thrown;
      }
      const lane = issued?.lane ?? this.#lane("");
      const completesAt = Math.max(issuedAt + latency, lane.busyUntil);
      lane.busyUntil = completesAt;
      schedule(completesAt - issuedAt, () => {
        if (powerCycle !== this.#powerCycle) return;
        trace.cause = cause;
        const landed = issued?.land?.(completesAt - issuedAt);
        trace.cause = -1;
        if (!caller.isCurrent()) return;
        caller.run(() => {
          if (!caller.isCurrent()) return;
          if (issued !== undefined) resolve(issued.value);
          else if (error !== undefined) reject(error);
        }, landed ?? cause);
      });
    });
  }

  #drawLatency(name: keyof Disk): Micros {
    const isSync = name === "sync" || name === "syncDirectory";
    let latency = (isSync ? this.#syncLatency : this.#opLatency)(this.#latencyRandom);
    for (const effect of this.#effects) {
      const extra = (isSync ? effect.slowSyncBy : effect.slowOpBy) ?? 0;
      if (extra === 0) continue;
      latency += extra;
      effect.touch();
    }
    return latency;
  }

  /** The file to be changed, made when there is none, if `growth` bytes more fit. */
  #open(operation: "write" | "append", path: string, growth: number): SimFile {
    if (growth > 0 && this.#used + growth > this.#capacity) throw this.#error("DISK_FULL", operation, path);
    let file = this.#names.get(path);
    if (file === undefined) {
      this.#assertNameFits(operation, path);
      file = new SimFile();
      this.#names.create(path, file);
    }
    this.#used += growth;
    return file;
  }

  #existing(operation: keyof Disk, path: string): SimFile {
    const file = this.#names.get(path);
    if (file === undefined) throw this.#error("DISK_NOT_FOUND", operation, path);
    return file;
  }

  /** A name cannot be a file and a directory at once. */
  #assertNameFits(operation: keyof Disk, path: string): void {
    if (clashes(path, this.#names.paths())) throw this.#error("DISK_IO", operation, path);
  }

  #directory(path: string): Lane {
    return this.#lane(directoryOf(path));
  }

  #lane(directory: string): Lane {
    let lane = this.#directories.get(directory);
    if (lane === undefined) this.#directories.set(directory, (lane = { busyUntil: 0 }));
    return lane;
  }

  #error(code: DiskErrorCode, operation: keyof Disk, path: string): DiskError {
    this.#point("disk.error", { operation, path, code });
    return new DiskError(code, operation, path);
  }

  #point(name: string, fields: Readonly<Record<string, string | number | boolean>>): RecordId {
    return this.#options.trace.point(1, this.#options.node, name, fields);
  }
}

function losesOrder(effect: DiskEffect): boolean {
  return effect.loseUnsynced === true || effect.orderFree === true;
}

function lostNameOf(operation: NameOperation): Readonly<Record<string, string | number | boolean>> {
  const { kind, path, file } = operation;
  const bytes = kind === "create" ? file.size : 0;
  return { path: kind === "rename" ? operation.from : path, bytes, torn: false, what: kind };
}
