// A state machine that goes on from a snapshot answers as the one that gave it.
import { describe, expect, it } from "vitest";
import { LockTable } from "../../../src/system/components/raft/lock-table.ts";
import type { LogEntry } from "../../../src/system/components/raft/raft-log.ts";
import type { StateMachinePort } from "../../../src/system/components/raft/state-machine-port.ts";
import { ReceiptMachine } from "../../../src/system/components/receipts/receipt-machine.ts";
import { KvStore } from "../../../src/system/components/replication/kv-store.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";

const observer = silentObserver;
const entry = (index: number, client: string, seq: number, command: object): LogEntry => ({
  ...{ index, term: 1, type: "command", command: command as Plain, client, seq },
});
const receipt = (id: string, hlc: string): object => ({ id, posId: "pos1", hlc, payload: "p" });

const cases: Record<string, { make: () => StateMachinePort; before: LogEntry[]; after: LogEntry[] }> = {
  "keys and values": {
    make: () => new KvStore({ observer }),
    before: [
      entry(1, "c1", 1, { operation: "write", key: "k", value: 1, epoch: 2 }),
      entry(2, "c2", 1, { operation: "write", key: "l", value: 2, epoch: 2 }),
    ],
    // A repeated one, one of an old epoch, and a new one.
    after: [
      entry(3, "c1", 1, { operation: "write", key: "k", value: 9, epoch: 2 }),
      entry(4, "c1", 2, { operation: "write", key: "k", value: 9, epoch: 1 }),
      entry(5, "c2", 2, { operation: "write", key: "k", value: 3, epoch: 2 }),
    ],
  },
  locks: {
    make: () => new LockTable({ clock: { monotonic: () => 0, wall: () => 0 }, observer }),
    before: [entry(1, "", 0, { operation: "lock.acquire", key: "k", token: "a", ttlMs: 100, over: 0 })],
    after: [
      entry(2, "", 0, { operation: "lock.acquire", key: "k", token: "b", ttlMs: 100, over: 0 }),
      entry(3, "", 0, { operation: "lock.extend", key: "k", token: "a", ttlMs: 100, over: 0 }),
      entry(4, "", 0, { operation: "lock.acquire", key: "k", token: "b", ttlMs: 100, over: 3 }),
      entry(5, "", 0, { operation: "lock.release", key: "k", token: "a", ttlMs: 0, over: 0 }),
    ],
  },
  receipts: {
    make: () => new ReceiptMachine({ observer }),
    before: [
      entry(1, "s1", 1, { op: "insert", receipt: receipt("a", "1"), capacity: 2 }),
      entry(2, "s2", 1, { op: "claim", claim: "5", limit: 1 }),
      entry(3, "s1", 2, { op: "epoch", serverId: "r1" }),
    ],
    after: [
      entry(4, "s2", 1, { op: "claim", claim: "5", limit: 1 }),
      entry(5, "s2", 2, { op: "claim", claim: "4", limit: 1 }),
      entry(6, "s1", 3, { op: "insert", receipt: receipt("b", "1"), capacity: 2 }),
      entry(7, "s1", 4, { op: "epoch", serverId: "r2" }),
      entry(8, "s2", 3, { op: "settle", id: "a", claim: "5", how: { status: "synced", serverHlc: "2" } }),
    ],
  },
};

describe.each(Object.entries(cases))("a state machine of %s", (_, { make, before, after }) => {
  it("goes on from a snapshot, as JSON has it, like the one that gave it, whatever it held", () => {
    const first = make();
    for (const one of before) first.apply(one);
    const snapshot = JSON.stringify(first.snapshot?.());
    const second = make();
    second.apply(before[0] as LogEntry);
    second.restore?.(JSON.parse(snapshot) as Plain);
    expect(JSON.stringify(second.snapshot?.())).toBe(snapshot);
    const answers = after.map((one) => first.apply(one));
    expect(after.map((one) => second.apply(one))).toEqual(answers);
    expect(second.snapshot?.()).toEqual(first.snapshot?.());
    expect(new Set(answers.map(({ hasEffect }) => hasEffect))).toEqual(new Set([true, false]));
  });
});
