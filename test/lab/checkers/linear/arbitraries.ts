import fc from "fast-check";
import type {
  FencedLockOp,
  FencedResourceOp,
  MutexOp,
  OwnedLockOp,
} from "../../../../src/lab/checkers/linear/lock-models.ts";
import type { MicroOp, TransactionOp } from "../../../../src/lab/checkers/linear/multi-register-model.ts";
import type { KvOp } from "../../../../src/lab/checkers/linear/kv-model.ts";
import type { Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import type { RegisterOp } from "../../../../src/lab/checkers/linear/register-model.ts";

/** Histories of a few operations that overlap a lot; some touch, some stay open. */
export function histories<Op>(op: fc.Arbitrary<Op>, size = 7): fc.Arbitrary<Operation<Op>[]> {
  const operation = fc
    .tuple(op, fc.integer({ min: 0, max: 2 * size }), fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: 5 }))
    .map(([one, call, length, open]): Operation<Op> => {
      const span = { client: `c${String(call % 3)}`, op: one, call };
      return open === 0 ? span : { ...span, return: call + length };
    });
  return fc.array(operation, { minLength: 1, maxLength: size });
}

const VALUE = fc.integer({ min: 0, max: 2 });
const KNOWN = fc.constantFrom(true, false, undefined);
const OWNER = fc.constantFrom("a", "b");
const TOKEN = fc.bigInt({ min: 1n, max: 4n });

export const REGISTER_OPS: fc.Arbitrary<RegisterOp> = fc.oneof(
  VALUE.map((value): RegisterOp => ({ f: "read", value })),
  VALUE.map((value): RegisterOp => ({ f: "write", value })),
  fc.constant<RegisterOp>({ f: "read" }),
  fc
    .tuple(VALUE, VALUE, KNOWN)
    .map(([from, to, isOk]): RegisterOp => ({ f: "cas", from, to, ...(isOk === undefined ? {} : { isOk }) })),
);

/** Reads and writes alone; the value of a write is replaced by one of its own. */
export function distinctWrites(history: readonly Operation<RegisterOp>[]): Operation<RegisterOp>[] {
  return history.map((one, i) => (one.op.f === "write" ? { ...one, op: { f: "write", value: i } } : one));
}
export const READS_AND_WRITES: fc.Arbitrary<RegisterOp> = fc.oneof(
  fc.integer({ min: -1, max: 8 }).map((value): RegisterOp => ({ f: "read", value: value < 0 ? null : value })),
  fc.constant<RegisterOp>({ f: "write", value: 0 }),
);

export const KV_OPS: fc.Arbitrary<KvOp> = fc.oneof(
  fc.tuple(OWNER, fc.constantFrom("", "x", "y", "xy", "yx")).map(([key, value]): KvOp => ({ f: "get", key, value })),
  fc.tuple(OWNER, fc.constantFrom("x", "y")).map(([key, value]): KvOp => ({ f: "put", key, value })),
  fc.tuple(OWNER, fc.constantFrom("x", "y")).map(([key, value]): KvOp => ({ f: "append", key, value })),
  OWNER.map((key): KvOp => ({ f: "delete", key })),
);

export const MUTEX_OPS: fc.Arbitrary<MutexOp> = fc.constantFrom<MutexOp>({ f: "acquire" }, { f: "release" });

export const OWNED_OPS: fc.Arbitrary<OwnedLockOp> = fc.oneof(
  OWNER.map((owner): OwnedLockOp => ({ f: "acquire", owner })),
  OWNER.map((owner): OwnedLockOp => ({ f: "release", owner })),
  fc
    .tuple(OWNER, KNOWN)
    .map(([owner, isOk]): OwnedLockOp => ({ f: "try", owner, ...(isOk === undefined ? {} : { isOk }) })),
);

export const FENCED_OPS: fc.Arbitrary<FencedLockOp> = fc.oneof(
  fc.tuple(OWNER, TOKEN).map(([owner, token]): FencedLockOp => ({ f: "acquire", owner, token })),
  OWNER.map((owner): FencedLockOp => ({ f: "release", owner })),
  fc.constant<FencedLockOp>({ f: "expire" }),
);

export const RESOURCE_OPS: fc.Arbitrary<FencedResourceOp> = fc.oneof(
  fc.constantFrom("", "x", "y").map((value): FencedResourceOp => ({ f: "read", value })),
  fc.tuple(TOKEN, fc.constantFrom("x", "y"), KNOWN).map(([token, value, isAccepted]): FencedResourceOp => ({
    f: "write",
    token,
    value,
    ...(isAccepted === undefined ? {} : { isAccepted }),
  })),
);

const ACCESS: fc.Arbitrary<MicroOp> = fc.oneof(
  fc.tuple(OWNER, VALUE).map(([key, value]): MicroOp => ({ f: "read", key, value })),
  fc.tuple(OWNER, VALUE).map(([key, value]): MicroOp => ({ f: "write", key, value })),
  OWNER.map((key): MicroOp => ({ f: "read", key })),
);
export const TRANSACTIONS: fc.Arbitrary<TransactionOp> = fc
  .array(ACCESS, { minLength: 1, maxLength: 3 })
  .map((accesses): TransactionOp => ({ f: "txn", accesses }));
