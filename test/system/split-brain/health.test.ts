import { describe, expect, it } from "vitest";
import {
  clockOffsetSource,
  diskLatencySource,
  diskSpaceSource,
  HealthMonitor,
  replicationLagSource,
} from "../../../src/system/components/split-brain/health-monitor.ts";
import { claimedHealth, PeerHealth } from "../../../src/system/components/split-brain/peer-health.ts";
import { TimerLag } from "../../../src/system/components/split-brain/timer-lag.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";
import { isHealthStatePort } from "../../../src/system/ports/split-brain.ts";

function clockAt(start = 0): { now: number; wall(): number; monotonic(): number } {
  const clock = { now: start, wall: () => 5_000 + clock.now, monotonic: () => clock.now };
  return clock;
}

describe("health of a node (L01, L10, L11, C24)", () => {
  it("is the worst of its sources, with its reason and the wall time of the check in seconds", () => {
    const disk = { isFull: false, writeMs: 0 };
    const clock = clockAt();
    const monitor = new HealthMonitor({
      clock,
      observer: silentObserver,
      sources: [
        diskSpaceSource({ isFull: () => disk.isFull }),
        diskLatencySource({ writeMs: () => disk.writeMs, electionTimeoutMs: 300 }),
      ],
    });
    expect(isHealthStatePort(monitor)).toBe(true);
    expect(monitor.sample()).toEqual({ isHealthy: true, level: "healthy", lastCheck: 5 });
    disk.writeMs = 100;
    clock.now = 1_000;
    expect(monitor.sample()).toEqual({ isHealthy: true, level: "degraded", lastCheck: 6, reason: "disk_slow" });
    disk.isFull = true;
    expect(monitor.sample()).toMatchObject({ isHealthy: false, level: "unhealthy", reason: "disk_full" });
    monitor.updateHealth({ isHealthy: true, level: "healthy", lastCheck: 7 });
    expect(monitor.getHealthStatus()).toEqual({ isHealthy: true, level: "healthy", lastCheck: 7 });
  });

  it.each([
    [75, "healthy"],
    [76, "degraded"],
    [300, "degraded"],
    [301, "unhealthy"],
  ])("takes writes of %i ms with an election timeout of 300 ms for %s", (writeMs, level) => {
    expect(diskLatencySource({ writeMs: () => writeMs, electionTimeoutMs: 300 }).level()).toBe(level);
  });

  it.each([
    [-250, "healthy"],
    [251, "degraded"],
    [-501, "unhealthy"],
  ])("takes a clock that is %i ms off, of 500 ms, for %s", (offset, level) => {
    expect(clockOffsetSource({ offsetMs: () => offset, maxOffsetMs: 500 }).level()).toBe(level);
  });

  it("never takes a replica for unhealthy because it is behind", () => {
    expect(replicationLagSource({ lagMs: () => 10_000, maxMs: 10_000 }).level()).toBe("healthy");
    expect(replicationLagSource({ lagMs: () => 3_600_000, maxMs: 10_000 }).level()).toBe("degraded");
  });

  it("takes one late round for a pause, and three in a row for a loop that is behind", () => {
    const clock = clockAt();
    const lag = new TimerLag({ clock, periodMs: 100, electionTimeoutMs: 300 });
    const round = (afterMs: number): string => {
      clock.now += afterMs;
      lag.ran();
      return lag.level();
    };
    expect([100, 100, 100, 5_000, 100, 100].map(round)).toEqual(Array(6).fill("healthy"));
    expect([180, 180, 180].map(round)).toEqual(["healthy", "healthy", "degraded"]);
    expect([500, 500, 500].map(round)).toEqual(["degraded", "degraded", "unhealthy"]);
    expect(round(100)).toBe("healthy");
  });
});

describe("health of peers", () => {
  const n2 = nodeId("n2");

  it("is what they said last, and unknown after three heartbeats of silence", () => {
    const clock = clockAt();
    const peers = new PeerHealth({ clock, heartbeatMs: 50 });
    expect(peers.level(n2)).toBe("unknown");
    peers.heard(n2, "unhealthy");
    expect(peers.level(n2)).toBe("unhealthy");
    clock.now += 150;
    expect(peers.level(n2)).toBe("unhealthy");
    clock.now += 1;
    expect(peers.level(n2)).toBe("unknown");
    peers.heard(n2, "degraded");
    expect(peers.level(n2)).toBe("degraded");
  });

  it("decides who may be given leadership", () => {
    const peers = new PeerHealth({ clock: clockAt(), heartbeatMs: 50 });
    expect(peers.isTransferTarget(n2)).toBe(false);
    peers.heard(n2, "unhealthy");
    expect(peers.isTransferTarget(n2)).toBe(false);
    peers.heard(n2, "degraded");
    expect(peers.isTransferTarget(n2)).toBe(true);
  });

  it("takes a claim without a word about it for health", () => {
    expect(claimedHealth({ term: 1, leads: true })).toBe("healthy");
    expect(claimedHealth({ term: 1, health: "unhealthy" })).toBe("unhealthy");
    expect(claimedHealth({ term: 1, health: "splendid" })).toBe("healthy");
  });
});
