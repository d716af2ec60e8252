import type { Disk } from "../../system/ports/disk.ts";
import { DiskError } from "../../system/ports/errors.ts";
import type { Fields } from "../../trace/plain.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { TraceWriter } from "../../trace/trace-writer.ts";
import type { NameId } from "../../trace/trace.ts";
import { RngStream } from "../kernel/rng.ts";
import { compileLatency, type LatencySampler } from "../network/distributions.ts";
import { ActiveEffects } from "./active-effects.ts";
import type { DiskConfig, DiskEffect } from "./disk-effect.ts";
import { DiskImage } from "./disk-image.ts";
import type { NameOperation } from "./name-table.ts";
import { directoryOf, isDirectoryPath, isFilePath } from "./paths.ts";
import { ProcessDisk, WORLD, type Caller } from "./process-disk.ts";
import type { PowerLossRules } from "./sim-file.ts";

export type { DiskConfig, DiskEffect } from "./disk-effect.ts";

export interface SimDiskOptions {
  /** Whose disk it is, for records. */
  readonly node: string;
  /** Completes an operation in an event of its own, `delay` µs from now; equal delays in call order. */
  readonly schedule: (delay: Micros, operation: Completion) => void;
  readonly trace: TraceWriter;
  readonly random: RngStream;
  readonly config: DiskConfig;
}

/** A queue of operations that complete in call order. */
interface Lane {
  busyUntil: Micros;
}

/** Something whose time comes. */
export interface Completion {
  complete(): void;
}

/** An operation that took effect and has not completed. */
interface Issued<T> {
  readonly value: T;
  readonly lane: Lane;
  /** What the device does when the operation completes, whoever still waits for it. @returns the record it wrote, or why it failed. */
  readonly land?: (tookUs: Micros) => RecordId | DiskError;
}

/** Who has operations finished. */
interface Finisher {
  finish(operation: Operation<unknown>): void;
}

/** An operation under way. One object and a promise for each of them: most of what a cluster does is to wait for its disks. */
class Operation<T> implements Completion {
  readonly promise: Promise<T>;
  readonly caller: Caller;
  /** What it does, or why it does nothing. */
  readonly issued: Issued<T> | DiskError;
  readonly lane: Lane;
  readonly latency: Micros;
  readonly issuedAt: Micros;
  readonly cause: RecordId;
  readonly powerCycle: number;
  error: DiskError | undefined;
  readonly #disk: Finisher;
  #resolve: ((value: T) => void) | undefined;
  #reject: ((error: DiskError) => void) | undefined;

  constructor(
    disk: Finisher,
    caller: Caller,
    issued: Issued<T> | DiskError,
    lane: Lane,
    latency: Micros,
    issuedAt: Micros,
    cause: RecordId,
    powerCycle: number,
  ) {
    this.#disk = disk;
    this.caller = caller;
    this.issued = issued;
    this.lane = lane;
    this.latency = latency;
    this.issuedAt = issuedAt;
    this.cause = cause;
    this.powerCycle = powerCycle;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  complete(): void {
    this.#disk.finish(this as Operation<unknown>);
  }

  /** Tells the caller. */
  settle(): void {
    if (!this.caller.isCurrent()) return;
    if (this.error !== undefined) this.#reject?.(this.error);
    else this.#resolve?.((this.issued as Issued<T>).value);
  }
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
  /** Number of its node's id in the trace. */
  readonly #nameId: NameId;
  readonly #opLatency: LatencySampler;
  readonly #syncLatency: LatencySampler;
  readonly #latencyRandom: RngStream;
  readonly #lossRandom: RngStream;
  #image: DiskImage;
  readonly #directories = new Map<string, Lane>();
  readonly #effects = new ActiveEffects();
  /** In call order. */
  #stuck: Operation<unknown>[] = [];
  /** Grows with every power loss: what was under way before it never completes. */
  #powerCycle = 0;
  /** A path that names a file. */
  #lastPath = "file";

  constructor(options: SimDiskOptions) {
    this.#options = options;
    this.#nameId = options.trace.name(options.node);
    this.#opLatency = compileLatency(options.config.opLatency);
    this.#syncLatency = compileLatency(options.config.syncLatency);
    // What a power loss takes must not depend on how many operations came before, nor move the latencies after it.
    const { random } = options;
    this.#latencyRandom = random;
    this.#lossRandom = new RngStream(random.uint32(), random.uint32(), random.uint32(), random.uint32());
    this.#image = new DiskImage(this.#capacity);
  }

  /** The disk as a process sees it: completions run through `run`, and none resolves once `isCurrent` is false. */
  forIncarnation(isCurrent: () => boolean, run: (work: () => void, cause: RecordId) => void): Disk {
    return new ProcessDisk(this, { isCurrent, run });
  }

  /** Puts a fault's effect on the disk. @returns Takes it away again; calling it twice is the same as once. */
  addEffect(effect: DiskEffect): () => void {
    this.#effects.add(effect, this.#image.used);
    this.#image.capacity = this.#capacity;
    return () => {
      this.#effects.remove(effect);
      this.#image.capacity = this.#capacity;
      if (this.#effects.isStuck) return;
      for (const operation of this.#stuck.splice(0)) this.#schedule(operation);
    };
  }

  /** Loses power: operations under way never complete, what was not durable goes by the rules and the effects in place. */
  powerLoss(options: PowerLossRules): void {
    const losses = this.#image.powerLoss(this.#effects.powerLossRules(options), this.#lossRandom);
    this.#forgetWork();
    for (const loss of losses.files) {
      const { path, bytes, torn } = loss;
      this.#point("disk.lost", { path, bytes, torn, what: "bytes" });
      this.#effects.lostFile(loss);
    }
    for (const operation of losses.names) {
      this.#point("disk.lost", lostNameOf(operation));
      this.#effects.lostName();
    }
  }

  /** An empty disk in place of this one, whose operations under way never complete. @returns how many files are gone. */
  wipe(): number {
    const lost = this.#image.files();
    for (const [path, file] of lost) this.#point("disk.lost", { path, bytes: file.size, torn: false, what: "wipe" });
    this.#effects.emptied();
    this.#image = new DiskImage(this.#capacity);
    this.#forgetWork();
    return lost.length;
  }

  /**
   * Inverts bits where they are stored.
   *
   * @param options.path  The file; without it all bytes of all files are equally likely.
   * @returns how many: none when there is no byte.
   */
  rot(options: { readonly bits: number; readonly path: string | undefined; readonly random: RngStream }): number {
    const flipped = this.#image.flipBits(options);
    for (const fields of flipped) this.#point("disk.rot", fields);
    return flipped.length;
  }

  /** What a power loss that loses everything unsynced would leave of a file; `undefined` when its name is not durable. */
  readDurable(path: string): Uint8Array | undefined {
    return this.#image.names.getDurable(path)?.readDurable();
  }

  read(path: string, caller: Caller = WORLD): Promise<Uint8Array | undefined> {
    return this.#perform(caller, "read", path, () => {
      const file = this.#image.find(path);
      return { value: file?.read(), lane: file ?? this.#lane(directoryOf(path)) };
    });
  }

  write(path: string, bytes: Uint8Array, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "write", path, () => {
      const lane = this.#image.write(path, bytes);
      this.#point("disk.write", { path, bytes: bytes.length });
      return { value: undefined, lane };
    });
  }

  append(path: string, bytes: Uint8Array, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "append", path, () => ({ value: undefined, lane: this.#image.append(path, bytes) }));
  }

  truncate(path: string, length: number, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "truncate", path, () => ({
      value: undefined,
      lane: this.#image.truncate(path, length),
    }));
  }

  rename(from: string, to: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "rename", from, () => {
      const lane = this.#image.rename(from, to);
      this.#point("disk.rename", { from, to });
      return { value: undefined, lane };
    });
  }

  remove(path: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "remove", path, () => {
      const file = this.#image.remove(path);
      if (file !== undefined) this.#point("disk.remove", { path });
      return { value: undefined, lane: file ?? this.#lane(directoryOf(path)) };
    });
  }

  list(directory: string, caller: Caller = WORLD): Promise<string[]> {
    return this.#perform(caller, "list", directory, () => ({
      value: this.#image.list(directory),
      lane: this.#lane(directory),
    }));
  }

  sync(path: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "sync", path, () => {
      const file = this.#image.get("sync", path);
      const { version, size } = file;
      const failing = this.#effects.failingSync();
      const land = (tookUs: Micros): RecordId | DiskError => {
        if (failing !== undefined && !file.hasFailedFor(caller)) file.failSync(version, caller, failing);
        if (file.hasFailedFor(caller)) return new DiskError("DISK_IO", "sync", path);
        file.makeDurable(version);
        return this.#point("disk.sync", { path, bytes: size, tookUs });
      };
      return { value: undefined, lane: file, land };
    });
  }

  syncDirectory(directory: string, caller: Caller = WORLD): Promise<void> {
    return this.#perform(caller, "syncDirectory", directory, () => {
      const { names } = this.#image;
      const operations = names.unsyncedIn(directory);
      const isFailing = this.#effects.failingSync() !== undefined;
      const land = (tookUs: Micros): RecordId | DiskError => {
        if (isFailing) return new DiskError("DISK_IO", "syncDirectory", directory);
        names.makeDurable(operations);
        return this.#point("disk.sync-dir", { path: directory, tookUs });
      };
      return { value: undefined, lane: this.#lane(directory), land };
    });
  }

  /** One way for every operation: take effect now, complete in call order after a latency, tell the caller if it still lives. */
  #perform<T>(caller: Caller, name: keyof Disk, path: string, issue: () => Issued<T>): Promise<T> {
    // Code of a process that ended may still run to the end of its event: it reaches no disk any more.
    if (!caller.isCurrent()) return new Promise<T>(() => undefined);
    const { time: issuedAt, cause } = this.#options.trace;
    const latency = this.#drawLatency(name);
    let issued: Issued<T> | DiskError;
    try {
      issued = this.#attempt(name, path, issue);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    const lane = issued instanceof DiskError ? this.#lane("") : issued.lane;
    const powerCycle = this.#powerCycle;
    const operation = new Operation<T>(this, caller, issued, lane, latency, issuedAt, cause, powerCycle);
    if (this.#effects.holds()) this.#stuck.push(operation as Operation<unknown>);
    else this.#schedule(operation as Operation<unknown>);
    return operation.promise;
  }

  #schedule(operation: Operation<unknown>): void {
    const { trace, schedule } = this.#options;
    const { lane } = operation;
    const completesAt = Math.max(trace.time + operation.latency, lane.busyUntil);
    lane.busyUntil = completesAt;
    schedule(completesAt - trace.time, operation);
  }

  /** The moment of an operation has come. */
  finish(operation: Operation<unknown>): void {
    const { caller, issued, cause } = operation;
    if (operation.powerCycle !== this.#powerCycle) return;
    const { trace } = this.#options;
    trace.cause = cause;
    const landed = issued instanceof DiskError ? issued : issued.land?.(trace.time - operation.issuedAt);
    if (landed instanceof DiskError) operation.error = landed;
    const record =
      issued instanceof DiskError || landed === undefined
        ? cause
        : landed instanceof DiskError
          ? this.#errorPoint(landed)
          : landed;
    trace.cause = -1;
    if (!caller.isCurrent()) return;
    caller.run(() => {
      operation.settle();
    }, record);
  }

  /** What was under way never completes. */
  #forgetWork(): void {
    this.#powerCycle++;
    this.#directories.clear();
    this.#stuck = [];
  }

  #attempt<T>(name: keyof Disk, path: string, issue: () => Issued<T>): Issued<T> | DiskError {
    try {
      const isPath = name === "list" || name === "syncDirectory" ? isDirectoryPath(path) : this.#isFile(path);
      if (!isPath) throw new DiskError("DISK_PATH", name, path);
      if (name !== "read" && name !== "list" && this.#effects.refusesChange())
        throw new DiskError("DISK_READ_ONLY", name, path);
      return issue();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (error.code === "DISK_FULL") this.#effects.wasFull();
      this.#errorPoint(error);
      return error;
    }
  }

  /** As {@link isFilePath}. Most operations are on the file of the one before. */
  #isFile(path: string): boolean {
    if (path !== this.#lastPath && !isFilePath(path)) return false;
    this.#lastPath = path;
    return true;
  }

  #errorPoint(error: DiskError): RecordId {
    const { operation, path } = error.facts;
    return this.#point("disk.error", { operation: String(operation), path: String(path), code: error.code });
  }

  #drawLatency(name: keyof Disk): Micros {
    const isSync = name === "sync" || name === "syncDirectory";
    return (isSync ? this.#syncLatency : this.#opLatency)(this.#latencyRandom) + this.#effects.extraLatency(isSync);
  }

  /** What all files may hold together now. */
  get #capacity(): number {
    return this.#effects.capacity(this.#options.config.capacityBytes ?? Number.MAX_SAFE_INTEGER);
  }

  #lane(directory: string): Lane {
    let lane = this.#directories.get(directory);
    if (lane === undefined) this.#directories.set(directory, (lane = { busyUntil: 0 }));
    return lane;
  }

  #point(name: string, fields: Fields): RecordId {
    return this.#options.trace.pointAt(1, this.#nameId, name, fields);
  }
}

function lostNameOf(operation: NameOperation): Fields {
  const { kind, file } = operation;
  const path = kind === "rename" ? operation.from : operation.path;
  return { path, bytes: kind === "create" ? file.size : 0, torn: false, what: kind };
}
