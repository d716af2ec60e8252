import { describeValue, type Access, type Model } from "./model.ts";
import type { Value } from "./operation.ts";

/** An operation of a key-value store. */
export type KvOp =
  /** `value` is what was got; absent when nobody knows. */
  | { readonly f: "get"; readonly key: string; readonly value?: Value }
  | { readonly f: "put"; readonly key: string; readonly value: Value }
  /** Puts text behind what is there, which is empty at first. */
  | { readonly f: "append"; readonly key: string; readonly value: string }
  | { readonly f: "delete"; readonly key: string }
  /** As of a register: `isOk` false means that it found another value, absent that nobody knows. */
  | { readonly f: "cas"; readonly key: string; readonly from: Value; readonly to: Value; readonly isOk?: boolean };

/**
 * A key-value store, judged key by key.
 *
 * @param absent  What a key without a value is got as. Default `null`; `""` in the logs of porcupine.
 */
export function kv(absent: Value = null): Model<KvOp, Value> {
  return {
    name: "kv",
    initial: absent,
    registerInitial: absent,
    step: (state, op) => stepKv(state, op, absent),
    stateKey: (state) => state,
    opKey,
    isObserver: (op) => op.f === "get" || (op.f === "cas" && op.isOk === false),
    partitionOf: (op) => op.key,
    access: (op) => accessKv(op, absent),
    describeOp,
    describeState: describeValue,
  };
}

function stepKv(state: Value, op: KvOp, absent: Value): Value | undefined {
  switch (op.f) {
    case "get":
      return op.value === undefined || op.value === state ? state : undefined;
    case "put":
      return op.value;
    case "append":
      return state === absent ? op.value : String(state) + op.value;
    case "delete":
      return absent;
    case "cas":
      if (op.isOk !== undefined && op.isOk !== (op.from === state)) return undefined;
      return op.from === state ? op.to : state;
  }
}

function accessKv(op: KvOp, absent: Value): Access | undefined {
  switch (op.f) {
    case "get":
      return op.value === undefined ? {} : { reads: op.value };
    case "put":
      return { writes: op.value };
    case "delete":
      return { writes: absent };
    case "cas":
      return op.isOk === false ? { avoids: op.from } : { reads: op.from, writes: op.to };
    case "append":
      return undefined;
  }
}

function opKey(op: KvOp): string {
  return JSON.stringify([
    op.f,
    op.key,
    op.f === "cas" ? [op.from, op.to, op.isOk] : op.f === "delete" ? 0 : [op.value],
  ]);
}

function describeOp(op: KvOp): string {
  switch (op.f) {
    case "get":
      return `get ${op.key} → ${op.value === undefined ? "?" : describeValue(op.value)}`;
    case "put":
    case "append":
      return `${op.f} ${op.key} ${describeValue(op.value)}`;
    case "delete":
      return `delete ${op.key}`;
    case "cas":
      return `cas ${op.key} ${describeValue(op.from)} ${describeValue(op.to)} → ${op.isOk === undefined ? "?" : op.isOk ? "ok" : "failed"}`;
  }
}
