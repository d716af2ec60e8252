import { describe, expect, it } from "vitest";
import { standingOn } from "../../../src/system/components/proxy/chain-standing.ts";
import type { LogEntry } from "../../../src/system/components/raft/raft-log.ts";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { formatPosition, START, type Position } from "../../../src/system/components/replication/position.ts";
import { QuorumDatabase } from "../../../src/system/components/replication/quorum-database.ts";
import type { StateMachine } from "../../../src/system/components/replication/state-machine.ts";
import type { Transaction } from "../../../src/system/components/replication/transaction.ts";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";
import { kv } from "./replication-world.ts";

/** A state that survives restarts, as a SQLite file does. */
class DurableList implements StateMachine {
  readonly isDurable = true;
  position: Position = START;
  readonly applied: Plain[] = [];
  refusal(): undefined {
    return undefined;
  }
  apply({ changes, position }: Transaction): Plain {
    this.applied.push(changes);
    this.position = position;
    return { ok: true };
  }
  snapshot(): Plain {
    return [];
  }
  restore(): void {
    this.position = START;
  }
}

const entry = (index: number, term: number, changes: Plain = `c${String(index)}`): LogEntry => ({
  ...{ index, term, type: "command", client: "", seq: 0 },
  command: { operation: "transaction", changes },
});
const LOG = [entry(2, 1), entry(3, 1), entry(5, 3)];

describe("a database behind a Raft log", () => {
  it("numbers transactions from one, whatever their index, and has the same positions on every copy", () => {
    const copies = [
      new QuorumDatabase({ machine: new DurableList() }),
      new QuorumDatabase({ machine: new DurableList() }),
    ];
    const results = copies.map((copy) => LOG.map((one) => copy.apply(one).result));
    expect(results[0]).toEqual(results[1]);
    const [first] = copies as [QuorumDatabase, QuorumDatabase];
    expect([first.appliedPosition.txid, first.epoch]).toEqual([3n, 3]);
    expect(results[0]?.at(-1)).toEqual({ position: formatPosition(first.appliedPosition), result: { ok: true } });
  });

  it("gives a state that survived only what it has not, and answers for it when the log has come as far", () => {
    const machine = new DurableList();
    const before = new QuorumDatabase({ machine });
    for (const one of LOG) before.apply(one);

    const told: bigint[] = [];
    const after = new QuorumDatabase({ machine, onApplied: ({ position }) => told.push(position.txid) });
    const mark = { txid: 2n, epoch: 1 };
    expect(standingOn(after, mark)).toBe("behind");
    for (const one of LOG.slice(0, 2)) expect(after.apply(one).hasEffect).toBe(false);
    expect(standingOn(after, mark)).toBe("behind");
    after.apply(LOG[2] as LogEntry);
    expect([standingOn(after, mark), standingOn(after, { txid: 3n, epoch: 1 })]).toEqual(["reached", "lost"]);
    after.apply(entry(6, 3));
    expect([machine.applied, told]).toEqual([["c2", "c3", "c5", "c6"], [4n]]);
  });

  it("stops beside a state of another history", () => {
    const machine = new DurableList();
    const other = new QuorumDatabase({ machine });
    for (const one of [entry(2, 1), entry(3, 1, "another")]) other.apply(one);
    const database = new QuorumDatabase({ machine });
    database.apply(entry(2, 1));
    expect(() => database.apply(entry(3, 1))).toThrow(FailStopError);
    expect(machine.applied).toEqual(["c2", "another"]);
  });

  it("tells which positions its history goes through, as far as epochs end there", () => {
    const database = new QuorumDatabase({ machine: new KvStateMachine() });
    const positions = [1, 2, 4].map((index) => {
      database.apply(entry(index, index === 4 ? 2 : 1, kv("k", index)));
      return database.appliedPosition;
    });
    const [inside, end, last] = positions as [Position, Position, Position];
    expect([START, inside, end, last].map((one) => database.hasOnChain(one))).toEqual([true, undefined, true, true]);
    expect(
      [
        { ...end, checksum: 1n },
        { ...last, checksum: 1n },
        { txid: 9n, checksum: 1n },
      ].map((one) => database.hasOnChain(one)),
    ).toEqual([false, false, false]);
  });

  it("refuses what its machine refuses", () => {
    const database = new QuorumDatabase({ machine: new KvStateMachine() });
    expect(database.refusal("nonsense")).toContain("changes of a key-value store are");
  });
});
