import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../src/system/components/settings/durations.ts";
import { getLiteFSSettings } from "../../../src/system/components/settings/litefs-settings.ts";
import { EnvironmentNodeIdResolver } from "../../../src/system/components/settings/node-id.ts";

/** The dictionary of seed 003, as it stands there. */
const SEED = {
  MOUNT_PATH: "/litefs",
  DATA_PATH: "/var/lib/litefs",
  DATABASE_NAME: "db.sqlite3",
  LEADER_ELECTION: "static",
  PRIMARY_HOSTNAME: "node-0",
  PROXY_ADDR: ":8080",
  ENABLED: true,
  RETENTION: "1h",
};
const RAFT = {
  ...SEED,
  LEADER_ELECTION: "raft",
  RAFT_SELF_ADDR: "localhost:4321",
  RAFT_PEERS: ["node-1:4321", "node-2:4321"],
};

describe("getLiteFSSettings", () => {
  it("gives seed 003's dictionary as an object, strict or not", () => {
    const expected = {
      isEnabled: true,
      mountPath: "/litefs",
      dataPath: "/var/lib/litefs",
      databaseName: "db.sqlite3",
      leaderElection: "static",
      primaryHostname: "node-0",
      proxyAddress: ":8080",
      retention: "1h",
      retentionMs: 3_600_000,
      detectSplitBrain: false,
      splitBrainCheckInterval: 100,
      markerSemantics: "seed",
    };
    expect(getLiteFSSettings(SEED)).toEqual(expected);
    expect(getLiteFSSettings(SEED, { strict: true })).toEqual(expected);
  });

  it("fills in the seeds' defaults when it is not strict (C14)", () => {
    expect(getLiteFSSettings({ PRIMARY_HOSTNAME: "node-0" })).toEqual(getLiteFSSettings(SEED));
  });

  it.each(["MOUNT_PATH", "DATA_PATH", "DATABASE_NAME", "LEADER_ELECTION", "PROXY_ADDR", "ENABLED", "RETENTION"])(
    "misses %s when it is strict, in the seed's words (C14)",
    (key) => {
      const dict = { ...SEED, [key]: undefined };
      expect(() => getLiteFSSettings(dict, { strict: true })).toThrow(
        expect.objectContaining({
          code: "LITEFS_MISSING",
          message: `LITEFS_MISSING: Missing required LiteFS settings: ${key}.`,
          facts: { missing: [key] },
        }),
      );
    },
  );

  it("needs PRIMARY_HOSTNAME for a static primary, and the addresses for Raft, strict or not", () => {
    const missingOf = (dict: object): unknown => {
      try {
        return getLiteFSSettings(dict);
      } catch (error) {
        return (error as { facts: unknown }).facts;
      }
    };
    expect(missingOf({})).toEqual({ missing: ["PRIMARY_HOSTNAME"] });
    expect(missingOf({ LEADER_ELECTION: "raft" })).toEqual({ missing: ["RAFT_SELF_ADDR", "RAFT_PEERS"] });
    expect(missingOf({ ENABLED: false })).toMatchObject({ isEnabled: false });
  });

  it("knows the same Raft group whether or not a node is among its own peers (C15)", () => {
    const without = getLiteFSSettings(RAFT).raft;
    const peers = ["NODE-2:4321", "localhost:4321", "node-1:4321", "node-1:4321"];
    expect(getLiteFSSettings({ ...RAFT, RAFT_PEERS: peers }).raft).toEqual(without);
    expect(without).toEqual({
      selfAddress: "localhost:4321",
      peers: ["node-1:4321", "node-2:4321"],
      members: ["localhost:4321", "node-1:4321", "node-2:4321"],
      quorumSize: 2,
    });
  });

  it("takes raft_adapter in either spelling, and refuses two that differ (C22)", () => {
    const adapter = {};
    expect(getLiteFSSettings({ ...SEED, raft_adapter: adapter }).raftAdapter).toBe(adapter);
    expect(getLiteFSSettings({ ...SEED, RAFT_ADAPTER: adapter }).raftAdapter).toBe(adapter);
    expect(getLiteFSSettings({ ...SEED, RAFT_ADAPTER: adapter, raft_adapter: adapter }).raftAdapter).toBe(adapter);
    expect(getLiteFSSettings({ ...SEED, raft_adapter: null })).not.toHaveProperty("raftAdapter");
    expect(() => getLiteFSSettings({ ...SEED, RAFT_ADAPTER: adapter, raft_adapter: {} })).toThrow(/differ/);
  });

  it("reads detection, its interval, the marker's meaning and the proxy", () => {
    expect(
      getLiteFSSettings({
        ...SEED,
        DETECT_SPLIT_BRAIN: true,
        SPLIT_BRAIN_CHECK_INTERVAL: 10,
        MARKER_SEMANTICS: "litefs",
        PROXY: { TARGET: "localhost:3000" },
      }),
    ).toMatchObject({
      detectSplitBrain: true,
      splitBrainCheckInterval: 10,
      markerSemantics: "litefs",
      proxy: { address: ":8080", target: "localhost:3000", database: "db.sqlite3" },
    });
  });

  it.each([["litefs"], ["/litefs/../etc"], [""], [7]])("refuses the mount path %j in the seed's words", (path) => {
    expect(() => getLiteFSSettings({ ...SEED, MOUNT_PATH: path })).toThrow(
      expect.objectContaining({
        code: "LITEFS_MOUNT_PATH",
        message: expect.stringContaining("LiteFS mount path validation failed") as string,
      }),
    );
  });

  it.each([
    ["DATABASE_NAME", "../db"],
    ["DATABASE_NAME", ".."],
    ["LEADER_ELECTION", "consul"],
    ["PRIMARY_HOSTNAME", " "],
    ["PROXY_ADDR", "8080"],
    ["PROXY_ADDR", ":0"],
    ["PROXY_ADDR", ":65536"],
    ["ENABLED", "true"],
    ["RETENTION", "1 hour"],
    ["RETENTION", "0s"],
    ["RAFT_SELF_ADDR", ":4321"],
    ["SPLIT_BRAIN_CHECK_INTERVAL", 0],
    ["SPLIT_BRAIN_CHECK_INTERVAL", 1.5],
    ["DETECT_SPLITBRAIN", true],
  ])("refuses %s = %j, and names the key", (key, value) => {
    expect(() => getLiteFSSettings({ ...RAFT, [key]: value })).toThrow(
      expect.objectContaining({ code: "LITEFS_SETTINGS", facts: expect.objectContaining({ keys: [key] }) as object }),
    );
  });

  it("refuses what is no dictionary", () => {
    for (const dict of [undefined, null, 3, []])
      expect(() => getLiteFSSettings(dict)).toThrow(expect.objectContaining({ code: "LITEFS_SETTINGS" }));
  });
});

describe("parseDuration", () => {
  it.each([
    ["1h", 3_600_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["10m", 600_000],
    ["500ms", 500],
    ["2s5ms", 2_005],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it("reads every sum of units, and nothing with another character in it", () => {
    const part = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom("h", "m", "s", "ms"));
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(" ", "-", "d", "x"),
        (parts, other) => {
          const unit = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
          const text = parts.map(([count, name]) => `${String(count)}${name}`).join("");
          expect(parseDuration(text)).toBe(parts.reduce((sum, [count, name]) => sum + count * unit[name], 0));
          expect(parseDuration(text + other)).toBeUndefined();
        },
      ),
    );
  });
});

describe("EnvironmentNodeIdResolver", () => {
  it("reads LITEFS_NODE_ID of the environment it is given, each time", () => {
    const environment: Record<string, string> = { LITEFS_NODE_ID: " node-0 " };
    const resolver = new EnvironmentNodeIdResolver(environment);
    expect(resolver.resolveNodeId()).toBe("node-0");
    environment["LITEFS_NODE_ID"] = "node-1";
    expect(resolver.resolveNodeId()).toBe("node-1");
  });

  it.each([[{}], [{ LITEFS_NODE_ID: "" }], [{ LITEFS_NODE_ID: "  " }]])("refuses %j", (environment) => {
    expect(() => new EnvironmentNodeIdResolver(environment).resolveNodeId()).toThrow(
      expect.objectContaining({ code: "LITEFS_NODE_ID" }),
    );
  });
});
