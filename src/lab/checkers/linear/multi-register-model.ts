import { describeValue, type Model } from "./model.ts";
import type { Value } from "./operation.ts";

/** One access within a transaction. The value of a read is what was read; absent when nobody knows. */
export type MicroOp =
  | { readonly f: "read"; readonly key: string; readonly value?: Value }
  | { readonly f: "write"; readonly key: string; readonly value: Value };

/** A transaction over registers: all of its accesses at one moment, in their order. */
export interface TransactionOp {
  readonly f: "txn";
  readonly accesses: readonly MicroOp[];
}

/** Values by key, in the order of the keys. */
export type Registers = ReadonlyMap<string, Value>;

/**
 * Registers that are read and written by transactions.
 *
 * @param initial  Values before the first transaction; a register that is not named holds `null`.
 */
export function multiRegister(initial: Readonly<Record<string, Value>> = {}): Model<TransactionOp, Registers> {
  return {
    name: "multi-register",
    initial: new Map(Object.entries(initial).filter(([, value]) => value !== null)),
    step: stepTransaction,
    stateKey: keyOf,
    opKey: (op) => JSON.stringify(op.accesses.map(({ f, key, value }) => [f, key, value === undefined ? [] : [value]])),
    isObserver: (op) => op.accesses.every((access) => access.f === "read"),
    describeOp: (op) => op.accesses.map(describeAccess).join(", "),
    describeState: (state) =>
      state.size === 0
        ? "all nil"
        : entriesOf(state)
            .map(([key, value]) => `${key}=${describeValue(value)}`)
            .join(" "),
  };
}

function stepTransaction(state: Registers, op: TransactionOp): Registers | undefined {
  let after: Map<string, Value> | undefined;
  for (const { f, key, value } of op.accesses) {
    const now: Value = (after ?? state).get(key) ?? null;
    if (f === "write") {
      if (value === now) continue;
      after ??= new Map(state);
      if (value === null) after.delete(key);
      else after.set(key, value);
    } else if (value !== undefined && value !== now) return undefined;
  }
  return after ?? state;
}

function entriesOf(state: Registers): [string, Value][] {
  return [...state].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function keyOf(state: Registers): string {
  return JSON.stringify(entriesOf(state));
}

function describeAccess(access: MicroOp): string {
  const value = access.value === undefined ? "?" : describeValue(access.value);
  return access.f === "read" ? `read ${access.key} → ${value}` : `write ${access.key} ${value}`;
}
