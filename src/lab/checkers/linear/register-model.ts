import { describeValue, type Access, type Model } from "./model.ts";
import type { Value } from "./operation.ts";

/** An operation of a register. */
export type RegisterOp =
  /** `value` is what was read; absent when nobody knows. */
  | { readonly f: "read"; readonly value?: Value }
  | { readonly f: "write"; readonly value: Value }
  /**
   * Sets `to` if the value is `from`. `isOk` false: it found another value, which a correct register had then; absent: nobody knows
   * which of the two.
   */
  | { readonly f: "cas"; readonly from: Value; readonly to: Value; readonly isOk?: boolean };

/** @param initial  Value before the first write. Default `null`. */
export function register(initial: Value = null): Model<RegisterOp, Value> {
  return { ...casRegister(initial), name: "register" };
}

/**
 * A register with compare-and-set.
 *
 * @param initial  Value before the first write. Default `null`.
 * @example
 * checkLinearizable(importHistory("jepsen-etcd", text), casRegister());
 */
export function casRegister(initial: Value = null): Model<RegisterOp, Value> {
  return {
    name: "cas-register",
    initial,
    registerInitial: initial,
    step: stepRegister,
    stateKey: (state) => state,
    opKey: (op) =>
      op.f === "cas"
        ? `cas ${describeValue(op.from)} ${describeValue(op.to)} ${String(op.isOk)}`
        : `${op.f} ${op.value === undefined ? "?" : describeValue(op.value)}`,
    isObserver: (op) => op.f === "read" || (op.f === "cas" && op.isOk === false),
    access: accessRegister,
    describeOp,
    describeState: describeValue,
  };
}

/** One step of a register with compare-and-set. */
export function stepRegister(state: Value, op: RegisterOp): Value | undefined {
  switch (op.f) {
    case "read":
      return op.value === undefined || op.value === state ? state : undefined;
    case "write":
      return op.value;
    case "cas":
      if (op.isOk !== undefined && op.isOk !== (op.from === state)) return undefined;
      return op.from === state ? op.to : state;
  }
}

function accessRegister(op: RegisterOp): Access | undefined {
  switch (op.f) {
    case "read":
      return op.value === undefined ? {} : { reads: op.value };
    case "write":
      return { writes: op.value };
    case "cas":
      return op.isOk === false ? { avoids: op.from } : { reads: op.from, writes: op.to };
  }
}

function describeOp(op: RegisterOp): string {
  switch (op.f) {
    case "read":
      return `read → ${op.value === undefined ? "?" : describeValue(op.value)}`;
    case "write":
      return `write ${describeValue(op.value)}`;
    case "cas":
      return `cas ${describeValue(op.from)} ${describeValue(op.to)} → ${op.isOk === undefined ? "?" : op.isOk ? "ok" : "failed"}`;
  }
}
