import { expect, it } from "vitest";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { HlcOffsetError } from "../../../src/system/components/hlc/hlc-errors.ts";
import { encodeStamp } from "../../../src/system/components/hlc/stamp.ts";
import { MemoryReceiptBuffer } from "../../../src/system/components/receipts/memory-receipt-buffer.ts";
import { ReceiptDesk } from "../../../src/system/components/receipts/receipt-desk.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";

const POS = nodeId("pos-1");
const NOW_MS = 1_633_000_000_000;
const MAX_OFFSET_MS = 500;

/** A desk whose buffer has a receipt of its till from `aheadMs` past its clock, as after the loss of the clock's disk. */
async function deskBehind(aheadMs: number) {
  const buffer = new MemoryReceiptBuffer();
  let insertions = 0;
  const counting = Object.assign(Object.create(buffer) as MemoryReceiptBuffer, {
    insert: (...args: Parameters<MemoryReceiptBuffer["insert"]>) => {
      insertions++;
      return buffer.insert(...args);
    },
  });
  const hlc = encodeStamp({ ms: NOW_MS + aheadMs, counter: 7, nodeId: POS });
  await buffer.insert({ id: "first", posId: POS, hlc, payload: "before" });
  const clock = new HlcClock({
    nodeId: POS,
    clock: { wall: () => NOW_MS, monotonic: () => 0 },
    maxOffsetMs: MAX_OFFSET_MS,
  });
  const desk = new ReceiptDesk({ posId: POS, hlc: clock, buffer: counting, observer: silentObserver });
  return { desk, last: hlc, insertions: () => insertions };
}

it("stamps a receipt above what its buffer already has of its till, at the second try", async () => {
  const { desk, last, insertions } = await deskBehind(MAX_OFFSET_MS);
  const receipt = await desk.create("second", "after");
  expect(receipt.hlc > last).toBe(true);
  expect(insertions()).toBe(2);
});

it("refuses receipts while its buffer has one from further ahead than its clock believes", async () => {
  const { desk, insertions } = await deskBehind(MAX_OFFSET_MS + 1);
  await expect(desk.create("second", "after")).rejects.toThrow(HlcOffsetError);
  expect(insertions()).toBe(1);
});
