import fc from "fast-check";
import type { Settlement } from "../../src/system/components/receipts/receipt-buffer.ts";
import type { Receipt } from "../../src/system/components/receipts/receipt.ts";
import { receiptOf, type TestedBuffer } from "./receipt-buffer.contract.ts";

/** One call of a program of random calls. */
export type Call =
  | { readonly call: "insert"; readonly n: number; readonly pos: string; readonly payload: string }
  | { readonly call: "claim"; readonly claim: number; readonly limit: number }
  | {
      readonly call: "settle";
      readonly n: number;
      readonly pos: string;
      readonly claim: number;
      readonly how: Settlement;
    }
  | { readonly call: "epoch"; readonly server: string }
  | { readonly call: "counts" }
  | { readonly call: "list" };

const pos = fc.constantFrom("pos-1", "pos-2");
const n = fc.nat(9);
const claim = fc.integer({ min: 1, max: 4 });
const how = fc.oneof<fc.Arbitrary<Settlement>[]>(
  fc.constant({ status: "synced", serverHlc: "00000000000a0000-ofd" }),
  fc.boolean().map((isFailure) => ({ status: "pending", isFailure })),
  fc.constant({ status: "failed" }),
);

export const anyChange: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ call: fc.constant("insert" as const), n, pos, payload: fc.constantFrom("x", "x", "y") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant("claim" as const), claim, limit: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ call: fc.constant("settle" as const), n, pos, claim, how }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("epoch" as const), server: fc.constantFrom("a", "b", "c") }) },
);
export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 9, arbitrary: anyChange },
  { weight: 1, arbitrary: fc.constantFrom<Call[]>({ call: "counts" }, { call: "list" }) },
);

export const CAPACITY = 4;

/** Makes a call of a buffer. An error is given by its code. */
export async function make(buffer: TestedBuffer, call: Call): Promise<unknown> {
  try {
    switch (call.call) {
      case "insert":
        return await buffer.insert({ ...receiptOf(call.n, call.pos), payload: call.payload });
      case "claim":
        return await buffer.claim({ claim: BigInt(call.claim), limit: call.limit });
      case "settle":
        return await buffer.settle(receiptOf(call.n, call.pos).id, BigInt(call.claim), call.how);
      case "epoch":
        return await buffer.epochOf(call.server);
      case "counts":
        return await buffer.counts();
      case "list":
        return await buffer.list();
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** What a buffer is to do, as plainly as it can be said: one list, looked through again for every call. */
export class ReceiptModel {
  receipts: Receipt[] = [];
  #largest = 0;
  readonly #servers: string[] = [];

  call(call: Call): unknown {
    switch (call.call) {
      case "insert":
        return this.#insert({ ...receiptOf(call.n, call.pos), payload: call.payload });
      case "claim":
        return this.#claim(call.claim, call.limit);
      case "settle":
        return this.#settle(receiptOf(call.n, call.pos).id, call.claim, call.how);
      case "epoch":
        if (!this.#servers.includes(call.server)) this.#servers.push(call.server);
        return this.#servers.indexOf(call.server) + 1;
      case "counts": {
        const count = (status: string): number => this.receipts.filter((one) => one.status === status).length;
        return {
          pending: count("pending"),
          syncing: count("syncing"),
          synced: count("synced"),
          failed: count("failed"),
        };
      }
      case "list":
        return this.receipts;
    }
  }

  #insert(receipt: ReturnType<typeof receiptOf>): unknown {
    const known = this.receipts.find(({ id }) => id === receipt.id);
    if (known !== undefined)
      return known.payload === receipt.payload ? { receipt: known, isNew: false } : "RECEIPT_CONFLICT";
    if (this.receipts.some(({ posId, hlc }) => posId === receipt.posId && hlc >= receipt.hlc)) return "RECEIPT_LATE";
    if (this.#waiting().length >= CAPACITY) return "BUFFER_FULL";
    const stored: Receipt = { ...receipt, status: "pending", retryCount: 0, claim: "", serverHlc: "" };
    this.receipts = [...this.receipts, stored].sort((a, b) => (a.hlc < b.hlc ? -1 : 1));
    return { receipt: stored, isNew: true };
  }

  #claim(number: number, limit: number): unknown {
    if (number < this.#largest) return "STALE_CLAIM";
    this.#largest = number;
    const taken = this.#waiting()
      .slice(0, limit)
      .map((one): Receipt => ({ ...one, status: "syncing", claim: String(number) }));
    this.receipts = this.receipts.map((one) => taken.find(({ id }) => id === one.id) ?? one);
    return taken;
  }

  #settle(id: string, number: number, how: Settlement): boolean {
    const own = this.receipts.find((one) => one.id === id && one.status === "syncing" && one.claim === String(number));
    if (own === undefined) return false;
    const isFailure = how.status === "failed" || (how.status === "pending" && how.isFailure);
    const ended: Receipt = {
      ...own,
      status: how.status,
      retryCount: own.retryCount + (isFailure ? 1 : 0),
      serverHlc: how.status === "synced" ? how.serverHlc : "",
    };
    this.receipts = this.receipts.map((one) => (one === own ? ended : one));
    return true;
  }

  #waiting(): Receipt[] {
    return this.receipts.filter(({ status }) => status === "pending" || status === "syncing");
  }
}
