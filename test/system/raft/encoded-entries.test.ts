import { describe, expect, it } from "vitest";
import { EncodedEntries, REMEMBERED } from "../../../src/system/components/raft/encoded-entries.ts";
import type { LogEntry } from "../../../src/system/components/raft/raft-log.ts";

const entry = (index: number): LogEntry => ({ index, term: 1, type: "noop", command: null, client: "", seq: 0 });

describe("EncodedEntries", () => {
  it("gives back what was kept of an entry, and nothing for an equal one", () => {
    const entries = new EncodedEntries();
    const one = entry(7);
    const frame = Uint8Array.of(1, 2, 3);
    entries.keep(one, frame, -5);
    frame.fill(0);
    expect(entries.find(one)).toEqual({ frame: Buffer.of(1, 2, 3), checksum: -5 });
    expect(entries.find(entry(7))).toBeUndefined();
  });

  it("forgets an entry for a later one in its place, and keeps no large ones", () => {
    const entries = new EncodedEntries();
    const [old, young, large] = [entry(1), entry(1 + REMEMBERED), entry(2)];
    entries.keep(old, new Uint8Array(8), 1);
    entries.keep(young, new Uint8Array(8), 2);
    entries.keep(large, new Uint8Array(1_025), 3);
    expect(entries.find(old)).toBeUndefined();
    expect(entries.find(young)?.checksum).toBe(2);
    expect(entries.find(large)).toBeUndefined();
  });
});
