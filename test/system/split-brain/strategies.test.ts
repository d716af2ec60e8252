import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ShutdownFlag } from "../../../src/system/components/split-brain/shutdown-flag.ts";
import { ResolutionStrategies, type StrategyActions } from "../../../src/system/components/split-brain/strategies.ts";
import { WriteFence } from "../../../src/system/components/split-brain/write-fence.ts";
import { FsDisk } from "../../../src/system/live/fs-disk.ts";
import { FailStopError, SplitBrainDetectedError } from "../../../src/system/ports/errors.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";
import { ManualTime } from "../circuit-breaker/breaker-world.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "faultline-strategies-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A node that could write, on a real disk, whose part in a strategy is noted. */
async function node(given: Partial<StrategyActions> = {}) {
  const id = nodeId("node1");
  const disk = await FsDisk.open(directory);
  const time = new ManualTime();
  const fence = new WriteFence({ id, disk, observer: silentObserver, mayWrite: () => true });
  await fence.restoreWriteAccess(1);
  const flag = new ShutdownFlag({ disk });
  const done: string[] = [];
  const ends: FailStopError[] = [];
  /** What was so when a step began: fenced on the disk, and flagged. */
  const step = (name: string) => async (): Promise<void> => {
    done.push(`${name}${fence.isVerified ? " fenced" : ""}${(await flag.read()) === undefined ? "" : " flagged"}`);
  };
  const strategies = new ResolutionStrategies({
    ...{ id, fence, flag, timers: time, observer: silentObserver },
    actions: {
      rollback: async () => {
        await step("rollback")();
        return "done";
      },
      drain: step("drain"),
      flush: step("flush"),
      leave: step("leave"),
      releaseLocks: step("locks"),
      end: (error) => ends.push(error),
      ...given,
    },
  });
  return { strategies, fence, flag, time, done, ends };
}

describe("strategies of a node that led without a majority (L02, L23, C05)", () => {
  it("force_replica and rollback_to_checkpoint need a fence that is on the disk, and the second goes back", async () => {
    const { strategies, done } = await node();
    await expect(strategies.applyResolutionStrategy("force_replica")).rejects.toThrow(SplitBrainDetectedError);
    await expect(strategies.applyResolutionStrategy("rollback_to_checkpoint")).rejects.toThrow("verified fence");
    expect(done).toEqual([]);
    await strategies.fenceWriteAccess();
    await strategies.applyResolutionStrategy("force_replica");
    expect(done).toEqual([]);
    await strategies.applyResolutionStrategy("rollback_to_checkpoint");
    expect(done).toEqual(["rollback fenced"]);
  });

  it("rollback_to_checkpoint fails where there is nothing to go back to", async () => {
    const none = new SplitBrainDetectedError("no common checkpoint");
    const { strategies } = await node({ rollback: () => Promise.reject(none) });
    await strategies.fenceWriteAccess();
    await expect(strategies.applyResolutionStrategy("rollback_to_checkpoint")).rejects.toBe(none);
  });

  it("shutdown_safe fences and flags first, then drains, flushes, leaves, gives locks back, and ends the process once", async () => {
    const { strategies, fence, flag, done, ends } = await node();
    await Promise.all([strategies.applyResolutionStrategy("shutdown_safe"), strategies.shutDown("again")]);
    expect(done).toEqual(["drain", "flush", "leave", "locks"].map((name) => `${name} fenced flagged`));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeInstanceOf(FailStopError);
    expect(await flag.read()).toEqual({ node: "node1", reason: "strategy shutdown_safe" });
    await expect(strategies.restoreWriteAccess(2)).rejects.toThrow("shutting down");
    expect(fence.openEpoch).toBe(0);
    await flag.clear();
    expect(await flag.read()).toBeUndefined();
  });

  it("shutdown_safe goes on after a step that fails, and after one that does not end in time", async () => {
    let begin: () => void = () => undefined;
    const flushing = new Promise<void>((resolve) => (begin = resolve));
    const { strategies, time, done, ends } = await node({
      drain: () => Promise.reject(new Error("no")),
      flush: () => {
        begin();
        return new Promise(() => undefined);
      },
    });
    const shutDown = strategies.shutDown("test");
    await flushing;
    await time.pass(999);
    expect(ends).toEqual([]);
    await time.pass(1);
    await shutDown;
    expect(done).toEqual(["leave fenced flagged", "locks fenced flagged"]);
    expect(ends).toHaveLength(1);
  });

  it("an unknown one is refused", async () => {
    const { strategies } = await node();
    await strategies.fenceWriteAccess();
    const unknown = strategies.applyResolutionStrategy("pray" as "force_replica");
    await expect(unknown).rejects.toThrow(SplitBrainDetectedError);
  });
});
