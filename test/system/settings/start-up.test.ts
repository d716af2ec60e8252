import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvironmentNodeIdResolver } from "../../../src/system/components/settings/node-id.ts";
import { PrimaryMarker, type MarkerSemantics } from "../../../src/system/components/settings/primary-marker.ts";
import { checkLiteFSAtStart, type StartUpReport } from "../../../src/system/components/settings/start-up-check.ts";
import { WriteFence } from "../../../src/system/components/split-brain/write-fence.ts";
import { FsDisk } from "../../../src/system/live/fs-disk.ts";
import { fsMount } from "../../../src/system/live/fs-mount.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";

let root: string;
let mountPath: string;
const logs: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-mount-"));
  mountPath = join(root, "litefs");
  mkdirSync(mountPath);
  logs.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

const mark = (text: string): void => {
  writeFileSync(join(mountPath, ".primary"), text);
};
const markerOf = (semantics: MarkerSemantics): PrimaryMarker =>
  new PrimaryMarker({ mount: fsMount, mountPath, semantics, nodeId: "node-0" });

describe("a marker of LiteFS's own meaning (C01)", () => {
  it("makes a node without it the primary, and one with it a replica of the node it names", () => {
    expect(markerOf("litefs").isPrimary()).toBe(true);
    expect(markerOf("litefs").primaryHostname()).toBeUndefined();
    mark("node-1\n");
    expect(markerOf("litefs").isPrimary()).toBe(false);
    expect(markerOf("litefs").primaryHostname()).toBe("node-1");
  });
});

describe("a marker of the seeds' meaning (C01)", () => {
  it("makes the node it stands on the primary", () => {
    expect(markerOf("seed").isPrimary()).toBe(false);
    mark(JSON.stringify({ node: "node-0", epoch: 4 }));
    expect(markerOf("seed").isPrimary()).toBe(true);
    mark("");
    expect(markerOf("seed").isPrimary()).toBe(true);
  });

  it("does not make a node the primary under another's name", () => {
    mark(JSON.stringify({ node: "node-1", epoch: 4 }));
    expect(markerOf("seed").isPrimary()).toBe(false);
    expect(markerOf("seed").primaryHostname()).toBe("node-1");
  });

  it("is what the write fence puts there, and takes away", async () => {
    const fence = new WriteFence({
      id: nodeId("node-0"),
      disk: await FsDisk.open(root),
      observer: silentObserver,
      mayWrite: () => true,
    });
    await fence.open();
    await fence.restoreWriteAccess(3);
    expect(markerOf("seed").isPrimary()).toBe(true);
    await fence.fenceWriteAccess();
    expect(markerOf("seed").isPrimary()).toBe(false);
  });
});

it.each(["seed", "litefs"] as const)("no marker of meaning %s says anything when nothing is mounted", (semantics) => {
  rmSync(mountPath, { recursive: true });
  expect(() => markerOf(semantics).isPrimary()).toThrow(/LiteFS mount path validation failed/);
});

describe("the check at start", () => {
  const start = (settings: object, environment: Record<string, string> = { LITEFS_NODE_ID: "node-0" }): StartUpReport =>
    checkLiteFSAtStart({
      settings: { MOUNT_PATH: mountPath, ...settings },
      mount: fsMount,
      nodeId: new EnvironmentNodeIdResolver(environment),
      log: (level, message) => logs.push(`${level}: ${message}`),
    });
  const RAFT = { LEADER_ELECTION: "raft", RAFT_SELF_ADDR: "localhost:4321", RAFT_PEERS: ["node-1:4321"] };

  it("logs that the designated node is the primary", () => {
    mark("");
    expect(start({ PRIMARY_HOSTNAME: "node-0" })).toMatchObject({ role: "primary", primaryHostname: "node-0" });
    expect(logs).toEqual(["info: This node is the primary."]);
  });

  it("logs that any other node is a replica", () => {
    expect(start({ PRIMARY_HOSTNAME: "node-7" })).toMatchObject({ role: "replica", primaryHostname: "node-7" });
    expect(logs).toEqual(["info: This node is a replica of node-7."]);
  });

  it("goes by the setting, and warns, when a static primary has no marker", () => {
    expect(start({ PRIMARY_HOSTNAME: "node-0" }).role).toBe("primary");
    expect(logs[0]).toMatch(/^warning: .*disagree/);
  });

  it("goes by the marker when the primary is elected", () => {
    expect(start(RAFT)).not.toHaveProperty("primaryHostname");
    mark(JSON.stringify({ node: "node-0", epoch: 2 }));
    expect(start(RAFT).role).toBe("primary");
    expect(start({ ...RAFT, MARKER_SEMANTICS: "litefs" }).role).toBe("replica");
    expect(logs).toEqual([
      "info: This node is a replica of nobody yet.",
      "info: This node is the primary.",
      `info: This node is a replica of {"node":"node-0","epoch":2}.`,
    ]);
  });

  it("warns when detection is on and there is no election to watch", () => {
    mark("");
    start({ PRIMARY_HOSTNAME: "node-0", DETECT_SPLIT_BRAIN: true });
    expect(logs[0]).toMatch(/^warning: DETECT_SPLIT_BRAIN/);
  });

  it("refuses a mount that is not there, or is no directory, in the seed's words", () => {
    rmSync(mountPath, { recursive: true });
    expect(() => start({ PRIMARY_HOSTNAME: "node-0" })).toThrow(/LiteFS mount path validation failed/);
    writeFileSync(mountPath, "a file");
    expect(() => start({ PRIMARY_HOSTNAME: "node-0" })).toThrow(/LiteFS mount path validation failed/);
    expect(logs).toEqual([]);
  });

  it("refuses a node without an id, and settings that miss something", () => {
    expect(() => start({ PRIMARY_HOSTNAME: "node-0" }, {})).toThrow(/LITEFS_NODE_ID/);
    expect(() => start({})).toThrow(/Missing required LiteFS settings: PRIMARY_HOSTNAME/);
  });

  it("looks at nothing when LiteFS is disabled", () => {
    rmSync(mountPath, { recursive: true });
    expect(start({ ENABLED: false }, {}).role).toBe("disabled");
    expect(logs).toEqual(["info: LiteFS is disabled."]);
  });
});
