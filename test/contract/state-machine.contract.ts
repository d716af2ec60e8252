import { describe, expect, it } from "vitest";
import { isSamePosition, START, type Position } from "../../src/system/components/replication/position.ts";
import type { StateMachine } from "../../src/system/components/replication/state-machine.ts";
import { makeTransaction, type Transaction } from "../../src/system/components/replication/transaction.ts";
import type { Plain } from "../../src/system/ports/transport.ts";

/** A state machine of one kind, and how its changes are said. */
export interface MachineUnderTest {
  readonly machine: StateMachine;
  set(key: string, value: string): Plain;
  get(key: string): Plain;
  /** Changes that fail, in the same way on every copy, once `key` is set. */
  failing?(key: string): Plain;
  /** Ends it and opens it again, when it is durable. */
  reopen?(): Promise<StateMachine>;
}

/** Runs a test with new, empty machines; closes them afterwards. */
export type WithMachines = (body: (open: () => Promise<MachineUnderTest>) => Promise<void>) => Promise<void>;

/** What every {@link StateMachine} must do. */
export function describeStateMachine(name: string, withMachines: WithMachines): void {
  const chainOf = (changes: readonly Plain[], from: Position = START): Transaction[] => {
    let at = from;
    return changes.map((one) => {
      const transaction = makeTransaction(at, 1, one);
      at = transaction.position;
      return transaction;
    });
  };

  describe(`state machine: ${name}`, () => {
    it("begins empty, before the first transaction", () =>
      withMachines(async (open) => {
        const { machine, get } = await open();
        expect(isSamePosition(machine.position, START)).toBe(true);
        expect(get("a")).toBeNull();
      }));

    it("moves its position with every transaction, and holds what the last one said", () =>
      withMachines(async (open) => {
        const { machine, set, get } = await open();
        const chain = chainOf([set("a", "1"), set("b", "2"), set("a", "3")]);
        for (const one of chain) {
          expect(machine.refusal(one.changes)).toBeUndefined();
          expect(machine.apply(one)).toMatchObject({ ok: true });
          expect(isSamePosition(machine.position, one.position)).toBe(true);
        }
        expect([get("a"), get("b")]).toEqual(["3", "2"]);
      }));

    it("is made the same by a snapshot of another copy, whatever it held before", () =>
      withMachines(async (open) => {
        const [one, other] = [await open(), await open()];
        for (const step of chainOf([one.set("a", "1"), one.set("b", "x'y\"z")])) one.machine.apply(step);
        for (const step of chainOf([other.set("a", "2"), other.set("c", "3")])) other.machine.apply(step);
        const snapshot = JSON.parse(JSON.stringify(one.machine.snapshot())) as Plain;
        other.machine.restore(snapshot, one.machine.position);
        expect([other.get("a"), other.get("b"), other.get("c")]).toEqual(["1", "x'y\"z", null]);
        expect(isSamePosition(other.machine.position, one.machine.position)).toBe(true);
        expect(other.machine.snapshot()).toEqual(one.machine.snapshot());
      }));

    it("goes on after a snapshot as the copy does that it came from", () =>
      withMachines(async (open) => {
        const [one, other] = [await open(), await open()];
        const chain = chainOf([one.set("a", "1"), one.set("b", "2"), one.set("a", "4"), one.set("d", "5")]);
        for (const step of chain.slice(0, 2)) one.machine.apply(step);
        other.machine.restore(one.machine.snapshot(), one.machine.position);
        for (const step of chain.slice(2)) {
          const result = one.machine.apply(step);
          expect(other.machine.apply(step)).toEqual(result);
        }
        expect(other.machine.snapshot()).toEqual(one.machine.snapshot());
      }));

    it("undoes a transaction that fails, tells so, and moves on all the same", () =>
      withMachines(async (open) => {
        const { machine, set, get, failing } = await open();
        if (failing === undefined) {
          expect(machine.isDurable).toBe(false);
          return;
        }
        const [first, second] = chainOf([set("a", "1"), failing("a")]) as [Transaction, Transaction];
        machine.apply(first);
        expect(machine.apply(second)).toMatchObject({ ok: false });
        expect(get("a")).toBe("1");
        expect(isSamePosition(machine.position, second.position)).toBe(true);
      }));

    it("has state and position of one moment when it is opened again", () =>
      withMachines(async (open) => {
        const { machine, set, reopen } = await open();
        const chain = chainOf([set("a", "1"), set("a", "2")]);
        for (const step of chain) machine.apply(step);
        const snapshot = machine.snapshot();
        const again = await reopen?.();
        expect(again === undefined).toBe(!machine.isDurable);
        expect(again?.position ?? chain[1]?.position).toEqual(chain[1]?.position);
        expect(again?.snapshot() ?? snapshot).toEqual(snapshot);
      }));

    it("says why changes of no known form can never be applied", () =>
      withMachines(async (open) => {
        const { machine } = await open();
        for (const changes of [null, 7, "x", {}, [], { operation: "read" }, { statements: [] }, { statements: [null] }])
          expect(machine.refusal(changes)).toEqual(expect.any(String));
      }));
  });
}
