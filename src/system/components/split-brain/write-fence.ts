import type { Disk } from "../../ports/disk.ts";
import { FenceFailedError, SplitBrainDetectedError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { ConflictResolutionPort, ConflictResolutionStrategy } from "../../ports/split-brain.ts";
import { requireOwner } from "../raft/disk-owner.ts";

/** Content of `.primary` and `.primary.blocked`. */
export interface Marker {
  readonly node: string;
  readonly epoch: number;
}

export interface WriteFenceOptions {
  readonly id: NodeId;
  readonly disk: Disk;
  readonly observer: Observer;
  /** Directory of the markers. Default `litefs` (the seeds' `/litefs` mount). */
  readonly mountPath?: string;
  /** Whether this node may be given write access for `epoch` now: leader of it, quorum, lease, own no-op applied. */
  mayWrite(epoch: number): boolean;
  /** The gate opened or closed, or the fence changed. */
  onChange?(): void;
}

/**
 * Fences a node's write access: a gate in memory that closes at once, and marker files as evidence that survives a crash.
 *
 * `.primary` (with node and epoch) stands on the node that may write; fencing renames it to `.primary.blocked`, makes the rename
 * durable and reads it back. Restoring writes a fresh `.primary` of a higher epoch and then deletes the blocked one; it never
 * renames back, so evidence of an old epoch can never become permission. While both exist the higher epoch is the valid one.
 */
export class WriteFence implements ConflictResolutionPort {
  readonly #options: WriteFenceOptions;
  readonly #mount: string;
  readonly #primary: string;
  readonly #blocked: string;
  /** Epoch for which the gate is open; 0 while it is closed. */
  #openEpoch = 0;
  /** Epoch of the newest write access this node had, fenced or not. */
  #lastEpoch = 0;
  #fenceEpoch = 0;
  #isFenced = false;
  #isVerified = false;
  /** Grows with every closing; an opening that sees it change gives up. */
  #closings = 0;
  #fencing: Promise<void> | undefined;
  #tail: Promise<void> = Promise.resolve();
  /** Marker operations that were asked for and have not ended. */
  #underWay = 0;

  constructor(options: WriteFenceOptions) {
    this.#options = options;
    this.#mount = options.mountPath ?? "litefs";
    this.#primary = `${this.#mount}/.primary`;
    this.#blocked = `${this.#mount}/.primary.blocked`;
  }

  /** Epoch for which this node has write access; 0 for none. */
  get openEpoch(): number {
    return this.#openEpoch;
  }
  /** Fenced, verified or not: from the first line of {@link fenceWriteAccess} until access is restored. */
  get isFenced(): boolean {
    return this.#isFenced;
  }
  get isVerified(): boolean {
    return this.#isVerified;
  }
  /** Epoch that was fenced last; 0 for none. */
  get fenceEpoch(): number {
    return this.#fenceEpoch;
  }

  /**
   * Reads the markers a former incarnation left. A fence stays a fence; a stale `.primary` is taken away.
   *
   * @throws {FailStopError} when they are another node's.
   */
  async open(): Promise<void> {
    const blocked = await this.#read(this.#blocked);
    const primary = await this.#read(this.#primary);
    requireOwner(blocked?.node ?? "", this.#options.id, this.#blocked);
    requireOwner(primary?.node ?? "", this.#options.id, this.#primary);
    this.#lastEpoch = Math.max(blocked?.epoch ?? 0, primary?.epoch ?? 0);
    // The higher epoch is the valid marker: a restore that died before it deleted the blocked one had lifted the fence.
    if (blocked !== undefined && blocked.epoch >= (primary?.epoch ?? 0)) {
      // A killed process may have left the fence's name in the page cache alone.
      await this.#options.disk.syncDirectory(this.#mount);
      this.#isFenced = true;
      this.#isVerified = true;
      this.#fenceEpoch = blocked.epoch;
      this.#observe("fenced", { reason: "found at start" });
    } else {
      this.#observe("open", {});
    }
    if (primary !== undefined) await this.#removePrimary();
  }

  fenceWriteAccess(): Promise<void> {
    this.#close();
    // With a marker operation under way (a restore that this call has just refused) what was verified may no longer be true.
    if (this.#isFenced && this.#isVerified && this.#underWay === 0) return Promise.resolve();
    if (this.#fencing !== undefined) return this.#fencing;
    this.#isFenced = true;
    this.#isVerified = false;
    if (this.#lastEpoch > this.#fenceEpoch) this.#fenceEpoch = this.#lastEpoch;
    this.#observe("fencing", {});
    this.#options.onChange?.();
    const fencing = this.#inTurn(() => this.#fence());
    this.#fencing = fencing;
    const forget = (): void => {
      this.#fencing = undefined;
    };
    fencing.then(forget, forget);
    return fencing;
  }

  async applyResolutionStrategy(strategy: ConflictResolutionStrategy): Promise<void> {
    switch (strategy) {
      case "force_replica":
        // The fence is the strategy's effect on this node; role and following are the coordinator's next steps.
        if (!this.#isVerified) throw new SplitBrainDetectedError("force_replica needs a verified fence.");
        return;
      case "rollback_to_checkpoint":
      case "shutdown_safe":
        throw new SplitBrainDetectedError("not supported by this store", { strategy });
      default:
        throw new SplitBrainDetectedError(`Unknown strategy: ${String(strategy)}.`, { strategy });
    }
  }

  restoreWriteAccess(epoch: number): Promise<void> {
    const closings = this.#closings;
    return this.#inTurn(() => this.#restore(epoch, closings));
  }

  /** Gives up write access in an orderly way (a step-down without a split): closes the gate and takes the marker away. */
  revokeWriteAccess(): Promise<void> {
    this.#close();
    return this.#inTurn(() => this.#removePrimary());
  }

  /** Notes that the fenced node is back on the leader's chain. It stays fenced until it leads again. */
  markReconciled(): void {
    if (this.#isFenced) this.#observe("fenced", { reconciled: true });
  }

  #close(): void {
    this.#closings++;
    if (this.#openEpoch === 0) return;
    this.#openEpoch = 0;
    this.#options.onChange?.();
  }

  async #fence(): Promise<void> {
    const { disk } = this.#options;
    try {
      const primary = await this.#read(this.#primary);
      if (primary !== undefined) await disk.rename(this.#primary, this.#blocked);
      else if ((await this.#read(this.#blocked))?.epoch !== this.#fenceEpoch)
        await this.#write(this.#blocked, this.#fenceEpoch);
      await disk.syncDirectory(this.#mount);
      const left = await this.#read(this.#primary);
      const blocked = await this.#read(this.#blocked);
      if (left !== undefined || blocked === undefined)
        throw new FenceFailedError("The fence was written but is not there.", { node: this.#options.id });
    } catch (error) {
      this.#observe("failed", { reason: error instanceof Error ? error.message : String(error) });
      this.#options.onChange?.();
      if (error instanceof FenceFailedError) throw error;
      throw new FenceFailedError(
        "The fence could not be made durable. Writes stay refused; isolate the host if this goes on.",
        { node: this.#options.id },
        { cause: error },
      );
    }
    this.#isVerified = true;
    this.#observe("fenced", {});
    this.#options.observer.point("fence.verified", { epoch: this.#fenceEpoch });
    this.#options.onChange?.();
  }

  async #restore(epoch: number, closings: number): Promise<void> {
    const { disk, id } = this.#options;
    const refuse = (): boolean =>
      closings !== this.#closings || epoch <= this.#fenceEpoch || !this.#options.mayWrite(epoch);
    if (refuse())
      throw new FenceFailedError("Write access is given only to the leader of a newer epoch than the fence.", {
        node: id,
        epoch,
        fenceEpoch: this.#fenceEpoch,
      });
    this.#lastEpoch = epoch;
    await this.#write(this.#primary, epoch);
    await disk.syncDirectory(this.#mount);
    const primary = await this.#read(this.#primary);
    // A marker without permission must not outlive the attempt.
    if (refuse()) await this.#removePrimary();
    if (primary?.epoch !== epoch || refuse())
      throw new FenceFailedError("Write access could not be given: leadership ended or the marker is not there.", {
        node: id,
        epoch,
      });
    const wasFenced = this.#isFenced;
    const { fenceEpoch } = this;
    this.#isFenced = false;
    this.#isVerified = false;
    this.#openEpoch = epoch;
    if (wasFenced) this.#options.observer.point("fence.restore", { epoch, fenceEpoch });
    this.#observe("open", { epoch });
    this.#options.onChange?.();
    // Also one that a restore left behind which died half-way.
    if ((await this.#read(this.#blocked)) !== undefined) {
      await disk.remove(this.#blocked);
      await disk.syncDirectory(this.#mount);
    }
  }

  async #removePrimary(): Promise<void> {
    if ((await this.#read(this.#primary)) === undefined) return;
    await this.#options.disk.remove(this.#primary);
    await this.#options.disk.syncDirectory(this.#mount);
  }

  /** Writes a marker so that it is whole or absent after a crash; the caller makes its name durable. */
  async #write(path: string, epoch: number): Promise<void> {
    const { disk, id } = this.#options;
    const marker: Marker = { node: id, epoch };
    const temporary = `${path}.new`;
    await disk.write(temporary, new TextEncoder().encode(JSON.stringify(marker)));
    await disk.sync(temporary);
    await disk.rename(temporary, path);
  }

  async #read(path: string): Promise<Marker | undefined> {
    const bytes = await this.#options.disk.read(path);
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Marker);
  }

  /** Marker files are changed by one operation at a time, in the order in which they were asked for. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#underWay++;
    const next = this.#tail.then(work).finally(() => {
      this.#underWay--;
    });
    this.#tail = next.catch(() => undefined);
    return next;
  }

  #observe(value: string, fields: Readonly<Record<string, string | number | boolean>>): void {
    this.#options.observer.state("fence", value, { epoch: this.#fenceEpoch, ...fields });
  }
}
